/** Puts the estimates of a run together. Pure: configuration, facts and assumptions in, plan out. */
import type { Config } from '../../config/schema.js';
import { buildGeneratorPrompt } from '../../prompts/generator.js';
import { questionTypes } from '../../sample.js';
import { countLora, countParameters, type VlmShape } from './architecture.js';
import { geminiImageTokens, imageTokens, tokenEdge } from './image-tokens.js';
import { bytesOf, estimateMemory, type Precision } from './memory.js';
import type { JobMemory, Plan, PlanFacts, PlanOptions } from './types.js';
import { notesOf } from './notes.js';
import { generatorIdentity } from '../pricing.js';
import { stageSeconds, type Lengths } from './stage-time.js';
import { recipeWorkload } from './recipe-workload.js';
import { loopWorkload, type Workload } from './workload.js';

export function planRun(config: Config, facts: PlanFacts, options: PlanOptions): Plan {
  const { assumptions } = options;
  const counts = facts.counts ?? { seed: 0, test: 0, pool: 0 };
  const { recipe } = config;
  const workload =
    recipe.kind === 'loop'
      ? loopWorkload(config, counts, assumptions)
      : recipeWorkload(config, recipe, counts, assumptions);
  const { images, lengths } = sequencesOf(config, facts, options);
  const precision = precisionOf(config);
  const { policy, rewardModel } = facts;
  const machine = { device: options.device, assumptions, precision };
  const models =
    policy === null || rewardModel === null ? null : { policy: policy.shape, rewardModel: rewardModel.shape };
  const timed = models !== null && config.policy.base !== 'phantom' && config.device !== 'cpu' ? models : null;
  const stages = workload.stages.map((stage) => ({
    ...stage,
    gpuSeconds: timed === null ? null : stageSeconds(config, stage, timed, lengths, machine),
  }));
  const seconds = stages.reduce((sum, { gpuSeconds }) => sum + (gpuSeconds ?? 0), 0);
  const plan: Omit<Plan, 'notes'> = {
    stages,
    samples: workload.samples,
    generator: generatorPlan(config, facts, workload, options),
    images,
    memory:
      timed === null
        ? null
        : jobMemories(config, timed, lengths, { ...options, largest: images.largest }).filter(({ job }) =>
            stages.some(({ stage }) => stage === job),
          ),
    gpu: timed === null ? null : { hours: seconds / 3600, wallHours: seconds / 3600 / options.deviceCount },
    disk: diskOf(config, models, workload, assumptions.replyTokens * assumptions.charactersPerToken),
    missing: [...facts.missing],
  };
  return { ...plan, notes: notesOf(config, facts, plan, options) };
}

/** `auto` is bfloat16 on a GPU; the phantom stays in float32. */
export function precisionOf({ policy, device }: Config): Precision {
  if (policy.dtype !== 'auto') return policy.dtype;
  return policy.base === 'phantom' || device === 'cpu' ? 'float32' : 'bfloat16';
}

function sequencesOf(
  { policy }: Config,
  facts: PlanFacts,
  { assumptions }: PlanOptions,
): { images: Plan['images']; lengths: Lengths } {
  const own = facts.policy?.shape.pixels ?? { min: 3136, max: 12_845_056 };
  // As processing.py limits it: a maximum below the model's minimum takes its place.
  const max = policy.maxPixels ?? own.max;
  const min = Math.min(own.min, max);
  const sizes = facts.images.length > 0 ? facts.images : [assumptions.image];
  const tokens = sizes.map((size) => imageTokens(size, { min, max }));
  const perImage = mean(tokens);
  const text = facts.text ?? assumptions;
  const lengths = {
    prompt: { tokens: perImage + text.promptTokens, imageTokens: perImage },
    response: text.responseTokens,
  };
  // Unmeasured, an image may be as large as the setting lets it.
  const largest = facts.images.length === 0 ? Math.floor(max / tokenEdge ** 2) : Math.max(...tokens);
  const perSequence = lengths.prompt.tokens + lengths.response;
  const images = {
    measured: facts.images.length,
    perImage,
    largest,
    minPixels: min,
    maxPixels: max,
    perSequence,
  };
  return { images, lengths };
}

