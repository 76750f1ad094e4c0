/**
 * result.json of a recipe that compares arms (`recipe.kind` is not `loop`): every table and figure is drawn from this file.
 * `recipe` tells it from the loop's result.json, which has none. Figures are shares in [0, 1] unless they are counts.
 */
import { z } from 'zod';
import { transitionsSchema } from '../../evaluation/transitions.js';

const share = z.number().nullable();
const intervalSchema = z.object({ low: z.number(), high: z.number() }).nullable();

/** One cell of a table: answers of one model to one group of questions. */
export const cellSchema = z.object({
  n: z.int(),
  correct: z.int(),
  /** Completions in which no answer was found; they count as wrong. */
  unparsed: z.int(),
  accuracy: z.number(),
  balancedAccuracy: share,
  macroF1: share,
  weightedF1: share,
});

/** What one training stage of an arm learned from. */
export const trainedSchema = z.object({
  stage: z.string(),
  /** Samples it could learn from. */
  samples: z.int(),
  /** Share of them whose answer is true; null where the truth is not known. */
  precision: share,
  byModality: z.record(z.string(), z.int()),
  byQuestionType: z.record(z.string(), z.int()),
});

export type Trained = z.output<typeof trainedSchema>;

/** All figures of one model. */
export const measuredSchema = z.object({
  ...cellSchema.shape,
  /** Mean one-vs-rest AUROC; null without likelihoods of the options. */
  auroc: share,
  /** 95 %: Wilson's for accuracy, a bootstrap over the test questions for the others. */
  intervals: z.object({ accuracy: intervalSchema, balancedAccuracy: intervalSchema, macroF1: intervalSchema }),
  byModality: z.record(z.string(), cellSchema),
  byQuestionType: z.record(z.string(), cellSchema),
});

/** One model: a row of Table 1. */
export const armResultSchema = z.object({
  name: z.string(),
  label: z.string(),
  /** Heading it stands under, such as `zero-shot`. */
  group: z.string().nullable(),
  /** A model, or the arm that it went on from. */
  startsFrom: z.string(),
  /** In order; empty for a model that is only measured. */
  trained: z.array(trainedSchema),
  ...measuredSchema.shape,
  /** Seconds of its own stages, by stage; stages that another arm had done already are not counted again. */
  seconds: z.record(z.string(), z.number()),
  /** Relative to the run folder where within it. `predictions` is a Parquet file with a row per test question. */
  paths: z.object({ model: z.string(), predictions: z.string() }),
});
/** One model of a comparison with its figures: a row of the papers' Table 1. */
export type ArmResult = z.output<typeof armResultSchema>;

/** Figure 2: accuracy by number of samples. A series without a size (`all`) is one point, a level line in a picture. */
export const curveSchema = z.object({
  /** `random`, `top`, `top+grpo`, `all`. */
  series: z.string(),
  label: z.string(),
  points: z.array(
    z.object({
      arm: z.string(),
      /** Samples trained on: K, or all there are. */
      size: z.int(),
      n: z.int(),
      accuracy: z.number(),
      interval: intervalSchema,
      /** Share of the training samples that are true; null where not known. */
      precision: share,
    }),
  ),
});

/** Figure 4: rows are what a model was trained on, columns what it was tested on. */
export const gridSchema = z.object({
  by: z.enum(['modality', 'question-type']),
  trained: z.array(z.string()),
  tested: z.array(z.string()),
  cells: z.array(
    z.object({
      arm: z.string(),
      trained: z.string(),
      tested: z.string(),
      n: z.int(),
      correct: z.int(),
      accuracy: z.number(),
      /** Accuracy less that of the base on the same questions: above 0 is positive transfer. */
      gain: z.number(),
    }),
  ),
});

/** The form of a comparison's result.json. */
export const comparisonResultSchema = z.object({
  recipe: z.enum(['arms', 'zero-shot', 'data-scale', 'transfer']),
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  seed: z.int(),
  /** What the data is, and what these figures are no evidence for. */
  notice: z.string(),
  testQuestions: z.int(),
  /** Those that are done, in order. */
  arms: z.array(armResultSchema),
  /** Only for `data-scale`; empty elsewhere. */
  curves: z.array(curveSchema),
  /** Only for `transfer`. */
  grid: gridSchema.nullable(),
  transitions: z.array(transitionsSchema),
  /** Seconds of the stages that all arms share, by stage, and of everything. */
  seconds: z.record(z.string(), z.number()),
  totalSeconds: z.number(),
  /** What must not be overlooked: models worse than the base, answers that cannot be read, GRPO that learned nothing. */
  warnings: z.array(z.string()).default([]),
  /** Why the run ended before its end. */
  error: z.string().nullable(),
});
/** What a comparison's result.json holds. */
export type ComparisonResult = z.output<typeof comparisonResultSchema>;
/** Accuracy by number of samples, of one series: MedGR² Figure 2. */
export type Curve = z.output<typeof curveSchema>;
/** Accuracy by what a model was trained on and what it was tested on: MedGR² Figure 4. */
export type TransferGrid = z.output<typeof gridSchema>;
