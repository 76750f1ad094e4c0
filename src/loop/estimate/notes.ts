/** What deserves a second look before a run starts, in words. Pure. */
import type { Config } from '../../config/schema.js';
import { tokenEdge } from './image-tokens.js';
import type { Device } from './assumptions.js';
import type { JobMemory, Plan, PlanFacts, PlanOptions } from './types.js';

export function notesOf(
  config: Config,
  facts: PlanFacts,
  plan: Omit<Plan, 'notes'>,
  { device }: PlanOptions,
): string[] {
  const { generation, policy } = config;
  const notes: string[] = [];
  const asked = plan.stages.filter(({ stage }) => stage === 'generate').map(({ cycle }) => cycle);
  const images = generation.imagesPerCycle * Math.max(0, ...asked);
  if (facts.counts !== null && images > facts.counts.pool)
    notes.push(
      `${images} images are asked about and the pool has ${facts.counts.pool}: they come again, with other question types`,
    );
  if (facts.counts !== null && facts.counts.pool === 0 && images > 0)
    notes.push('the pool holds no image: nothing can be generated');
  for (const [name, model] of [
    ['policy.base', facts.policy],
    ['rewardModel.base', facts.rewardModel],
  ] as const) {
    if (model === null) notes.push(`${name} says no size: no memory and no time can be estimated`);
    else if (!model.exact) notes.push(`${name} is estimated as ${model.shape.name}, the nearest whose shape is known`);
  }
  if (policy.base !== 'phantom' && policy.maxPixels === undefined)
    notes.push(
      `policy.maxPixels is not set: an image may take up to ${Math.floor(plan.images.maxPixels / tokenEdge ** 2)} tokens; 401408 makes it 512`,
    );
  for (const memory of plan.memory ?? []) if (!memory.fits) notes.push(tooLarge(memory, config, device));
  if (config.rewardModel.lora !== undefined)
    notes.push('rewardModel.lora is counted as full training: the reward model trains every weight');
  if (policy.base === 'phantom' || config.device === 'cpu')
    notes.push('no GPU time is estimated: the model runs on the CPU (the phantom takes minutes)');
  return notes;
}

function tooLarge({ job, loraRank, estimate }: JobMemory, config: Config, device: Device): string {
  const fixed = estimate.total - estimate.activations - estimate.logits - estimate.cache;
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(0);
  const said = `${job} needs about ${gib(estimate.total)} GiB and a ${device.name} has ${device.memoryGiB.toFixed(0)}`;
  const larger = 'a GPU with more memory (--gpu)';
  // No batch is small enough where the model and its optimiser alone do not fit.
  if (fixed > device.memoryGiB * 2 ** 30) {
    if (job === 'reward-model') return `${said}, whatever the batch: take a smaller rewardModel.base, or ${larger}`;
    return `${said}, whatever the batch: ${loraRank === null ? 'set policy.lora, or take' : 'take'} a smaller policy.base or ${larger}`;
  }
  if (job === 'reward-model') return `${said}: lower rewardModel.batchSize (now ${config.rewardModel.batchSize})`;
  return `${said}: lower ${job}.batchSize (now ${config[job].batchSize}) and raise ${job}.accumulation as much`;
}
