/** What verdicts on a run say so far: per cycle and of all cycles that were judged. */
import { z } from 'zod';
import { readersKappa } from '../../evaluation/verdicts/agreement.js';
import { estimateSchema } from '../../evaluation/verdicts/estimate.js';
import { reviewEstimates, type DrawnQueue, type EstimateOptions } from '../../evaluation/verdicts/estimates.js';
import { consensusOf, disputedOf, standingVerdicts, type Verdict } from '../../evaluation/verdicts/verdict.js';
import { readQueues } from './review-queue.js';
import { readVerdicts } from './verdict-file.js';

const figures = {
  /** Share of the accepted candidates that the readers accept. */
  precision: estimateSchema.nullable(),
  /** Of the candidates that the readers accept, the share that the filter kept. */
  recall: estimateSchema.nullable(),
};

export const reviewSummarySchema = z.object({
  readers: z.array(z.string()),
  /** Samples that somebody judged, skipped ones not counted. */
  judged: z.int(),
  /** Samples that readers judge differently. */
  disputed: z.int(),
  /** Cohen's kappa of the two readers who share most; null where there are none. */
  kappa: estimateSchema.extend({ readers: z.tuple([z.string(), z.string()]) }).nullable(),
  ...figures,
  cycles: z.array(z.object({ cycle: z.int(), judged: z.int(), ...figures })),
});
export type ReviewSummary = z.output<typeof reviewSummarySchema>;

/** Null where nobody judged anything. */
export function reviewSummary(runDir: string, options: EstimateOptions = {}): ReviewSummary | null {
  const standing = standingVerdicts(readVerdicts(runDir).lines);
  return standing.length === 0 ? null : summaryOf(readQueues(runDir), standing, options);
}

export function summaryOf(
  queues: readonly DrawnQueue[],
  standing: readonly Verdict[],
  options: EstimateOptions = {},
): ReviewSummary {
  const said = consensusOf(standing);
  return {
    readers: [...new Set(standing.map(({ reader }) => reader))],
    judged: said.size,
    disputed: disputedOf(standing).length,
    kappa: readersKappa(standing),
    ...reviewEstimates(queues, standing, options),
    cycles: queues.flatMap((queue) => {
      const judged = queue.items.filter(({ id }) => said.has(id)).length;
      return judged === 0 ? [] : [{ cycle: queue.cycle, judged, ...reviewEstimates([queue], standing, options) }];
    }),
  };
}
