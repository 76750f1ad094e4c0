/**
 * Every job and message that crosses between TypeScript and Python, defined once in zod.
 * `npm run codegen` writes py/medgr2/contract.json from it; Python checks what it sends and receives against that.
 * Tensors, images and rows never travel here: they pass as paths to Parquet, JSONL and safetensors files.
 */
import { z } from 'zod';
import { sftProblems, grpoProblems, type OptionProblem } from '../../config/trl-options/option-conflicts.js';
import { grpoOptionsSchema, sftOptionsSchema } from '../../config/trl-options/option-shapes.js';
import {
  fourBitsNeedAdapters,
  hasAdaptersToQuantize,
  hasWhereToAdapt,
  headHasNoAdapters,
} from '../../config/trl-options/options-in-config.js';

export { jobEventSchema, type JobEvent } from './job-event.js';
export { jobResultSchema, type JobResult, type ResultOf } from './job-result.js';

/** Path of a model folder, a Hugging Face id, or `phantom` for the base that ships with the package. */
export const modelSchema = z.strictObject({
  path: z.string().min(1),
  dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16']).default('auto'),
  /** Largest number of pixels an image is resized to before it is cut into patches. */
  maxPixels: z.int().positive().optional(),
});
export type ModelRef = z.output<typeof modelSchema>;

export const loraSchema = z.strictObject({
  rank: z.int().positive(),
  alpha: z.number().positive(),
  dropout: z.number().min(0).max(1).default(0),
  targetModules: z.union([z.string(), z.array(z.string())]).default('all-linear'),
});

function tell(context: z.core.$RefinementCtx, problems: readonly OptionProblem[]): void {
  for (const { option, message } of problems) context.addIssue({ code: 'custom', path: [option], message });
}

const jobBase = {
  /** Folder the job writes into, made where it is missing; the job's own. */
  outDir: z.string().min(1),
  seed: z.int(),
  device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  /** Torch CPU threads; all cores when left out. */
  threads: z.int().positive().optional(),
};

/** What learns: `language` leaves the vision tower and its projector as they are. */
const trainedPart = z.enum(['all', 'language']).default('all');

/**
 * What weights that train are held in beside half-precision compute: `float32` (as where it is left out), or the model's own
 * `dtype`, which saves memory and rounds most of a small update away.
 */
const trainedWeights = z.enum(['float32', 'dtype']).optional();
/** The frozen base below adapters in 4 bits (QLoRA); needs `lora`, bitsandbytes, and a model that is not sharded. */
const quantize = z.literal('4bit').optional();

/** What SFT and GRPO say of the policy that they train, and of its rows. */
const trainedPolicy = {
  ...jobBase,
  model: modelSchema,
  train: trainedPart,
  trainedWeights,
  quantize,
  data: z.string(),
  lora: loraSchema.optional(),
};

/** Next-token SFT on (image, prompt) -> completion, loss on the completion only (MedGR² eq. 2). Rows: {id, image, prompt, completion}. */
export const sftSpecSchema = z
  .strictObject({
    kind: z.literal('sft'),
    ...trainedPolicy,
    /** Options of TRL's SFTConfig, checked as TRL has them. */
    trl: sftOptionsSchema.superRefine((options, context) => tell(context, sftProblems(options))).default({}),
  })
  .refine(hasAdaptersToQuantize, { path: ['quantize'], error: fourBitsNeedAdapters });

/**
 * GRPO (MedGR² eq. 3). Rows: {id, image, prompt}, and `trusted` where the answers of some may not be compared with. Rewards are
 * asked from TypeScript once per generation batch.
 */
export const grpoSpecSchema = z
  .strictObject({
    kind: z.literal('grpo'),
    ...trainedPolicy,
    /** Scores each completion on the worker's device before TypeScript is asked; none for rule rewards alone. */
    rewardModel: modelSchema.optional(),
    /** Reward names and weights, in the order TRL logs them. */
    rewards: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          weight: z.number(),
          /** Hash of the function's text: a checkpoint of another function is not gone on from. */
          source: z.string().optional(),
        }),
      )
      .min(1),
    /**
     * What it means where in every group all completions got the same reward, so that nothing was learned: a job that failed (default),
     * or a warning beside the model as it is, as where a loop's policy has nothing left to learn from its prompts.
     */
    deadGroups: z.enum(['fail', 'warn']).optional(),
    /**
     * A reward's name: groups whose completions all got the same of it (all right, or all wrong) are left out, and the others
     * stand for them, as in DAPO's dynamic sampling but without drawing more in their place. Groups to which it does not apply
     * stay.
     */
    mixedBy: z.string().optional(),
    /** Completions shown per logging step, for people to read. */
    shownCompletions: z.int().min(0).default(2),
    /** Options of TRL's GRPOConfig, checked as TRL has them. */
    trl: grpoOptionsSchema.superRefine((options, context) => tell(context, grpoProblems(options))).default({}),
  })
  .refine(({ mixedBy, rewards }) => mixedBy === undefined || rewards.some(({ name }) => name === mixedBy), {
    path: ['mixedBy'],
    error: 'names none of the rewards',
  })
  .refine(hasAdaptersToQuantize, { path: ['quantize'], error: fourBitsNeedAdapters });

