/** How often the desk's intervals hold the truth: queues are drawn of finished runs and judged; nothing is written into the runs. */
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { readParquet } from '../../../src/dataset/tables/table.js';
import type { Estimate } from '../../../src/evaluation/verdicts/estimate.js';
import { reviewEstimates } from '../../../src/evaluation/verdicts/estimates.js';
import { drawQueue } from '../../../src/evaluation/verdicts/queue-design.js';
import { filterStages, queueCandidates } from '../../../src/loop/review/review-queue.js';
import { stageKey } from '../../../src/loop/folder/ledger.js';
import { seededRandom } from '../../../src/random.js';
import { simulatedVerdicts } from './simulated-reader.js';

export interface IntervalOptions {
  /** Queues of each cycle. */
  draws: number;
  /** Samples of a queue. */
  size: number;
  /** How often the reader says the wrong thing. */
  error: number;
}

/** A Markdown table of all filtered cycles of the runs. */
export async function intervalsTable(runs: readonly string[], options: IntervalOptions): Promise<string> {
  const rows = [
    [
      'run',
      'accepted + rejected',
      'precision',
      'estimate',
      'interval',
      "holds the reader's",
      'holds the true',
      'uncorrected',
      'recall',
    ],
    Array<string>(9).fill('---'),
  ];
  for (const run of runs)
    for (const cycle of filterStages(resolve(run)).keys()) {
      const row = await coverage(resolve(run), cycle, options);
      if (row !== null) rows.push(row);
    }
  return rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
}

const decisionSchema = z.array(z.object({ id: z.string(), correct: z.boolean().nullable() }));

/** How the intervals of one cycle did. */
async function coverage(
  runDir: string,
  cycle: number,
  { draws, size, error }: IntervalOptions,
): Promise<string[] | null> {
  const decisions = decisionSchema.parse(
    await readParquet(join(runDir, stageKey(cycle, 'filter'), 'decisions.parquet')),
  );
  const truth = new Map(decisions.map(({ id, correct }) => [id, correct]));
  const { candidates, tau } = await queueCandidates(runDir, cycle);
  if (candidates.some(({ id }) => typeof truth.get(id) !== 'boolean')) return null;
  const parts = {
    accepted: candidates.filter(({ part }) => part === 'accepted'),
    rejected: candidates.filter(({ part }) => part === 'rejected'),
  };
  const counts = { accepted: parts.accepted.length, rejected: parts.rejected.length };
  const figuresOf = (says: (id: string) => boolean) => {
    const good = parts.accepted.filter(({ id }) => says(id)).length;
    const lost = parts.rejected.filter(({ id }) => says(id)).length;
    return { precision: good / counts.accepted, recall: good / (good + lost) };
  };
  const isTrue = (id: string): boolean => truth.get(id) === true;
  const real = figuresOf(isTrue);
  const held = { reader: 0, corrected: 0, raw: 0, recall: 0 };
  let [mean, width] = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const random = seededRandom('simulated reader', draw);
    const said = new Map(candidates.map(({ id }) => [id, random.next() < error ? !isTrue(id) : isTrue(id)]));
    const says = (id: string): boolean => said.get(id) === true;
    const items = drawQueue(candidates, { size, tau, seed: draw });
    const verdicts = simulatedVerdicts(items, (id) => ({ verdict: says(id) ? 'accept' : 'wrong-answer' }));
    const queues = [{ cycle, candidates: counts, items }];
    const raw = reviewEstimates(queues, verdicts);
    const corrected = reviewEstimates(queues, verdicts, { readerError: error });
    held.reader += holds(raw.precision, figuresOf(says).precision);
    held.raw += holds(raw.precision, real.precision);
    held.corrected += holds(corrected.precision, real.precision);
    held.recall += holds(corrected.recall, real.recall);
    mean += (corrected.precision?.value ?? 0) / draws;
    width += ((corrected.precision?.high ?? 1) - (corrected.precision?.low ?? 0)) / draws;
  }
  const share = (count: number): string => ((100 * count) / draws).toFixed(1);
  return [
    `${basename(runDir)}, cycle ${cycle}`,
    `${counts.accepted} + ${counts.rejected}`,
    real.precision.toFixed(3),
    mean.toFixed(3),
    `± ${(width / 2).toFixed(3)}`,
    share(held.reader),
    share(held.corrected),
    share(held.raw),
    share(held.recall),
  ];
}

const holds = (estimate: Estimate | null, value: number): number =>
  Number(estimate !== null && estimate.low <= value + 1e-9 && estimate.high >= value - 1e-9);
