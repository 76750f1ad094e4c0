/** One seed of a loop and the control arms on its candidates: what `bench:seeds` and `bench:blood-cells` measure. */
import { join } from 'node:path';
import { openEngine } from '../../../src/bridge/jobs/open-engine.js';
import type { Config } from '../../../src/config/schema.js';
import { seedFolder } from '../../../src/loop/comparison/seed-folders.js';
import { runLoop } from '../../../src/loop/run.js';
import { cycleArmAccuracy, pairedWithArm, seedOnlyAccuracy, type cycleArms } from './arms.js';
import type { SeedOutcome } from './seeds-outcomes.js';

export interface SeedRun {
  /** Folder of all seeds. */
  out: string;
  /** With its seed. */
  config: Config;
  python: string;
  /** Control arms of each cycle. */
  arms: readonly (typeof cycleArms)[number][];
}

export async function runSeed({ out, config, python, arms: wanted }: SeedRun): Promise<SeedOutcome> {
  const { seed } = config;
  const runDir = seedFolder(out, seed);
  await using engine = await openEngine({ python, logDir: join(out, 'logs', String(seed)) });
  const tell = (text: string): boolean => process.stderr.write(`seed ${seed}${text}\n`);
  const started = performance.now();
  const result = await runLoop(config, { runDir, engine });
  tell(`: loop done in ${Math.round((performance.now() - started) / 1000)} s`);
  const place = { engine, config, runDir };
  const seedOnly = await seedOnlyAccuracy(place);
  tell(`: SFT on the trusted samples alone ${seedOnly}`);
  const arms: SeedOutcome['arms'] = [];
  const paired: SeedOutcome['paired'] = [];
  for (const { cycle, datasetSize, grpoSkipped } of result.cycles) {
    const accuracies: SeedOutcome['arms'][number] = {};
    for (const arm of wanted) accuracies[arm] = await cycleArmAccuracy(arm, place, cycle, datasetSize);
    arms.push(accuracies);
    const sft = { name: `cycle ${cycle} SFT`, stage: `cycle-${cycle}/evaluate-sft` };
    const grpo = { name: `cycle ${cycle} GRPO`, stage: `cycle-${cycle}/evaluate-grpo` };
    const last = grpoSkipped === null ? grpo : { ...grpo, stage: sft.stage };
    paired.push(await pairedWithArm(place, { name: 'seed-only', folder: 'seed-only' }, last));
    for (const arm of wanted) {
      const folder = `cycle-${cycle}-${arm}`;
      paired.push(await pairedWithArm(place, { name: arm, folder }, arm === 'more-sft' ? last : sft));
    }
    tell(` cycle ${cycle}: ${JSON.stringify(accuracies)}`);
  }
  return { seed, result, arms, seedOnly, paired };
}