/**
 * Reward model: VLM backbone and regression head, mean squared error on grades (MedGR² eq. 1).
 * Rows: {id, image, prompt, response, grade, pair, chosen}; `pair` joins two rows for the pairwise loss.
 */
export const rewardModelSpecSchema = z
  .strictObject({
    kind: z.literal('reward-model'),
    ...jobBase,
    /** A VLM to start a new reward model from, or a reward model to go on with. */
    model: modelSchema,
    /** As in SFT; `head` also leaves the language model as it is, so that its likelihoods stay what they were. */
    train: z.enum(['all', 'language', 'head']).default('all'),
    trainedWeights,
    data: z.string(),
    loss: z.enum(['mse', 'pairwise', 'both']).default('mse'),
    steps: z.int().positive(),
    batchSize: z.int().positive(),
    learningRate: z.number().positive(),
    /** Weight of the next-token loss on responses of the highest grade, which keeps the backbone able to read images. */
    languageWeight: z.number().min(0).default(0),
    /** MB that may be taken by what a backbone that stays as it is (`train: head`) makes of all rows, read once; 0 reads each as it is drawn. */
    statesMemory: z.number().min(0).optional(),
    loggingSteps: z.int().positive().default(10),
    saveSteps: z.int().positive().default(100),
    /** Adapters learn in place of the backbone's weights; the finished model has them merged. */
    lora: loraSchema.optional(),
  })
  .refine(hasWhereToAdapt, { path: ['lora'], error: headHasNoAdapters });

/**
 * Reward-model scores. Rows: {id, image, prompt, response}. Writes scores.jsonl: {id, score}: raw, not clamped; null where a row is
 * longer than the model reads.
 */
export const scoreSpecSchema = z.strictObject({
  kind: z.literal('score'),
  ...jobBase,
  model: modelSchema,
  data: z.string(),
  batchSize: z.int().positive().default(32),
});

/** Completions of a policy. Rows: {id, image, prompt}. Writes completions.jsonl: {id, index, text, tokens, finished}. */
export const completeSpecSchema = z
  .strictObject({
    kind: z.literal('complete'),
    ...jobBase,
    model: modelSchema,
    data: z.string(),
    /** Completions per row; 1 at temperature 0 is greedy decoding. */
    samples: z.int().positive().default(1),
    temperature: z.number().min(0).default(0),
    maxNewTokens: z.int().positive(),
    batchSize: z.int().positive().default(32),
  })
  .refine(({ samples, temperature }) => samples === 1 || temperature > 0, {
    path: ['temperature'],
    error: 'several samples of a row are the same at temperature 0: raise it, or leave samples out',
  });

/**
 * A policy's greedy completions, and how likely it finds each of some responses: one per option, for AUROC. Rows: {id, image,
 * prompt, responses}, `responses` a list that may be empty. Writes answers.jsonl: {id, text, tokens, finished, responses:
 * [{logLikelihood, tokens}]}: natural logarithms, summed over the tokens of the response and of the turn's end; with `samples`
 * also sampled: [{text, tokens, finished}].
 */
export const evaluateSpecSchema = z.strictObject({
  kind: z.literal('evaluate'),
  ...jobBase,
  model: modelSchema,
  data: z.string(),
  /** What a response follows: the prompt (`none`), or also what the policy itself wrote before its answer block (`own`). */
  reasoning: z.enum(['none', 'own']).default('none'),
  /** Completions drawn beside the greedy one, and how hot. */
  samples: z.int().min(0).default(0),
  temperature: z.number().gt(0).default(1),
  maxNewTokens: z.int().positive(),
  batchSize: z.int().positive().default(32),
});

/** Adapters and what they stand on as one model: writes `model`. A reward model keeps its head. */
export const mergeSpecSchema = z.strictObject({
  kind: z.literal('merge'),
  ...jobBase,
  /** Its dtype is that of the merged weights; `auto` is the one that the base has on disk. */
  model: modelSchema,
});

export const jobSpecSchema = z.discriminatedUnion('kind', [
  sftSpecSchema,
  grpoSpecSchema,
  rewardModelSpecSchema,
  scoreSpecSchema,
  completeSpecSchema,
  evaluateSpecSchema,
  mergeSpecSchema,
]);
/** What a job is asked, with all defaults; as Python reads it. */
export type JobSpec = z.output<typeof jobSpecSchema>;
/** Name of a kind of job: `sft`, `grpo`, `reward-model`, `score`, `complete`, `evaluate`, `merge`. */
export type JobKind = JobSpec['kind'];
export type SpecOf<K extends JobKind> = { [S in JobSpec as S['kind']]: S }[K];
