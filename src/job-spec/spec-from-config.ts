/** Job specs from the configuration. Pure: TRL's option names are written here and nowhere else in TypeScript. */
import type { z } from 'zod';
import type {
  completeSpecSchema,
  evaluateSpecSchema,
  grpoSpecSchema,
  rewardModelSpecSchema,
  scoreSpecSchema,
  sftSpecSchema,
} from '../bridge/contract/contract.js';
import type { Config } from '../config/schema.js';

export interface JobPlace {
  /** Absolute folder of the job. */
  outDir: string;
  /** Absolute path of the rows. */
  data: string;
  /** Absolute model folder, a Hugging Face id, or `phantom`. */
  model: string;
  seed: number;
}

/** What every job of a model is told beside its own options. */
type CommonSettings = Pick<Config, 'device' | 'threads'> & { policy: Pick<Config['policy'], 'dtype' | 'maxPixels'> };

const common = ({ device, threads, policy }: CommonSettings, { outDir, data, model, seed }: JobPlace) => ({
  outDir,
  data,
  seed,
  device,
  ...(threads === undefined ? {} : { threads }),
  model: modelRef(policy, model),
});

/** All models of a run share their image size: the reward model reads what the policy reads. */
function modelRef({ dtype, maxPixels }: Pick<Config['policy'], 'dtype' | 'maxPixels'>, path: string) {
  return { path, dtype, ...(maxPixels === undefined ? {} : { maxPixels }) };
}

/** What the reward model is loaded as: the policy's number format, where it has none of its own. */
const judgeOf = ({ policy, rewardModel }: Config) => ({ ...policy, dtype: rewardModel.dtype ?? policy.dtype });

/** How weights are held; left out where it is as ever, so that what was finished before these settings stays finished. */
const heldOf = ({ trainedWeights, quantize }: Partial<Pick<Config['policy'], 'trainedWeights' | 'quantize'>>) => ({
  ...(trainedWeights === undefined ? {} : { trainedWeights }),
  ...(quantize === undefined ? {} : { quantize }),
});

const loraOf = (lora: Config['policy']['lora']) => (lora === undefined ? {} : { lora });

/** Of the policy, or of a generator of our own, which has its own. */
export interface SftSettings extends CommonSettings {
  policy: Pick<Config['policy'], 'dtype' | 'maxPixels' | 'train' | 'lora' | 'trainedWeights' | 'quantize'>;
  sft: Config['sft'];
}

export function sftSpec(config: SftSettings, place: JobPlace): z.input<typeof sftSpecSchema> {
  const { sft, policy } = config;
  const length = sft.maxSteps === undefined ? { num_train_epochs: sft.epochs } : { max_steps: sft.maxSteps };
  return {
    kind: 'sft',
    ...common(config, place),
    train: policy.train,
    ...loraOf(policy.lora),
    ...heldOf(policy),
    trl: {
      ...length,
      per_device_train_batch_size: sft.batchSize,
      gradient_accumulation_steps: sft.accumulation,
      learning_rate: sft.learningRate,
      logging_steps: sft.loggingSteps,
      save_steps: sft.saveSteps,
      ...sft.trl,
    },
  };
}

export interface GrpoPlace extends JobPlace {
  /** Reward model that scores completions on the worker's device; null for rule rewards alone. */
  rewardModel: string | null;
  rewards: { name: string; weight: number }[];
  /** See the contract. */
  deadGroups: 'fail' | 'warn';
  /** The reward by which a group is all right or all wrong; MedGR²'s where left out. */
  match?: string | undefined;
}

