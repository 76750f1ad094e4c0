/** What a stage tells at its end beyond its figures: small tables that screens and reports draw. Counts and shares only. */
import { z } from 'zod';
import { headroomSchema } from '../evaluation/sampled/headroom-verdict.js';

const share = z.number().nullable();
const group = z.record(z.string(), z.strictObject({ n: z.int(), correct: z.int() }));

export const stageDetailSchema = z.discriminatedUnion('kind', [
  /** Candidates dropped, by reason, and those whose reply had to be mended, by kind. */
  z.strictObject({
    kind: z.literal('generation'),
    dropped: z.record(z.string(), z.int()),
    repaired: z.record(z.string(), z.int()).optional(),
  }),
  /** Graded texts, by grade (10 original, 6 synonyms, 0 deletion, -6 mismatch). */
  z.strictObject({ kind: z.literal('grading'), rowsByGrade: z.record(z.string(), z.int()) }),
  /** R_φ on held-out graded texts. */
  z.strictObject({
    kind: z.literal('reward-model'),
    meanByGrade: z.record(z.string(), z.number()),
    /** Share of right texts among those scored between `from` and `to`. */
    reliability: z.array(z.strictObject({ from: z.number(), to: z.number(), n: z.int(), positiveShare: share })),
  }),
  /** Scores of the candidates in bins of equal width from -6 to 10. */
  z.strictObject({ kind: z.literal('scores'), counts: z.array(z.int()) }),
  /** What sampled answers say of GRPO's room. */
  z.strictObject({ kind: z.literal('headroom'), ...headroomSchema.shape }),
  z.strictObject({ kind: z.literal('evaluation'), byModality: group, byQuestionType: group }),
]);
export type StageDetail = z.output<typeof stageDetailSchema>;

/** Edges of the score scale: the lowest and the highest grade. */
export const scoreRange = { lowest: -6, highest: 10 } as const;
const bins = 32;

/** Counts of clamped scores; the last bin holds the highest grade itself. */
export function scoreCounts(scores: readonly number[]): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  const width = (scoreRange.highest - scoreRange.lowest) / bins;
  for (const score of scores) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((score - scoreRange.lowest) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
