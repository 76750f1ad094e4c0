/** Control arms of a finished run: the same SFT on candidates that no reward model filtered. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../src/bridge/engine.js';
import type { Config } from '../../src/config/schema.js';
import { removeOverlap } from '../../src/dataset/overlap.js';
import { readSamples } from '../../src/dataset/samples.js';
import { writeParquet } from '../../src/dataset/table.js';
import { evaluatePolicy } from '../../src/evaluation/evaluate.js';
import { fromRun, readJson, writeJson } from '../../src/loop/run-folder.js';
import { seededRandom } from '../../src/random.js';
import type { Sample } from '../../src/sample.js';
import { rowColumns, sftRow, type RowOptions } from '../../src/training/rows.js';
import { sftSpec } from '../../src/training/specs.js';

export const arms = ['unfiltered-equal', 'unfiltered-all'] as const;
/** `unfiltered-equal`: as many random candidates as D_gen has samples. `unfiltered-all`: every candidate. */
export type Arm = (typeof arms)[number];

export interface ArmPlace {
  engine: Engine;
  config: Config;
  /** Folder of the finished run. */
  runDir: string;
  cycle: number;
  /** Rows of D_gen after this cycle. */
  datasetSize: number;
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
export async function armAccuracy(arm: Arm, place: ArmPlace): Promise<number> {
  const { engine, config, runDir, cycle, datasetSize } = place;
  const dir = join(runDir, 'arms', `cycle-${cycle}-${arm}`);
  const file = join(dir, 'accuracy.json');
  if (existsSync(file)) return (readJson(file) as { accuracy: number }).accuracy;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const rows: RowOptions = { instruction: config.policy.instruction, imagePath: (image) => fromRun(runDir, image) };
  const candidates = await candidatesUpTo(runDir, cycle);
  const shuffled = seededRandom(config.seed, cycle, 'unfiltered arm').shuffle(candidates);
  const samples = arm === 'unfiltered-all' ? shuffled : shuffled.slice(0, datasetSize);
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
  writeJson(file, { arm, cycle, samples: samples.length, accuracy: report.accuracy });
  return report.accuracy;
}
