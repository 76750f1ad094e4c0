/** Makes the four-grade data from the seed samples, some images held out for the reward model's report. */
import { join } from 'node:path';
import { z } from 'zod';
import { readParquet, writeParquet } from '../../dataset/tables/table.js';
import { DataError, RunError } from '../../errors.js';
import { clusterOf } from '../../dataset/sources/data-source.js';
import { fourGrades, gradeSamples, type GradedRow, type GradedSet } from '../../grading/index.js';
import { identityOf } from '../../config/part.js';
import type { RunContext } from '../run-context.js';
import { relinked } from '../folder/relocation.js';
import type { Stage, StageDone } from '../stage.js';

const output = z.object({
  train: z.int(),
  heldOut: z.int(),
  /** Samples of the gold set, which is of the held-out images; left out where there is none, as in earlier versions. */
  gold: z.int().optional(),
  /** Texts that could not be made, by kind. */
  skipped: z.record(z.string(), z.int()),
  /** Texts to learn from, by grade; empty in runs made before it was kept. */
  rowsByGrade: z.record(z.string(), z.int()).default({}),
});
export type GradeOutput = z.output<typeof output>;

export const gradedColumns = {
  id: 'VARCHAR',
  sampleId: 'VARCHAR',
  image: 'VARCHAR',
  imageHash: 'VARCHAR',
  question: 'VARCHAR',
  options: 'VARCHAR[]',
  response: 'VARCHAR',
  grade: 'DOUBLE',
  kind: 'VARCHAR',
} as const;

export function grade(run: RunContext, from: readonly string[]): Stage<GradeOutput> {
  const { grading, seed } = run.config;
  return {
    cycle: 0,
    name: 'grade',
    // A split by patient is another split.
    inputs: {
      from,
      seed,
      grading,
      ...(run.parts.grader === null ? {} : { grader: identityOf(run.parts.grader) }),
      ...(run.gold === null || (run.data.patients?.size ?? 0) === 0 ? {} : { gold: 'by patient' }),
    },
    partial: 'over',
    output,
    metrics: ({ train, heldOut }) => ({ train, heldOut }),
    detail: ({ rowsByGrade }) => ({ kind: 'grading', rowsByGrade }),
    run: async ({ dir }) => {
      const graded = await gradeSamples(run.data.seed, {
        seed,
        heldOut: grading.heldOut,
        heldOutImages: run.gold?.images,
        grader: run.parts.grader ?? fourGrades({ mismatches: grading.mismatches }),
        signal: run.signal,
      });
      checkTexts(run, graded);
      await writeParquet(join(dir, 'train.parquet'), graded.train, gradedColumns);
      await writeParquet(join(dir, 'held-out.parquet'), graded.heldOut, gradedColumns);
      const byGrade = Map.groupBy(graded.train, (row) => String(row.grade));
      return {
        train: graded.train.length,
        heldOut: graded.heldOut.length,
        ...(run.gold === null ? {} : { gold: run.gold.samples.length }),
        skipped: graded.skipped,
        rowsByGrade: Object.fromEntries([...byGrade].map(([value, rows]) => [value, rows.length])),
      };
    },
  };
}

/** Before hours of training: what trusted samples there are too few of, and a person's own grader did not make. */
function checkTexts({ parts: { grader }, config: { filter }, data }: RunContext, { train, heldOut }: GradedSet): void {
  if (grader !== null && train.length === 0)
    throw new RunError('part-result', `the grader "${grader.name}" made no text that R_φ could learn from`, {
      remedy: 'Give each sample, or some of them, texts with grades.',
    });
  if (data.seed.length > 0 && new Set(data.seed.map(({ imageHash }) => clusterOf(data, imageHash))).size < 2)
    throw new DataError(
      'no-held-out-rows',
      `the ${data.seed.length} trusted ${data.seed.length === 1 ? 'sample is' : 'samples are all'} about one image or patient: none can be held out to measure the reward model`,
      { remedy: 'Give trusted samples of two images or patients at least, better of some dozens.' },
    );
  // τ is set by texts that candidates resemble.
  if (grader === null || typeof filter.threshold === 'number' || filter.calibration === 'all') return;
  if (heldOut.some(({ kind }) => kind === 'original' || kind === 'mismatch')) return;
  throw new RunError(
    'part-result',
    `the grader "${grader.name}" made no held-out text of the kind original or mismatch, which τ is set by`,
    { remedy: 'Make some, or set filter.calibration: all, or filter.threshold to a number.' },
  );
}

export async function readGraded(
  { data }: Pick<RunContext, 'data'>,
  stage: StageDone<GradeOutput>,
): Promise<{ train: GradedRow[]; heldOut: GradedRow[] }> {
  return {
    train: relinked(data, await readParquet<GradedRow>(join(stage.dir, 'train.parquet'))),
    heldOut: relinked(data, await readParquet<GradedRow>(join(stage.dir, 'held-out.parquet'))),
  };
}
