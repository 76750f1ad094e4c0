/**
 * Control arms of a finished run, each the base after as many SFT steps as the loop's: on candidates that no reward model
 * filtered, and on the trusted samples that the loop began with.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../../src/bridge/jobs/open-engine.js';
import type { Config } from '../../../src/config/schema.js';
import { removeOverlap } from '../../../src/dataset/folders/exact-overlap.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { writeParquet } from '../../../src/dataset/tables/table.js';
import { evaluatePolicy } from '../../../src/evaluation/answer-questions.js';
import { fromRun, readJson, writeJson } from '../../../src/loop/folder/run-folder.js';
import { seededRandom } from '../../../src/random.js';
import type { Sample } from '../../../src/sample.js';
import { rowColumns, sftRow, type RowOptions } from '../../../src/job-spec/rows/job-rows.js';
import { sftSpec } from '../../../src/job-spec/spec-from-config.js';

export interface ArmPlace {
  engine: Engine;
  config: Config;
  /** Folder of the finished run. */
  runDir: string;
}

/**
 * `unfiltered-all`: every candidate of the cycles so far. `unfiltered-equal`: as many of them, at random, as D_gen has samples,
 * whose number is then given.
 */
export async function unfilteredAccuracy(
  arm: 'unfiltered-equal' | 'unfiltered-all',
  place: ArmPlace,
  cycle: number,
  size?: number,
): Promise<number> {
  return armAccuracy(`cycle-${cycle}-${arm}`, place, async () => {
    const candidates = await candidatesUpTo(place.runDir, cycle);
    return seededRandom(place.config.seed, cycle, 'unfiltered arm').shuffle(candidates).slice(0, size);
  });
}

/** Without generator and reward model: what the loop must be compared with. The same for every cycle. */
export async function seedOnlyAccuracy(place: ArmPlace): Promise<number> {
  return armAccuracy('seed-only', place, () =>
    readSamples(join(place.runDir, 'cycle-0', 'prepare-data', 'seed.parquet')),
  );
}

/** All candidates of the cycles so far, each once, whatever the reward model thought of them. */
async function candidatesUpTo(runDir: string, cycle: number): Promise<Sample[]> {
  const all: Sample[] = [];
  for (let t = 1; t <= cycle; t++) {
    const fresh = await readSamples(join(runDir, `cycle-${t}`, 'generate', 'candidates.parquet'));
    all.push(...removeOverlap(fresh, all).kept);
  }
  return all;
}

/** Test accuracy of the arm. A finished arm is read back, so the bench can be stopped and continued. */
async function armAccuracy(name: string, place: ArmPlace, choose: () => Promise<Sample[]>): Promise<number> {
  const { engine, config, runDir } = place;
  const dir = join(runDir, 'arms', name);
  const file = join(dir, 'accuracy.json');
  if (existsSync(file)) return (readJson(file) as { accuracy: number }).accuracy;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const rows: RowOptions = { instruction: config.policy.instruction, imagePath: (image) => fromRun(runDir, image) };
  const samples = await choose();
  const data = join(dir, 'rows.parquet');
  await writeParquet(
    data,
    samples.map((sample) => sftRow(sample, rows)),
    rowColumns.sft,
  );
  const trained = await engine.start<'sft'>(
    sftSpec(config, { outDir: dir, data, model: config.policy.base, seed: config.seed }),
  ).result;
  const report = await evaluatePolicy({
    config,
    model: trained.checkpoint,
    samples: await readSamples(join(runDir, 'cycle-0', 'prepare-data', 'test.parquet')),
    dir,
    seed: config.seed,
    rows,
    complete: (spec) => engine.start<'complete'>(spec).result,
  });
  writeJson(file, { arm: name, samples: samples.length, accuracy: report.accuracy });
  return report.accuracy;
}