export function grpoSpec(config: Config, place: GrpoPlace): z.input<typeof grpoSpecSchema> {
  const { grpo, policy } = config;
  return {
    kind: 'grpo',
    ...common(config, place),
    train: policy.train,
    ...loraOf(policy.lora),
    ...heldOf(policy),
    ...(place.rewardModel === null ? {} : { rewardModel: modelRef(judgeOf(config), place.rewardModel) }),
    rewards: place.rewards,
    deadGroups: place.deadGroups,
    ...(grpo.difficulty === 'mixed' ? { mixedBy: place.match ?? 'answerMatch' } : {}),
    shownCompletions: grpo.shownCompletions,
    trl: {
      max_steps: grpo.maxSteps,
      num_generations: grpo.numGenerations,
      per_device_train_batch_size: grpo.batchSize,
      gradient_accumulation_steps: grpo.accumulation,
      max_completion_length: grpo.maxCompletionLength,
      learning_rate: grpo.learningRate,
      beta: grpo.klBeta,
      temperature: grpo.temperature,
      logging_steps: grpo.loggingSteps,
      save_steps: grpo.saveSteps,
      ...grpo.trl,
    },
  };
}

/** @param training `first` teaches a new head; `again` goes on with an earlier reward model. */
export function rewardModelSpec(
  config: Config,
  place: JobPlace,
  training: 'first' | 'again',
): z.input<typeof rewardModelSpecSchema> {
  const { rewardModel } = config;
  const first = training === 'first';
  return {
    kind: 'reward-model',
    ...common({ ...config, policy: judgeOf(config) }, place),
    train: rewardModel.train,
    ...loraOf(rewardModel.lora),
    ...heldOf(rewardModel),
    loss: rewardModel.loss,
    steps: first ? rewardModel.steps : rewardModel.retrainSteps,
    batchSize: rewardModel.batchSize,
    learningRate: first ? rewardModel.learningRate : (rewardModel.retrainLearningRate ?? rewardModel.learningRate),
    languageWeight: rewardModel.languageWeight,
    ...(rewardModel.statesMemory === undefined ? {} : { statesMemory: rewardModel.statesMemory }),
    loggingSteps: rewardModel.loggingSteps,
    saveSteps: rewardModel.saveSteps,
  };
}

export function scoreSpec(config: Config, place: JobPlace): z.input<typeof scoreSpecSchema> {
  const base = common({ ...config, policy: judgeOf(config) }, place);
  return { kind: 'score', ...base, batchSize: config.rewardModel.scoreBatchSize };
}

export interface GeneratorPlace extends JobPlace {
  temperature: number;
  maxNewTokens: number;
}

/** A local generator's replies to one prompt each; it has its own dtype and image size, the policy's are its own. */
export function generatorSpec(
  config: Config,
  {
    dtype,
    maxPixels,
    batchSize,
  }: Pick<NonNullable<Config['generation']['local']>, 'dtype' | 'maxPixels' | 'batchSize'>,
  { temperature, maxNewTokens, ...place }: GeneratorPlace,
): z.input<typeof completeSpecSchema> {
  const base = common({ ...config, policy: { dtype, maxPixels } }, place);
  return { kind: 'complete', ...base, samples: 1, temperature, maxNewTokens, batchSize };
}

/** Greedy completions, as every evaluation uses. */
export function evaluationSpec(config: Config, place: JobPlace): z.input<typeof completeSpecSchema> {
  const { maxNewTokens, batchSize } = config.evaluation;
  return { kind: 'complete', ...common(config, place), samples: 1, temperature: 0, maxNewTokens, batchSize };
}

/** The same with the likelihoods of the options. */
export function optionsSpec(config: Config, place: JobPlace): z.input<typeof evaluateSpecSchema> {
  const { maxNewTokens, batchSize, reasoning } = config.evaluation;
  return { kind: 'evaluate', ...common(config, place), reasoning, maxNewTokens, batchSize };
}

/** Sampled completions that are compared with each other. */
export function preferenceSpec(config: Config, place: JobPlace): z.input<typeof completeSpecSchema> {
  const { samples, temperature } = config.preferences;
  const { maxCompletionLength } = config.grpo;
  const { batchSize } = config.evaluation;
  return {
    kind: 'complete',
    ...common(config, place),
    samples,
    temperature,
    maxNewTokens: maxCompletionLength,
    batchSize,
  };
}
