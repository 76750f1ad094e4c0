/**
 * The queue of a cycle: which of its candidates readers are asked about. Drawn once and written down, so that a second reader
 * sees the same samples and the probabilities that estimates stand on are those by which they were drawn.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { drawQueue, queuePartOf, queueParts, type QueueCandidate } from '../../evaluation/verdicts/queue-design.js';
import { reviewReasonSchema } from '../../evaluation/verdicts/reader-verdict.js';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { readParquet } from '../../dataset/tables/table.js';
import { ConfigError, RunError } from '../../errors.js';
import type { Sample } from '../../sample.js';
import { confirmOutput } from '../folder/check-outputs.js';
import { readLedger, stageKey, type LedgerEntry } from '../folder/ledger.js';
import { readAs, runFiles, writeJson } from '../folder/run-folder.js';
import { readConfig } from '../result/run-sources.js';
import { seenOf } from './seen.js';
import { askedAbout } from '../stages/preferences.js';

const queueSchema = z.strictObject({
  cycle: z.int().min(1),
  /** Fingerprint of the filter stage whose candidates these are. */
  of: z.string(),
  /** τ, by which the filter decided. */
  tau: z.number(),
  seed: z.int(),
  size: z.int().min(1),
  /** How many candidates it was drawn from. Duplicates of what D_gen held are in neither part. */
  candidates: z.strictObject({ accepted: z.int().min(0), rejected: z.int().min(0) }),
  /** In the order to be judged, which is random. */
  items: z.array(
    z.strictObject({
      id: z.string(),
      part: z.enum(queueParts),
      /** Hash of the sample as it was when the queue was drawn; left out by earlier versions. */
      seen: z.string().optional(),
      why: reviewReasonSchema,
      /** With which the sample is in this queue, (0, 1]. */
      probability: z.number().gt(0).max(1),
    }),
  ),
});
/** The queue of a cycle as it is written down: samples by id, each with the probability by which it was drawn. */
export type ReviewQueue = z.output<typeof queueSchema>;

/** Which queue, and how it is drawn where there is none yet. */
export interface QueueOptions {
  /** How many samples to ask about; 60 when left out, at most 5,000. */
  size?: number | undefined;
  /** A cycle that was filtered; the newest when left out. */
  cycle?: number | undefined;
  /** Of the draw; the run's own when left out. */
  seed?: number | undefined;
}

/** Some minutes of a reader's time, and an interval of about ± 0.1. */
const usualSize = 60;
export const longestQueue = 5000;

/**
 * The queue of a cycle, drawn where there is none yet. The run may be finished, stopped or at work.
 * @throws RunError `nothing-to-review` where the cycle was not filtered, `queue-stale` where it was filtered again since;
 * ConfigError `queue-fixed` where it was drawn otherwise, `queue-size`.
 */
export async function reviewQueue(run: string, options: QueueOptions = {}): Promise<ReviewQueue> {
  const runDir = resolve(run);
  const cycle = filteredCycle(runDir, options.cycle);
  const known = readQueue(runDir, cycle);
  if (known !== null) return expectSame(known, options, runDir);
  const { size = usualSize } = options;
  if (!Number.isInteger(size) || size < 1 || size > longestQueue)
    throw new ConfigError('queue-size', `a queue of ${size} samples cannot be drawn`, {
      remedy: `Give a whole number from 1 to ${longestQueue}.`,
    });
  const seed = options.seed ?? readConfig(join(runDir, runFiles.config)).seed;
  const { candidates, tau, seen } = await queueCandidates(runDir, cycle);
  const [accepted, rejected] = queueParts.map((part) => candidates.filter((one) => one.part === part).length);
  const queue = queueSchema.parse({
    cycle,
    of: filterStages(runDir).get(cycle)?.fingerprint,
    tau,
    seed,
    size,
    candidates: { accepted, rejected },
    items: drawQueue(candidates, { size, tau, seed }).map((item) => ({ ...item, seen: seen.get(item.id) })),
  });
  writeJson(queueFile(runDir, cycle), queue);
  return queue;
}

/** The queue of a cycle as it was drawn; null where none was. */
export const readQueue = (runDir: string, cycle: number): ReviewQueue | null =>
  readAs(queueFile(runDir, cycle), queueSchema);

/** The queues of all cycles, in order; one whose candidates were made again since says nothing any more. */
export const readQueues = (runDir: string): ReviewQueue[] =>
  [...filterStages(runDir).keys()].flatMap((cycle) => {
    const queue = readQueue(runDir, cycle);
    return queue === null || isStale(queue, runDir) ? [] : [queue];
  });

/** The candidates of a cycle with their scores, as the filter saw them; images named as the run names them. */
export async function scoredCandidates(runDir: string, cycle: number): Promise<Sample[]> {
  const file = join(runDir, stageKey(cycle, 'score'), 'scored.parquet');
  await confirmOutput(file);
  return readSamples(file);
}

