/**
 * `npm run bench:review -- RUN…`: whether the intervals of the review desk hold the truth. Of each cycle of runs whose truth is known
 * (phantoms, a teacher of labelled data) queues are drawn and judged by a simulated reader; nothing is written into the runs.
 * Options: --draws 400 --size 60 --error 0.05 (how often the reader says the wrong thing). Prints a Markdown table.
 */
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { refuse, scriptLine, scriptNumber } from '../../../src/script-line.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import type { Estimate } from '../../../src/evaluation/verdicts/estimate.js';
import { reviewEstimates } from '../../../src/evaluation/verdicts/estimates.js';
import { drawQueue, type QueueItem } from '../../../src/evaluation/verdicts/queue-design.js';
import type { Verdict } from '../../../src/evaluation/verdicts/reader-verdict.js';
import { filterStages, queueCandidates } from '../../../src/loop/review/review-queue.js';
import { stageKey } from '../../../src/loop/folder/ledger.js';
import { seededRandom } from '../../../src/random.js';

const { values, positionals } = scriptLine(
  import.meta.filename,
  {
    draws: { type: 'string', default: '400' },
    size: { type: 'string', default: '60' },
    error: { type: 'string', default: '0.05' },
  },
  100,
);
const [draws, size, error] = (['draws', 'size', 'error'] as const).map((name) =>
  scriptNumber(import.meta.filename, `--${name}`, values[name]),
) as [number, number, number];
if (positionals.length === 0) refuse(import.meta.filename, 'give the folders of one run or more');

const decisionSchema = z.array(z.object({ id: z.string(), correct: z.boolean().nullable() }));

/** How the intervals of one cycle did. */
async function coverage(runDir: string, cycle: number): Promise<string[] | null> {
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
    const verdicts = verdictsOn(items, says);
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

const verdictsOn = (items: readonly QueueItem[], says: (id: string) => boolean): Verdict[] =>
  items.map(({ id, why, probability }, at) => ({
    id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    item: id,
    reader: 'simulated',
    verdict: says(id) ? 'accept' : 'wrong-answer',
    at: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    scoreSeen: false,
    strategy: why,
    probability,
  }));

const holds = (estimate: Estimate | null, value: number): number =>
  Number(estimate !== null && estimate.low <= value + 1e-9 && estimate.high >= value - 1e-9);

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
for (const run of positionals)
  for (const cycle of filterStages(resolve(run)).keys()) {
    const row = await coverage(resolve(run), cycle);
    if (row !== null) rows.push(row);
  }
console.log(rows.map((row) => `| ${row.join(' | ')} |`).join('\n'));
