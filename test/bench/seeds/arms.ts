/**
 * Control arms of a finished run: the base after the same SFT on candidates that no reward model filtered, or on the trusted samples
 * that the loop began with; and a cycle's policy after more SFT in place of GRPO.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../../src/bridge/jobs/open-engine.js';
import type { Config } from '../../../src/config/schema.js';
import { removeOverlap } from '../../../src/dataset/folders/exact-overlap.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { readParquet, writeParquet } from '../../../src/dataset/tables/table.js';
import { evaluatePolicy } from '../../../src/evaluation/answer-questions.js';
import { transitions, type Outcome } from '../../../src/evaluation/transitions.js';
import type { PolicyComparison } from '../../../src/loop/result/policy-comparison.js';
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
 * In every cycle. `unfiltered-all`: every candidate so far. `unfiltered-equal`: as many of them, at random, as D_gen has samples.
 * `more-sft`: the policy after SFT learns D_gen on, as many sequences as GRPO trains on,
 * at a lower rate than it began with.
 */
export const cycleArms = ['unfiltered-equal', 'unfiltered-all', 'more-sft'] as const;
export type CycleArm = (typeof cycleArms)[number];

/** @param size Samples of D_gen in this cycle. */
export async function cycleArmAccuracy(arm: CycleArm, place: ArmPlace, cycle: number, size: number): Promise<number> {
  const { config, runDir } = place;
  const cycleDir = join(runDir, `cycle-${cycle}`);
  if (arm === 'more-sft')
    return armAccuracy(`cycle-${cycle}-${arm}`, place, {
      model: join(cycleDir, 'sft', 'model'),
      sft: { ...config.sft, maxSteps: stepsLikeGrpo(config), learningRate: rateOn(config) },
      choose: () => readSamples(join(cycleDir, 'filter', 'd-gen.parquet')),
    });
  return armAccuracy(`cycle-${cycle}-${arm}`, place, {
    choose: async () => {
      const candidates = await candidatesUpTo(runDir, cycle);
      const shuffled = seededRandom(config.seed, cycle, 'unfiltered arm').shuffle(candidates);
      return arm === 'unfiltered-all' ? shuffled : shuffled.slice(0, size);
    },
  });
}

/** Without generator and reward model: what the loop must be compared with. The same for every cycle. */
export async function seedOnlyAccuracy(place: ArmPlace): Promise<number> {
  return armAccuracy('seed-only', place, {
    choose: () => readSamples(join(place.runDir, 'cycle-0', 'prepare-data', 'seed.parquet')),
  });
}

/** Accuracy of a policy of the run less that of an arm, on the same questions, images drawn together. */
export async function pairedWithArm(
  { runDir }: ArmPlace,
  arm: { name: string; folder: string },
  policy: { name: string; stage: string },
): Promise<PolicyComparison> {
  const test = await readSamples(join(runDir, 'cycle-0', 'prepare-data', 'test.parquet'));
  const images = new Map(test.map(({ id, imageHash }) => [id, imageHash]));
  const answers = async (name: string, dir: string) => ({
    name,
    outcomes: await readParquet<Outcome>(join(dir, 'predictions.parquet')),
  });
  const { first, second, paired } = transitions(
    await answers(arm.name, join(runDir, 'arms', arm.folder)),
    await answers(policy.name, join(runDir, policy.stage)),
    (id) => images.get(id) ?? id,
  );
  if (paired === undefined) throw new Error(`${first} and ${second} cannot be compared`);
  return { first, second, ...paired };
}

/** From the first rate again, what SFT has settled comes apart (1.4 and 1.9 points lost on seed 101), and any GRPO looks good beside it. */
const rateOn = ({ sft }: Config): number => 0.375 * sft.learningRate;

/** Steps of SFT that train on as many sequences as GRPO's. GRPO also samples and judges them, so the arm costs less. */
const stepsLikeGrpo = ({ sft, grpo }: Config): number =>
  Math.ceil((grpo.maxSteps * grpo.batchSize * grpo.accumulation) / (sft.batchSize * sft.accumulation));

/** All candidates of the cycles so far, each once, whatever the reward model thought of them. */
async function candidatesUpTo(runDir: string, cycle: number): Promise<Sample[]> {
  const all: Sample[] = [];
  for (let t = 1; t <= cycle; t++) {
    const fresh = await readSamples(join(runDir, `cycle-${t}`, 'generate', 'candidates.parquet'));
    all.push(...removeOverlap(fresh, all).kept);
  }
  return all;
}

interface ArmTraining {
  choose(): Promise<Sample[]>;
  /** Absolute folder of the model to start from; the policy's base where left out. */
  model?: string;
  /** The loop's own where left out. */
  sft?: Config['sft'];
}

/** Test accuracy of the arm. A finished arm is read back, so the bench can be stopped and continued. */
async function armAccuracy(name: string, place: ArmPlace, training: ArmTraining): Promise<number> {
  const { engine, config, runDir } = place;
  const { choose, model = config.policy.base, sft = config.sft } = training;
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
    sftSpec({ ...config, sft }, { outDir: dir, data, model, seed: config.seed }),
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