const queueFile = (runDir: string, cycle: number): string => join(runDir, runFiles.reviewQueues, `cycle-${cycle}.json`);

/** Filter stages that are done, by cycle and in their order. */
export function filterStages(runDir: string): Map<number, LedgerEntry> {
  const { entries } = readLedger(join(runDir, runFiles.ledger));
  const done = [...entries.values()].filter(({ stage, arm }) => stage === 'filter' && arm === undefined);
  return new Map(done.toSorted((a, b) => a.cycle - b.cycle).map((entry) => [entry.cycle, entry]));
}

const isStale = ({ cycle, of }: ReviewQueue, runDir: string): boolean =>
  filterStages(runDir).get(cycle)?.fingerprint !== of;

function filteredCycle(runDir: string, wanted: number | undefined): number {
  const cycles = [...filterStages(runDir).keys()];
  const cycle = wanted ?? cycles.at(-1);
  if (cycle !== undefined && cycles.includes(cycle)) return cycle;
  if (cycles.length === 0) expectLoop(runDir);
  throw new RunError(
    'nothing-to-review',
    cycles.length === 0 ? 'no cycle of the run was filtered yet' : `cycle ${wanted} of the run was not filtered yet`,
    {
      where: runDir,
      remedy:
        cycles.length === 0
          ? 'Let the run go on until its first filter stage is done.'
          : `Choose one of these cycles: ${cycles.join(', ')}.`,
    },
  );
}

/** A run that compares models may have candidates, but no data set that goes on. */
function expectLoop(runDir: string): void {
  const file = join(runDir, runFiles.config);
  if (!existsSync(file) || readConfig(file).recipe.kind === 'loop') return;
  throw new RunError('nothing-to-review', 'the run compares models: it has no cycles whose samples could be judged', {
    where: runDir,
    remedy: 'Give the folder of a run of the loop.',
  });
}

function expectSame(known: ReviewQueue, { size, seed }: QueueOptions, runDir: string): ReviewQueue {
  const file = queueFile(runDir, known.cycle);
  if (isStale(known, runDir))
    throw new RunError(
      'queue-stale',
      `the candidates of cycle ${known.cycle} were made again after its queue was drawn`,
      {
        where: file,
        remedy:
          'Move the file away: verdicts on the earlier candidates stay in verdicts.jsonl, and a new queue is drawn.',
      },
    );
  const other = [
    ...(size === undefined || size === known.size ? [] : [`${known.size} samples and not ${size}`]),
    ...(seed === undefined || seed === known.seed ? [] : [`seed ${known.seed} and not ${seed}`]),
  ];
  if (other.length === 0) return known;
  throw new ConfigError('queue-fixed', `the queue of cycle ${known.cycle} was drawn with ${other.join(', ')}`, {
    where: file,
    remedy:
      'Leave the size and the seed out to go on with it. Drawn anew, verdicts on it would no longer count: while there are none, delete the file.',
  });
}

const decisionSchema = z.object({ id: z.string(), decision: z.string() });

/** What the queue of a cycle is drawn from, with the τ that parted them and, by id, the hash of each. */
export async function queueCandidates(
  runDir: string,
  cycle: number,
): Promise<{ candidates: QueueCandidate[]; tau: number; seen: Map<string, string> }> {
  const file = join(runDir, stageKey(cycle, 'filter'), 'decisions.parquet');
  await confirmOutput(file);
  const decisions = new Map(
    z
      .array(decisionSchema)
      .parse(await readParquet(file))
      .map(({ id, decision }) => [id, decision]),
  );
  const policy = await policyAgreement(runDir, cycle);
  const { tau } = z.object({ tau: z.number() }).parse(filterStages(runDir).get(cycle)?.output);
  const scored = await scoredCandidates(runDir, cycle);
  const candidates = scored.flatMap(({ id, score, modality, questionType }): QueueCandidate[] => {
    const part = queuePartOf(decisions.get(id));
    return part === null
      ? []
      : [{ id, part, score, policy: policy.get(id) ?? null, stratum: `${modality}, ${questionType}` }];
  });
  return { candidates, tau, seen: new Map(scored.map((sample) => [sample.id, seenOf(sample)])) };
}

const preferenceSchema = z.object({ id: z.string(), grade: z.coerce.number() });
/** Least grade of a completion whose answer is the sample's. */
const rightGrade = 6;

/** Share of the policy's answers that are the sample's own, of the samples that it was asked about in this cycle. */
async function policyAgreement(runDir: string, cycle: number): Promise<Map<string, number>> {
  const file = join(runDir, stageKey(cycle, 'preferences'), 'preferences.parquet');
  if (!existsSync(file)) return new Map();
  await confirmOutput(file);
  const rows = z.array(preferenceSchema).parse(await readParquet(file));
  const bySample = Map.groupBy(rows, askedAbout);
  return new Map(
    [...bySample].map(([id, asked]) => [id, asked.filter(({ grade }) => grade >= rightGrade).length / asked.length]),
  );
}
