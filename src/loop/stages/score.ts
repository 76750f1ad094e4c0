/** Scores every candidate with R_φ. Scores are clamped to [-6, 10] here, for use; scores.jsonl keeps them as they came. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSamples, writeSamples, type SampleParts } from '../../dataset/tables/sample-table.js';
import { writeParquet } from '../../dataset/tables/table.js';
import { clampScore } from '../../reward/ready-made-rewards.js';
import type { Sample } from '../../sample.js';
import { rowColumns, scoreRow } from '../../job-spec/rows/job-rows.js';
import { scoreSpec } from '../../job-spec/spec-from-config.js';
import type { RunContext } from '../run-context.js';
import { relinked } from '../folder/relocation.js';
import { rowOptions, runJob, shownSample, stageSeed } from '../stage-job.js';
import { readScores } from '../../dataset/tables/job-outputs.js';
import { placeOf, type Stage, type StageDone } from '../stage.js';
import type { NewestSample } from '../run-events.js';

const output = z.object({ candidates: z.int(), mean: z.number(), clamped: z.int() });
export type ScoreOutput = z.output<typeof output>;

/** Candidates that a screen can show while they are scored. No more are held: a cycle may have a million. */
const mostShown = 4096;

export interface Scoring {
  cycle: number;
  /** Read twice, and not held. */
  candidates: SampleParts;
  rewardModel: { path: string; version: string };
  from: readonly string[];
}

export function score(run: RunContext, { cycle, candidates, rewardModel, from }: Scoring): Stage<ScoreOutput> {
  return {
    cycle,
    name: 'score',
    inputs: { from, policy: run.config.policy },
    partial: 'over',
    output,
    metrics: ({ candidates: count, mean }) => ({ candidates: count, mean }),
    run: async (context) => {
      const data = join(context.dir, 'rows.parquet');
      const ids: string[] = [];
      const shown = new Map<string, NewestSample>();
      const rows = mapped(candidates, (sample) => {
        ids.push(sample.id);
        if (shown.size < mostShown) shown.set(sample.id, shownSample(sample, run.runDir));
        return scoreRow(sample, rowOptions(run));
      });
      await writeParquet(data, rows, rowColumns.score);
      const seed = stageSeed(run, cycle, 'score');
      const result = await runJob(
        context,
        scoreSpec(run.config, { outDir: context.dir, data, model: rewardModel.path, seed }),
        {
          onEvent: (event) => {
            const newest = event.type === 'scores' ? event.newest?.find(({ id }) => shown.has(id)) : undefined;
            const sample = shown.get(newest?.id ?? '');
            if (newest !== undefined && sample !== undefined)
              context.emit({ type: 'scored', ...placeOf(context, cycle, 'score'), sample, score: newest.score });
          },
        },
      );
      const raw = await readScores(result.scores, ids);
      const scored = mapped(candidates, (sample, index) => ({
        ...sample,
        score: clampedOrNull(raw[index]),
        rewardModelVersion: rewardModel.version,
      }));
      await writeSamples(join(context.dir, 'scored.parquet'), scored);
      // What R_φ could not read has no score, and is never accepted; the job has told which and why.
      const read = raw.filter((value) => value !== null);
      return {
        candidates: ids.length,
        mean: read.reduce((sum, value) => sum + value, 0) / Math.max(1, read.length),
        clamped: read.filter((value) => clampScore(value) !== value).length,
      };
    },
  };
}

async function* mapped<R>(parts: SampleParts, of: (sample: Sample, index: number) => R): AsyncGenerator<R, void> {
  let index = 0;
  for await (const part of parts()) for (const sample of part) yield of(sample, index++);
}

const clampedOrNull = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : clampScore(value);

export async function readScored({ data }: Pick<RunContext, 'data'>, stage: StageDone<ScoreOutput>): Promise<Sample[]> {
  return relinked(data, await readSamples(stage.samples ?? join(stage.dir, 'scored.parquet')));
}
