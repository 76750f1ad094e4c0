/**
 * What the review desk's server and page say to each other, and what a verdict is. Everything lies under `/<token>/`;
 * ids are the samples' own, times are ISO 8601, images travel as the bytes of their file.
 */
import { z } from 'zod';
import { estimateSchema } from '../evaluation/verdicts/estimate.js';
import {
  readerSchema,
  reviewReasonSchema,
  verdictKindSchema,
  verdictSchema,
} from '../evaluation/verdicts/reader-verdict.js';
import { modalitySchema, questionTypeSchema } from '../sample.js';

export { reviewReasons, verdictKinds, verdictSchema } from '../evaluation/verdicts/reader-verdict.js';
export type { Estimate } from '../evaluation/verdicts/estimate.js';
export type { ReviewReason, Verdict, VerdictKind } from '../evaluation/verdicts/reader-verdict.js';

/** Body of `POST api/verdicts`. */
export const verdictRequestSchema = verdictSchema
  .pick({
    id: true,
    item: true,
    seen: true,
    reader: true,
    verdict: true,
    correctedAnswer: true,
    comment: true,
    seconds: true,
    scoreSeen: true,
  })
  .extend({ reader: readerSchema })
  .refine((request) => request.correctedAnswer === undefined || request.verdict === 'wrong-answer', {
    path: ['correctedAnswer'],
    error: 'only a wrong answer has a corrected one',
  });
/** A verdict as the page sends it. */
export type VerdictRequest = z.infer<typeof verdictRequestSchema>;

/** Its answer, sent after the verdict is on disk. */
export const verdictReplySchema = z.strictObject({ verdict: verdictSchema, rewardScore: z.number().nullable() });
/** The verdict as it was written down. */
export type VerdictReply = z.infer<typeof verdictReplySchema>;

/** Body of `POST api/undo`: takes back the verdict `of`, which must be this reader's. */
export const undoRequestSchema = z.strictObject({ id: z.uuid(), of: z.uuid(), reader: readerSchema });
/** Asks to take a verdict back. */
export type UndoRequest = z.infer<typeof undoRequestSchema>;

/** Its answer: the id of the verdict that no longer counts. */
export const undoReplySchema = z.strictObject({ undone: z.uuid() });
/** Which verdict no longer counts. */
export type UndoReply = z.infer<typeof undoReplySchema>;

/** `GET api/session`. */
export const sessionSchema = z.strictObject({
  /** Name of the run. */
  run: z.string(),
  /** What every reader must know before judging, e.g. that phantoms are no patients. */
  notice: z.string(),
  /** R_φ's score is shown only after the verdict. */
  scoreHidden: z.boolean(),
  /** Who has judged here before. */
  readers: z.array(z.string()),
  verdicts: z.array(verdictKindSchema),
});
/** What a page is told first. */
export type Session = z.infer<typeof sessionSchema>;

/** `GET api/queue?reader=NAME`: in the order to be judged, at most 5,000. */
export const queueReplySchema = z.strictObject({
  items: z.array(z.strictObject({ id: z.string(), verdict: verdictSchema.nullable() })).max(5000),
});
/** The samples to be judged, in order, with the verdicts of one reader. */
export type QueueReply = z.infer<typeof queueReplySchema>;

/** `GET api/items/ID?reader=NAME`. */
export const reviewItemSchema = z.strictObject({
  id: z.string(),
  /** To be sent with the verdict: the sample may be made anew while it is judged. */
  seen: z.string(),
  cycle: z.int().min(1),
  modality: modalitySchema,
  questionType: questionTypeSchema,
  question: z.string(),
  /** Empty for an open question. */
  options: z.array(z.string()),
  /** The proposed answer. */
  answer: z.string(),
  rationale: z.string(),
  /** The report or caption that stands beside the image; null where there is none. */
  context: z.string().nullable(),
  /** R_φ's score, [-6, 10]; null until this reader judged the sample, where scores are hidden. */
  rewardScore: z.number().nullable(),
  why: reviewReasonSchema,
  image: z.strictObject({
    /** Relative to `/<token>/`. */
    path: z.string(),
    /** In pixels. */
    width: z.int().min(1),
    height: z.int().min(1),
    bits: z.union([z.literal(8), z.literal(16)]),
  }),
  verdict: verdictSchema.nullable(),
});
/** A sample as a reader is shown it. */
export type ReviewItem = z.infer<typeof reviewItemSchema>;

/** What the verdicts say: precision of D_gen, recall of the filter (both design-weighted), Cohen's kappa of two readers. */
export const estimatesSchema = z.strictObject({
  precision: estimateSchema.nullable(),
  recall: estimateSchema.nullable(),
  kappa: estimateSchema.nullable(),
});
/** The figures that verdicts give. */
export type Estimates = z.infer<typeof estimatesSchema>;

/** `GET api/progress?reader=NAME`. */
export const progressSchema = z.strictObject({
  /** Of this reader. */
  judged: z.int().min(0),
  total: z.int().min(0),
  estimates: estimatesSchema,
  /** How many samples two readers judge differently. */
  disputed: z.int().min(0),
});
/** How far a reader is, and what verdicts say so far. */
export type Progress = z.infer<typeof progressSchema>;

/** `GET api/disputed`: the samples that readers judge differently, each with every reader's verdict. */
export const disputedReplySchema = z.strictObject({
  items: z.array(z.strictObject({ id: z.string(), verdicts: z.array(verdictSchema).min(2) })),
});
/** The samples that readers judge differently. */
export type DisputedReply = z.infer<typeof disputedReplySchema>;

/** Body of every reply with a status from 400 on. */
export const reviewErrorSchema = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }),
});
/** What went wrong, in words. */
export type ReviewError = z.infer<typeof reviewErrorSchema>;
