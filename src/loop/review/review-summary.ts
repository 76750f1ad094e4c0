/** What verdicts on a run say so far: per cycle and of all cycles that were judged. */
import { join } from 'node:path';
import { z } from 'zod';
import { readerErrorOf, readersKappa } from '../../evaluation/verdicts/agreement.js';
import { estimateSchema } from '../../evaluation/verdicts/estimate.js';
import { reviewEstimates, type DrawnQueue } from '../../evaluation/verdicts/estimates.js';
import { consensusOf, disputedOf, type Verdict } from '../../evaluation/verdicts/reader-verdict.js';
import { DataError } from '../../errors.js';
import { readOrNull, runFiles } from '../folder/run-folder.js';
import { readQueues, type ReviewQueue } from './review-queue.js';
import { readStanding, verdictDamage } from './verdict-file.js';

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
  /**
   * The same of what is true of the candidates, and not of what readers say of them, where two readers tell how often one errs
   * (`readerError`); null where they do not.
   */
  corrected: z.object({ readerError: z.number(), ...figures }).nullable(),
  cycles: z.array(z.object({ cycle: z.int(), judged: z.int(), ...figures })),
});
/** Figures of all verdicts on a run. */
export type ReviewSummary = z.output<typeof reviewSummarySchema>;

/**
 * Null where nobody judged anything.
 * @param rolledBack Cycles that are no part of D_gen; those that result.json names when left out.
 * @throws DataError where a queue cannot be read.
 */
export function reviewSummary(
  runDir: string,
  rolledBack: ReadonlySet<number> = rolledBackCycles(runDir),
): ReviewSummary | null {
  const standing = readStanding(runDir);
  if (standing.length === 0) return null;
  const queues = readQueues(runDir).filter(({ cycle }) => !rolledBack.has(cycle));
  const placeOf = placesIn(queues);
  return summaryOf(
    queues,
    standing.filter((verdict) => placeOf(verdict) !== 'anew'),
  );
}

/** Where a verdict's sample is: in a queue, there by its id alone since it was made anew after it was judged, or in none. */
function placesIn(queues: readonly ReviewQueue[]): (verdict: Verdict) => 'queue' | 'anew' | 'none' {
  const asked = new Map(queues.flatMap(({ items }) => items.map(({ id, seen }) => [id, seen])));
  return ({ item, seen }) => {
    if (!asked.has(item)) return 'none';
    return seen === undefined || (asked.get(item) ?? seen) === seen ? 'queue' : 'anew';
  };
}

/** What a person is to know of verdicts that no figure is of: their samples are gone, or another run's; null where there are none. */
export function verdictsElsewhere(runDir: string): string | null {
  const placeOf = placesIn(readQueues(runDir));
  const standing = readStanding(runDir);
  const count = standing.filter((verdict) => placeOf(verdict) !== 'queue').length;
  return count === 0
    ? null
    : `verdicts that count in no share: ${count} of ${standing.length}; no queue of this run holds their samples as they were judged`;
}

const rolledBackSchema = z.object({
  cycles: z.array(z.object({ cycle: z.int(), rolledBack: z.boolean().default(false) })),
});

/** Whose accepted samples are no part of D_gen. */
function rolledBackCycles(runDir: string): ReadonlySet<number> {
  const result = readOrNull(join(runDir, runFiles.result), rolledBackSchema);
  return new Set((result?.cycles ?? []).flatMap(({ cycle, rolledBack }) => (rolledBack ? [cycle] : [])));
}

/** The same beside other figures, which are told all the same: what cannot be read is told and counts as missing. */
export function reviewOrNull(
  runDir: string,
  told: (message: string) => void = () => {},
  rolledBack?: ReadonlySet<number>,
): ReviewSummary | null {
  try {
    const damage = verdictDamage(runDir);
    if (damage !== null) told(damage);
    const elsewhere = verdictsElsewhere(runDir);
    if (elsewhere !== null) told(elsewhere);
    return reviewSummary(runDir, rolledBack);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    told(error.message);
    return null;
  }
}

export function summaryOf(queues: readonly DrawnQueue[], standing: readonly Verdict[]): ReviewSummary {
  const said = consensusOf(standing);
  const readerError = readerErrorOf(standing);
  return {
    readers: [...new Set(standing.map(({ reader }) => reader))],
    judged: said.size,
    disputed: disputedOf(standing).length,
    kappa: readersKappa(standing),
    ...reviewEstimates(queues, standing),
    corrected: readerError === null ? null : { readerError, ...reviewEstimates(queues, standing, { readerError }) },
    cycles: queues.flatMap((queue) => {
      const judged = queue.items.filter(({ id }) => said.has(id)).length;
      return judged === 0 ? [] : [{ cycle: queue.cycle, judged, ...reviewEstimates([queue], standing) }];
    }),
  };
}
