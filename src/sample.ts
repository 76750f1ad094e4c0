/**
 * The record that flows through the whole loop: an image, a question about it, an answer and its rationale,
 * where it came from, and what the reward model thinks of it.
 */
import { z } from 'zod';

/** OmniMedVQA's eight modalities (MedGR² section 4), and `unknown` where a data set does not say. */
export const modalities = [
  'CT',
  'MRI',
  'X-ray',
  'ultrasound',
  'dermoscopy',
  'fundus photography',
  'OCT',
  'microscopy',
  'unknown',
] as const;
export const modalitySchema = z.enum(modalities);
/** A modality's name, or `unknown`. */
export type Modality = z.infer<typeof modalitySchema>;

/** OmniMedVQA's five question types. */
export const questionTypes = [
  'modality recognition',
  'anatomy identification',
  'disease diagnosis',
  'lesion grading',
  'other biological attributes',
] as const;
export const questionTypeSchema = z.enum(questionTypes);
/** A question type's name. */
export type QuestionType = z.infer<typeof questionTypeSchema>;

const tableOrder: readonly string[] = [...modalities, ...questionTypes];

/** Modalities or question types as the papers' tables have them, each once; what they do not have comes last. */
export function inTableOrder(names: Iterable<string>): string[] {
  const place = (name: string): number => {
    const at = tableOrder.indexOf(name);
    return at < 0 ? tableOrder.length : at;
  };
  return [...new Set(names)].toSorted((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** The prompt strategies of MedGR² section 3 by which a generator is asked for samples. */
export const strategies = ['direct', 'step-by-step', 'meta-cognitive'] as const;
export const strategySchema = z.enum(strategies);
/** A prompt strategy's name. */
export type Strategy = z.infer<typeof strategySchema>;

export const provenanceSchema = z.strictObject({
  /** Provider name, e.g. `gemini`; `seed` for trusted samples. */
  provider: z.string(),
  model: z.string(),
  /** Of the ready-made strategies, or one of a person's own; null where nobody was asked. */
  strategy: z.string().min(1).nullable(),
  /** sha256 of the prompt that was sent, hex. */
  promptHash: z.string().nullable(),
  /** Which model answered, in the provider's own words; left out where it does not say. */
  modelVersion: z.string().optional(),
  /** The generator was shown a report or caption beside the image; left out where it was not. */
  context: z.literal(true).optional(),
  /** Cycle that wrote the sample, from 1; 0 for seed samples. */
  cycle: z.int().min(0),
  /** Which label a question was made of, and by which wording; left out where none was. */
  basis: z.string().optional(),
});
/** Where a sample came from. */
export type Provenance = z.infer<typeof provenanceSchema>;

/** Zod's form of a sample, strict: an unknown field is refused. */
export const sampleSchema = z.strictObject({
  id: z.string().min(1),
  /** Absolute path, or relative to the run folder. */
  image: z.string().min(1),
  /** sha256 of the image file's bytes, hex. */
  imageHash: z.string().min(1),
  question: z.string().min(1),
  /** Options in the order they are shown; empty for an open question. */
  options: z.array(z.string().min(1)),
  /** The answer in words (never a letter); one of `options` where there are any. */
  answer: z.string().min(1),
  rationale: z.string(),
  questionType: questionTypeSchema,
  modality: modalitySchema,
  provenance: provenanceSchema,
  /** R_φ(I, q, a) clamped to [-6, 10]; null before scoring. */
  score: z.number().nullable(),
  /** Version (checkpoint name) of the reward model that gave `score`. */
  rewardModelVersion: z.string().nullable(),
});
/** A question about an image with its answer, where it came from, and what the reward model thinks of it. */
export type Sample = z.infer<typeof sampleSchema>;

/** The part of a sample that asks: what a policy sees. */
export type Query = Pick<Sample, 'question' | 'options'>;
