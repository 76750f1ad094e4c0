/** Keeps candidates with r > τ, and a judge's yes where there is one, that D_gen does not hold yet; writes D_gen as it then stands. */
import { chmod, copyFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { removeNearOverlap } from '../../dataset/near-duplicates/near-overlap.js';
import { readSamples, writeSamples } from '../../dataset/tables/sample-table.js';
import { writeParquet } from '../../dataset/tables/table.js';
import { makePrivateFolder, onDisk, privateFile } from '../../disk.js';
import { RunError } from '../../errors.js';
import { identityOf } from '../../config/part.js';
import type { Sample } from '../../sample.js';
import type { SampleFilter } from '../parts/loop-parts.js';
import { aboveThreshold, sift } from '../parts/sift.js';
import type { RunContext } from '../run-context.js';
import { judgeFigures, judgeFiguresSchema } from '../judge/judge-figures.js';
import { judgeFilters } from '../judge/judge-filters.js';
import type { VerdictRow } from '../judge/verdict-table.js';
import { hashFile } from '../folder/output-hashes.js';
import { isTrue, shareTrue } from '../result/sample-precision.js';
import { relinked } from '../folder/relocation.js';
import { fromRun, runFiles } from '../folder/run-folder.js';
import { scoreCounts } from '../stage-detail.js';
import type { Stage, StageDone } from '../stage.js';

const share = z.number().min(0).max(1).nullable();
export const filterOutputSchema = z.object({
  tau: z.number(),
  candidates: z.int(),
  accepted: z.int(),
  belowThreshold: z.int(),
  overlapping: z.int(),
  /** Removed as near-duplicates; 0 where the switches are off. */
  nearDuplicates: z.int().default(0),
  /** Rows of D_gen after this cycle. */
  datasetSize: z.int(),
  rawPrecision: share,
  acceptedPrecision: share,
  /** What a judge said, beside R_φ and the truth; null where none was asked. */
  judge: judgeFiguresSchema.nullable().default(null),
  /** Candidates by score; empty in runs made before it was kept. */
  scores: z.array(z.int()).default([]),
  /** Refused by filters of a person's own, by name; left out where there are none. */
  refused: z.record(z.string(), z.int()).optional(),
});
export type FilterOutput = z.output<typeof filterOutputSchema>;

export interface Filtering {
  cycle: number;
  scored: readonly Sample[];
  tau: number;
  /** Of a judge, in the order of the candidates; null where none was asked. */
  verdicts: readonly VerdictRow[] | null;
  /** D_gen before this cycle. */
  dataset: readonly Sample[];
  from: readonly string[];
}

const decisionColumns = { id: 'VARCHAR', score: 'DOUBLE', decision: 'VARCHAR', correct: 'BOOLEAN' } as const;

export function filter(
  run: RunContext,
  { cycle, scored, tau, verdicts, dataset, from }: Filtering,
): Stage<FilterOutput> {
  const { allowOverlap, nearDuplicates, minPoints } = run.config.filter;
  const { filters } = run.parts;
  return {
    cycle,
    name: 'filter',
    inputs: {
      from,
      tau,
      allowOverlap,
      nearDuplicates,
      ...(verdicts === null ? {} : { minPoints }),
      ...(filters.length === 0 ? {} : { filters: filters.map(identityOf) }),
    },
    partial: 'over',
    output: filterOutputSchema,
    metrics: ({ accepted, candidates, ...rest }) => ({
      accepted,
      candidates,
      tau,
      datasetSize: rest.datasetSize,
      rawPrecision: rest.rawPrecision,
      acceptedPrecision: rest.acceptedPrecision,
      ...(rest.judge === null ? {} : { judgePassed: rest.judge.passed, kappa: rest.judge.kappa }),
    }),
    detail: ({ scores }) => ({ kind: 'scores', counts: scores }),
    run: async ({ dir, signal }) => {
      const imagePath = ({ image }: Pick<Sample, 'image'>): string => fromRun(run.runDir, image);
      const context = { cycle, tau, dataset, imagePath, signal };
      const judging = verdicts === null ? [] : judgeFilters(scored, verdicts, minPoints);
      const { kept: passed, refusedBy } = await sift(scored, [aboveThreshold, ...judging, ...filters], context);
      const parted = allowOverlap
        ? { kept: passed, exact: [], near: [] }
        : await removeNearOverlap(passed, dataset, nearDuplicates, (image) => fromRun(run.runDir, image));
      const accepted = parted.kept;
      const grown = [...dataset, ...accepted];
      const refusals = ({ name }: SampleFilter): number => [...refusedBy.values()].filter((by) => by === name).length;
      const belowThreshold = refusals(aboveThreshold);
      if (grown.length === 0) throw nothingAccepted(run, { cycle, tau, above: scored.length - belowThreshold });
      const kept = new Set(accepted);
      const overlap = new Set(parted.exact);
      const near = new Set(parted.near);
      const decisionOf = (sample: Sample): string => {
        if (kept.has(sample)) return 'accepted';
        if (overlap.has(sample)) return 'overlap';
        if (near.has(sample)) return 'near-duplicate';
        return refusedBy.get(sample) ?? aboveThreshold.name;
      };
      const decisions = scored.map((sample) => ({
        id: sample.id,
        score: sample.score,
        decision: decisionOf(sample),
        correct: isTrue(run.data, sample), // read once: it takes as long as all else here
      }));
      await writeParquet(join(dir, 'decisions.parquet'), decisions, decisionColumns);
      await writeSamples(join(dir, 'accepted.parquet'), accepted);
      await writeSamples(join(dir, 'd-gen.parquet'), grown);
      return {
        tau,
        candidates: scored.length,
        accepted: accepted.length,
        belowThreshold,
        overlapping: parted.exact.length,
        nearDuplicates: parted.near.length,
        datasetSize: grown.length,
        rawPrecision: shareTrue(decisions.map(({ correct }) => correct)),
        judge: verdicts === null ? null : judgeFigures(verdicts, decisions, { tau, minPoints }),
        acceptedPrecision: shareTrue(
          decisions.filter(({ decision }) => decision === 'accepted').map(({ correct }) => correct),
        ),
        scores: scoreCounts(scored.flatMap((sample) => sample.score ?? [])),
        ...(filters.length === 0
          ? {}
          : { refused: Object.fromEntries(filters.map((own) => [own.name, refusals(own)])) }),
      };
    },
  };
}

interface NothingAccepted {
  cycle: number;
  tau: number;
  /** Candidates that R_φ alone would have accepted. */
  above: number;
}

function nothingAccepted({ config, parts }: RunContext, { cycle, tau, above }: NothingAccepted): RunError {
  if (above === 0)
    return new RunError('nothing-accepted', `no candidate of cycle ${cycle} scored above τ = ${tau}: D_gen is empty`, {
      remedy: 'Lower filter.threshold, train the reward model longer, or set dataset.includeSeed to true.',
    });
  const others = [...(config.verify.enabled ? ['the judge'] : []), ...parts.filters.map(({ name }) => name)];
  return new RunError(
    'nothing-accepted',
    `${above} candidates of cycle ${cycle} scored above τ = ${tau}, and ${others.join(' and ')} refused all of them: D_gen is empty`,
    {
      remedy: config.verify.enabled
        ? `Read why in cycle-${cycle}/verify/verdicts.parquet; lower filter.minPoints, or change verify.rubric or the judge.`
        : 'Let those filters accept more, or set dataset.includeSeed to true.',
    },
  );
}

/** @returns Samples accepted in the cycle, and all of D_gen. */
export async function readFiltered(
  { data }: Pick<RunContext, 'data'>,
  stage: StageDone<FilterOutput>,
): Promise<{ accepted: Sample[]; dataset: Sample[] }> {
  return {
    accepted: relinked(data, await readSamples(join(stage.dir, 'accepted.parquet'))),
    dataset: relinked(data, await readSamples(join(stage.dir, 'd-gen.parquet'))),
  };
}

/**
 * The run's D_gen as it stands: a copy of what its newest cycle made, put right where it is missing or damaged. It is the
 * loop's; an arm's lies in its stage folder.
 * @param stage Null where there is none any more: the first cycle was rolled back.
 */
export async function publishDataset(
  { arm, runDir, ledger, holds }: RunContext,
  cycle: number,
  stage: Pick<StageDone<FilterOutput>, 'dir'> | null,
): Promise<void> {
  if (arm !== null || ledger.find(cycle + 1, 'filter') !== undefined) return;
  const to = join(runDir, runFiles.dataset);
  if (stage === null) {
    holds();
    await onDisk(to, () => rm(to, { force: true }));
    return;
  }
  const from = join(stage.dir, 'd-gen.parquet');
  if (await sameFile(from, to)) return;
  holds();
  await putInPlace(to, (partial) => copyFile(from, partial));
}

/**
 * D_gen as it stood before a cycle that was rolled back; what experts refused before that cycle stays out.
 * @returns Its hash where verdicts made it another than any filter stage has; else null.
 */
export async function publishAsBefore(
  run: RunContext,
  cycle: number,
  {
    filtered,
    dataset,
    datasetFingerprint,
  }: {
    filtered: StageDone<FilterOutput> | null;
    dataset: readonly Sample[];
    datasetFingerprint: string;
  },
): Promise<string | null> {
  if (filtered === null || filtered.fingerprint === datasetFingerprint) {
    await publishDataset(run, cycle, filtered);
    return null;
  }
  if (run.arm !== null || run.ledger.find(cycle + 1, 'filter') !== undefined) return null;
  run.holds();
  const to = join(run.runDir, runFiles.dataset);
  await putInPlace(to, (partial) => writeSamples(partial, dataset));
  return hashFile(to);
}

async function putInPlace(to: string, write: (partial: string) => Promise<unknown>): Promise<void> {
  makePrivateFolder(dirname(to));
  await onDisk(to, async () => {
    await write(`${to}.partial`);
    await chmod(`${to}.partial`, privateFile);
    await rename(`${to}.partial`, to);
  });
}

async function sameFile(from: string, to: string): Promise<boolean> {
  const there = await stat(to).catch(() => null);
  return there?.isFile() === true && (await hashFile(from)) === (await hashFile(to));
}
