/** Puts the estimates of a run together. Pure: configuration, facts and assumptions in, plan out. */
import type { Config } from '../../config/schema.js';
import { sectionOf } from '../../config/asking/asked-providers.js';
import { mostTokens, ruleText, tokensOf } from '../../job-spec/checks/image-rules.js';
import { diskOf } from './disk-space.js';
import { generatorPlan, generatorSeconds, judgePlan, localGenerator, type LocalGenerator } from './generator-cost.js';
import { bytesOf, estimateMemory, policyPrecision } from './gpu-memory.js';
import { countParameters, imageRuleFor, type VlmShape } from './model-size.js';
import { notesOf } from './plan-notes.js';
import type { JobMemory, Plan, PlanFacts, PlanOptions } from './plan-types.js';
import { recipeWorkload } from './recipe-workload.js';
import { type Lengths, stageSeconds } from './stage-time.js';
import { loopWorkload } from './workload.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';
import { mean } from '../../mean.js';

export function planRun(config: Config, facts: PlanFacts, options: PlanOptions): Plan {
  const { assumptions } = options;
  const counts = facts.counts ?? { seed: 0, test: 0, pool: 0 };
  const { recipe } = config;
  const workload =
    recipe.kind === 'loop'
      ? loopWorkload(config, counts, assumptions)
      : recipeWorkload(config, recipe, counts, assumptions);
  const { images, lengths } = sequencesOf(config, facts, options);
  const precision = policyPrecision(config);
  const { policy, rewardModel } = facts;
  const machine = { device: options.device, assumptions, precision };
  const local = localGenerator(config, facts, assumptions);
  const models =
    policy === null || rewardModel === null ? null : { policy: policy.shape, rewardModel: rewardModel.shape };
  const timed = models !== null && !isShipped(config.policy.base) && config.device !== 'cpu' ? models : null;
  const stages = workload.stages.map((stage) => ({
    ...stage,
    gpuSeconds:
      (timed && stageSeconds(config, stage, timed, lengths, machine)) ??
      (local && generatorSeconds(config, stage, local, machine)),
  }));
  const seconds = stages.reduce((sum, { gpuSeconds }) => sum + (gpuSeconds ?? 0), 0);
  const memory = [
    ...(timed === null ? [] : jobMemories(config, timed, lengths, { ...options, largest: images.largest })).filter(
      ({ job }) => stages.some(({ stage }) => stage === job),
    ),
    ...(local === null || !learns(config) ? [] : [generatorMemory(config, local, options.device)]),
  ];
  const plan: Omit<Plan, 'notes'> = {
    stages,
    samples: workload.samples,
    generator: generatorPlan(config, facts, workload, assumptions, { local, machine }),
    judge: judgePlan(config, facts, workload, assumptions),
    images,
    memory: memory.length === 0 ? null : memory,
    gpu:
      timed === null && local === null
        ? null
        : { hours: seconds / 3600, wallHours: seconds / 3600 / options.deviceCount },
    disk: diskOf(config, models, local, workload, assumptions.replyTokens * assumptions.charactersPerToken),
    missing: [...facts.missing],
  };
  return { ...plan, notes: notesOf(config, facts, plan, options) };
}

function sequencesOf(
  { policy }: Config,
  facts: PlanFacts,
  { assumptions }: PlanOptions,
): { images: Plan['images']; lengths: Lengths } {
  const rule = imageRuleFor(facts.policy, policy.maxPixels);
  const sizes = facts.images.length > 0 ? facts.images : [assumptions.image];
  const tokens = sizes.map((size) => tokensOf(size, rule));
  const perImage = mean(tokens) ?? 0;
  const text = facts.text ?? assumptions;
  const lengths = {
    prompt: { tokens: perImage + text.promptTokens, imageTokens: perImage },
    response: text.responseTokens,
  };
  // Unmeasured, an image may be as large as the setting lets it.
  const largest = facts.images.length === 0 ? mostTokens(rule) : Math.max(...tokens);
  const perSequence = lengths.prompt.tokens + lengths.response;
  const images = {
    measured: facts.images.length,
    perImage,
    largest,
    rule: ruleText(rule),
    perSequence,
  };
  return { images, lengths };
}