function generatorPlan(
  config: Config,
  { images, price }: PlanFacts,
  { samples: { requests } }: Workload,
  { assumptions }: PlanOptions,
): Plan['generator'] {
  const { generation } = config;
  const sizes = images.length > 0 ? images : [assumptions.image];
  const inputTokens = Math.round(requests * (mean(sizes.map(geminiImageTokens)) + promptTokens(config, assumptions)));
  const outputTokens = requests * assumptions.replyTokens;
  const { provider } = generation;
  const local = provider === 'simulated' || provider === 'local';
  const costOf = (output: number): number | null =>
    local ? 0 : price === null ? null : (inputTokens * price.input + output * price.output) / 1e6;
  return {
    name: local ? 'simulated teacher' : generatorIdentity(generation).model,
    inputTokens,
    outputTokens,
    cost: costOf(outputTokens),
    highestCost: costOf(requests * generation.maxOutputTokens),
    hours: local ? 0 : (requests * assumptions.requestSeconds) / generation.concurrency / 3600,
  };
}

/** Of the texts that are really sent, their mean over strategies and question types, and of the examples in them. */
export function promptTokens(config: Config, assumptions: PlanOptions['assumptions']): number {
  const { generation, generatorUpdate } = config;
  const lengths = generation.strategies.flatMap((strategy) =>
    questionTypes.map((questionType) => {
      const { system, prompt } = buildGeneratorPrompt({ strategy, questionType, exemplars: [] });
      return system.length + prompt.length;
    }),
  );
  const exemplars = generation.seedExemplars > 0 || generatorUpdate.enabled ? generatorUpdate.exemplars : 0;
  return mean(lengths) / assumptions.charactersPerToken + exemplars * assumptions.replyTokens;
}

function jobMemories(
  config: Config,
  { policy, rewardModel }: { policy: VlmShape; rewardModel: VlmShape },
  { prompt, response }: Lengths,
  { device, largest }: PlanOptions & { largest: number },
): JobMemory[] {
  const precision = precisionOf(config);
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
    const estimate = estimateMemory({ ...common, ...rest, batch, loraRank: rank });
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
      otherModels: scorer + reference,
    }),
    job('reward-model', config.rewardModel.batchSize, null, {
      shape: rewardModel,
      tokens: longest + response,
      logitTokens: response,
      checkpointing: false,
      otherModels: 0,
    }),
  ];
}

/** Bytes of a run folder and of the models' download; checkpoints with optimiser state go when a job is done. */
function diskOf(
  config: Config,
  models: { policy: VlmShape; rewardModel: VlmShape } | null,
  { samples, stages }: Workload,
  replyCharacters: number,
): Plan['disk'] {
  const bytes = bytesOf(precisionOf(config));
  const whole = (shape: VlmShape): number => countParameters(shape).total * bytes;
  const trained = (shape: VlmShape): number =>
    config.policy.lora === undefined ? whole(shape) : countLora(shape, config.policy.lora.rank) * 4;
  const policies = stages.filter(({ stage }) => stage === 'sft' || stage === 'grpo').length;
  const graders = stages.filter(({ stage }) => stage === 'reward-model').length;
  const warm = stages.filter(({ stage }) => stage === 'warm-start').length;
  // Beside the finished models, one checkpoint with AdamW's two moments at a time.
  const checkpoints =
    models === null
      ? 0
      : policies * trained(models.policy) +
        graders * whole(models.rewardModel) +
        warm * trained(models.rewardModel) +
        3 * Math.max(trained(models.policy), whole(models.rewardModel));
  const download = models === null || config.policy.base === 'phantom' ? 0 : whole(models.policy);
  const second = config.rewardModel.base === undefined || models === null ? 0 : whole(models.rewardModel);
  // Replies once, and each candidate in the tables of generate, score, filter and training.
  const data = samples.requests * (replyCharacters + 4 * 600);
  return { models: download + second, checkpoints, data, total: download + second + checkpoints + data };
}

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
