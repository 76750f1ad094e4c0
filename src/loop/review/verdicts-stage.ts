/** The stage `verdicts`: what experts said before a cycle began, as lessons for R_φ and changes of D_gen. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSamples, writeSamples } from '../../dataset/tables/sample-table.js';
import { readJsonl, readParquet, writeJsonl, writeParquet } from '../../dataset/tables/table.js';
import type { Verdict } from '../../evaluation/verdicts/reader-verdict.js';
import { fourGrades, gradeSamples, type GradedRow } from '../../grading/index.js';
import { formatCount } from '../../format.js';
import { sha256 } from '../../hash.js';
import { preferenceRow, type RewardRow } from '../../job-spec/rows/job-rows.js';
import { identityOf } from '../../config/part.js';
import type { Sample } from '../../sample.js';
import { relinked } from '../folder/relocation.js';
import type { RunContext } from '../run-context.js';
import { rowOptions } from '../stage-job.js';
import type { Stage, StageDone } from '../stage.js';
import { gradedColumns } from '../stages/grade.js';
import { readPreferences, storedColumns } from '../stages/preferences.js';
import { verdictLessons, type RefusedSample } from './verdict-lessons.js';

export const verdictsOutputSchema = z.object({
  /** Verdicts that were taken up. */
  verdicts: z.int(),
  /** Samples that are trusted from now on; `corrected` of them with an answer of an expert. */
  trusted: z.int(),
  corrected: z.int(),
  /** Samples that leave D_gen or can never join it, with their reasons in `rejected.jsonl`. */
  refused: z.int(),
  disputed: z.int(),
  /** Texts for R_φ. */
  rows: z.int(),
});
export type VerdictsOutput = z.output<typeof verdictsOutputSchema>;

/** Within the stage's folder. */
const files = {
  verdicts: 'verdicts.jsonl',
  trusted: 'trusted.parquet',
  rejected: 'rejected.jsonl',
  graded: 'graded.parquet',
  rows: 'preferences.parquet',
} as const;

export interface TakingUp {
  cycle: number;
  verdicts: readonly Verdict[];
  /** The samples that they are on, read when the stage is run. */
  samples(): Promise<ReadonlyMap<string, Sample>>;
  /** Images whose texts R_φ's report holds out: it learns nothing about them. D_gen loses and gains their samples as others. */
  heldOut: ReadonlySet<string>;
  from: readonly string[];
}

export function verdictsStage(
  run: RunContext,
  { cycle, verdicts, samples, heldOut, from }: TakingUp,
): Stage<VerdictsOutput> {
  const { grading, seed } = run.config;
  return {
    cycle,
    name: 'verdicts',
    inputs: {
      from,
      seed,
      grading,
      ...(run.parts.grader === null ? {} : { grader: identityOf(run.parts.grader) }),
      verdictsHash: sha256(JSON.stringify(verdicts)),
    },
    partial: 'over',
    output: verdictsOutputSchema,
    metrics: ({ verdicts: count, trusted, refused }) => ({ verdicts: count, trusted, refused }),
    run: async ({ dir }) => {
      const lessons = verdictLessons(verdicts, await samples());
      if (lessons.outdated.length > 0) run.emit({ type: 'warning', message: outdatedText(lessons.outdated) });
      const mayLearn = ({ imageHash }: Sample): boolean => !heldOut.has(imageHash);
      const { train: graded } = await gradeSamples(lessons.trusted.filter(mayLearn), {
        seed,
        heldOutImages: new Set(),
        grader: run.parts.grader ?? fourGrades({ mismatches: grading.mismatches }),
        signal: run.signal,
      });
      // Later cycles read them: images are named as samples name them, so that the folder can be moved.
      const named = { ...rowOptions(run), imagePath: (image: string) => image };
      const learned = lessons.rows.filter(({ sample }) => mayLearn(sample));
      const rows = learned.map((row, index) => ({
        ...inVerdicts(cycle, preferenceRow(row, index, named)),
        imageHash: row.sample.imageHash,
      }));
      await writeJsonl(join(dir, files.verdicts), verdicts);
      await writeSamples(join(dir, files.trusted), lessons.trusted);
      await writeJsonl(join(dir, files.rejected), lessons.refused);
      await writeParquet(join(dir, files.graded), graded, gradedColumns);
      await writeParquet(join(dir, files.rows), rows, storedColumns);
      return {
        verdicts: verdicts.length,
        trusted: lessons.trusted.length,
        corrected: lessons.refused.filter(({ correctedAnswer }) => correctedAnswer !== null).length,
        refused: lessons.refused.length,
        disputed: lessons.disputed.length,
        rows: graded.length + rows.length,
      };
    },
  };
}

const outdatedText = (ids: readonly string[]): string =>
  `verdicts on ${formatCount(ids.length, 'sample')} teach nothing: made anew since, they are not what was judged (${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''})`;

/** Names of rows and pairs stay apart from those of the policy's preferences. */
const inVerdicts = (cycle: number, row: RewardRow): RewardRow => ({
  ...row,
  id: `${ofVerdicts}${cycle}/${row.id}`,
  pair: row.pair === null ? null : `${ofVerdicts}${cycle}/${row.pair}`,
});
const ofVerdicts = 'verdicts-';
export const isOfVerdicts = ({ id }: RewardRow): boolean => id.startsWith(ofVerdicts);

export interface TakenUp {
  trusted: Sample[];
  refused: RefusedSample[];
  graded: GradedRow[];
  rows: RewardRow[];
}

export async function readTakenUp(run: RunContext, stage: StageDone<VerdictsOutput>): Promise<TakenUp> {
  const at = (file: string): string => join(stage.dir, file);
  return {
    trusted: relinked(run.data, await readSamples(at(files.trusted))),
    refused: await readJsonl<RefusedSample>(at(files.rejected)),
    graded: relinked(run.data, await readParquet<GradedRow>(at(files.graded))),
    rows: await readPreferences(run, stage),
  };
}

/** The verdicts that a finished stage took up. */
export const takenVerdicts = (dir: string): Promise<Verdict[]> => readJsonl<Verdict>(join(dir, files.verdicts));