function jobMemories(
  config: Config,
  { policy, rewardModel }: { policy: VlmShape; rewardModel: VlmShape },
  { prompt, response }: Lengths,
  { device, largest }: PlanOptions & { largest: number },
): JobMemory[] {
  const precision = policyPrecision(config);
  const { sft, grpo } = config;
  const loraRank = config.policy.lora?.rank ?? null;
  // A batch is padded to its longest sequence: the largest image counts.
  const longest = prompt.tokens - prompt.imageTokens + largest;
  const common = { precision, imageTokens: largest };
  const own = countParameters(policy).total * bytesOf(precision);
  // With adapters the reference of the KL penalty is the base without them; else it is a second copy.
  const reference = grpo.klBeta > 0 && loraRank === null ? own : 0;
  const scorer = countParameters(rewardModel).total * bytesOf(precision);
  const job = (
    name: JobMemory['job'],
    batch: number,
    rank: number | null,
    rest: Omit<Parameters<typeof estimateMemory>[0], 'precision' | 'imageTokens' | 'batch' | 'loraRank'>,
  ): JobMemory => {
    const { trainedWeights } = name === 'reward-model' ? config.rewardModel : config.policy;
    const estimate = estimateMemory({ ...common, ...rest, batch, loraRank: rank, trainedWeights });
    return {
      job: name,
      precision,
      loraRank: rank,
      batch,
      estimate,
      fits: estimate.total <= device.memoryGiB * 2 ** 30,
    };
  };
  const completed = longest + grpo.maxCompletionLength;
  return [
    job('sft', sft.batchSize, loraRank, {
      shape: policy,
      tokens: longest + response,
      logitTokens: longest + response,
      checkpointing: true,
      otherModels: 0,
    }),
    job('grpo', grpo.batchSize, loraRank, {
      shape: policy,
      tokens: completed,
      logitTokens: grpo.maxCompletionLength,
      checkpointing: true,
      completing: { sequences: grpo.batchSize * grpo.accumulation, tokens: completed },
      scored: {
        shape: rewardModel,
        sequences: grpo.batchSize * grpo.accumulation,
        tokens: completed,
        imageTokens: largest,
      },
      vllm: vllmMemory(grpo, device.memoryGiB * 2 ** 30),
      otherModels: scorer + reference,
    }),
    job('reward-model', config.rewardModel.batchSize, config.rewardModel.lora?.rank ?? null, {
      shape: rewardModel,
      tokens: longest + response,
      logitTokens: response,
      loss: 'own',
      checkpointing: false,
      otherModels: 0,
    }),
  ];
}

/** vLLM beside the trainer takes a share of the whole device, TRL's own where none is set; a server takes none of it. */
function vllmMemory({ trl }: Config['grpo'], deviceBytes: number): { bytes: number; sleeps: boolean } | undefined {
  if (trl.use_vllm !== true) return undefined;
  const share = trl.vllm_mode === 'server' ? 0 : (trl.vllm_gpu_memory_utilization ?? 0.3);
  return { bytes: share * deviceBytes, sleeps: trl.vllm_enable_sleep_mode === true };
}

const learns = ({ generation, generatorUpdate }: Config): boolean =>
  (generatorUpdate.enabled && generatorUpdate.method === 'sft') || (generation.local?.warmStartSteps ?? 0) > 0;

/** Of its training, which takes more than its writing. */
function generatorMemory(config: Config, local: LocalGenerator, device: PlanOptions['device']): JobMemory {
  const { shape, precision, prompt, reply } = local;
  const { batchSize: batch } = config.generatorUpdate.sft;
  const loraRank = sectionOf(config.generation, 'local').lora?.rank ?? null;
  const tokens = prompt.tokens + reply;
  const lengths = { tokens, logitTokens: tokens, imageTokens: prompt.imageTokens };
  const training = { shape, precision, batch, loraRank, ...lengths, checkpointing: true, otherModels: 0 };
  const estimate = estimateMemory(training);
  const fits = estimate.total <= device.memoryGiB * 2 ** 30;
  return { job: 'generator-sft', precision, loraRank, batch, estimate, fits };
}
