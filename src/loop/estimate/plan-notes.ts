/** What deserves a second look before a run starts, in words. Pure. */
import { fixed } from '../../format.js';
import { strategyCount } from './workload.js';
import type { Config } from '../../config/schema.js';
import { asksInBatches } from '../generator/batch-mode.js';
import { freshRounds } from '../generator/cycle-tasks.js';
import type { ShownTexts } from '../generator/shown-texts.js';
import { imageRuleFor } from './model-size.js';
import type { Device } from './assumptions.js';
import type { JobMemory, Plan, PlanFacts, PlanOptions } from './plan-types.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';

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
    notes.push(`${images} images are asked about and the pool has ${facts.counts.pool}: ${again(config)}`);
  if (facts.counts !== null && facts.counts.pool === 0 && images > 0)
    notes.push('the pool holds no image: nothing can be generated');
  if (facts.shown !== undefined) notes.push(textsNote(facts.shown));
  for (const [name, model] of [
    ['policy.base', facts.policy],
    ['rewardModel.base', facts.rewardModel],
    ...(generation.provider === 'local' ? [['generation.local.model', facts.generator] as const] : []),
  ] as const) {
    if (model === null) notes.push(`${name} says no size: no memory and no time can be estimated`);
    else if (!model.exact)
      notes.push(`${name}: its shape is unknown, taken as ${model.shape.name}'s; memory and time are as good as that`);
    if (model !== null && !model.exact && model.images === undefined)
      notes.push(
        `${name}: its rule of image tokens is unknown, taken as Qwen2.5-VL's; a folder or a downloaded model has it`,
      );
  }
  const rule = imageRuleFor(facts.policy, policy.maxPixels);
  if (!isShipped(policy.base) && policy.maxPixels === undefined && rule.kind === 'area')
    notes.push(
      `policy.maxPixels is not set: an image may take up to ${Math.floor(rule.maxPixels / rule.tokenSide ** 2)} tokens; ${512 * rule.tokenSide ** 2} makes it 512`,
    );
  for (const memory of plan.memory ?? []) if (!memory.fits) notes.push(tooLarge(memory, config, device));
  if (generation.provider === 'openai')
    notes.push('tokens of images are counted as Gemini counts them; another server may count otherwise');
  if (isAskedInBatches(config, plan))
    notes.push(
      'the generator is asked in batches: at the rate for batches, and each cycle waits until they end, within a day by ' +
        "the providers' word; how soon is not known",
    );
  if (isShipped(policy.base) || config.device === 'cpu')
    notes.push('no GPU time is estimated for policy and reward model: they run on the CPU (the phantom takes minutes)');
  return notes;
}

function isAskedInBatches({ generation }: Config, { stages }: Omit<Plan, 'notes'>): boolean {
  return stages.some(({ stage, items }) => stage === 'generate' && asksInBatches(generation, items));
}

const textsNote = ({ images, shown }: ShownTexts): string =>
  shown === images
    ? `the generator is shown the reports of ${images} images`
    : `${images} images have a report, and the generator is shown ${shown === 0 ? 'none' : shown} of them (egress.text, generation.contextCharacters, or no library masked them)`;

/** What becomes of images that are asked about more often than once. */
function again(config: Config): string {
  const rounds = freshRounds(Math.max(1, strategyCount(config)), config.generation.questionTypes.length);
  return rounds === 1
    ? 'what is asked about an image again makes no new sample'
    : `they come again, with other question types; an image that comes more than ${rounds} times makes no more samples`;
}

function tooLarge({ job, loraRank, batch, estimate }: JobMemory, config: Config, device: Device): string {
  const always = estimate.total - estimate.activations - estimate.logits - estimate.cache;
  const gib = (bytes: number): string => fixed(bytes / 2 ** 30, 0);
  const said = `${job} needs about ${gib(estimate.total)} GiB and a ${device.name} has ${fixed(device.memoryGiB, 0)}`;
  const larger = 'a GPU with more memory (--gpu)';
  // No batch is small enough where the model and its optimiser alone do not fit.
  if (always > device.memoryGiB * 2 ** 30) {
    const part = sections[job];
    return `${said}, whatever the batch: ${loraRank === null ? `set ${part.adapters}, or take` : 'take'} a smaller ${part.model} or ${larger}`;
  }
  // Sharing the device with vLLM, the share is what a person would lower first.
  if (job === 'grpo' && config.grpo.trl.use_vllm === true && config.grpo.trl.vllm_mode !== 'server')
    return `${said}, ${gib(estimate.cache)} GiB of it for vLLM: lower grpo.trl.vllm_gpu_memory_utilization or grpo.batchSize, set vllm_enable_sleep_mode, or give vLLM a GPU of its own (vllm_mode: server)`;
  if (job === 'reward-model') return `${said}: lower rewardModel.batchSize (now ${config.rewardModel.batchSize})`;
  const section = job === 'generator-sft' ? 'generatorUpdate.sft' : job;
  return `${said}: lower ${section}.batchSize (now ${batch}) and raise ${section}.accumulation as much`;
}

/** Where the configuration says which model a job trains, and by which adapters. */
const sections: Record<JobMemory['job'], { adapters: string; model: string }> = {
  sft: { adapters: 'policy.lora', model: 'policy.base' },
  grpo: { adapters: 'policy.lora', model: 'policy.base' },
  'reward-model': { adapters: 'rewardModel.lora', model: 'rewardModel.base' },
  'generator-sft': { adapters: 'generation.local.lora', model: 'generation.local.model' },
};
