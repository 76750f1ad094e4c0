/**
 * `npm run bench:seeds`: the demo with several seeds, and control arms beside it. Prints a Markdown table.
 * Options: --seeds 0,1,2 --out DIR --config FILE --set key=value … --arms unfiltered-equal,… Can be stopped and continued; takes
 * about an hour.
 * Several processes may share one --out, each with seeds of its own. `--pool DIR --pool DIR` runs nothing: it prints the table
 * of all seeds that are finished in these folders.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuse, scriptLine } from '../../../src/script-line.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { openEngine } from '../../../src/bridge/jobs/open-engine.js';
import { loadConfig } from '../../../src/config/load.js';
import { describeError } from '../../../src/cli/print-error.js';
import { ConfigError } from '../../../src/errors.js';
import { writeWhole } from '../../../src/loop/folder/run-folder.js';
import { runLoop } from '../../../src/loop/run.js';
import { seedFolder } from '../../../src/loop/comparison/seed-folders.js';
import { cycleArmAccuracy, cycleArms, seedOnlyAccuracy } from './arms.js';
import { readOutcomes, writeOutcome, type SeedOutcome } from './seeds-outcomes.js';
import { seedsReport } from './seeds-report.js';

const { values } = scriptLine(import.meta.filename, {
  seeds: { type: 'string', default: '0,1,2,3,4' },
  out: { type: 'string', default: 'runs/bench-seeds' },
  config: { type: 'string', default: 'configs/demo.yaml' },
  set: { type: 'string', multiple: true, default: [] },
  arms: { type: 'string', default: cycleArms.join(',') },
  pool: { type: 'string', multiple: true },
});

const named = values.arms.split(',');
const wantedArms = cycleArms.filter((arm) => named.includes(arm));
if (wantedArms.length < named.length)
  refuse(import.meta.filename, `--arms takes ${cycleArms.join(', ')}, separated by commas`);

async function runSeed(out: string, seed: number, python: string): Promise<SeedOutcome> {
  const runDir = seedFolder(out, seed);
  const config = await loadConfig(values.config, { set: [...values.set, `seed=${seed}`] });
  await using engine = await openEngine({ python, logDir: join(out, 'logs', String(seed)) });
  const tell = (text: string): boolean => process.stderr.write(`seed ${seed}${text}\n`);
  const started = performance.now();
  const result = await runLoop(config, { runDir, engine });
  tell(`: loop done in ${Math.round((performance.now() - started) / 1000)} s`);
  const place = { engine, config, runDir };
  const seedOnly = await seedOnlyAccuracy(place);
  tell(`: SFT on the trusted samples alone ${seedOnly}`);
  const arms: SeedOutcome['arms'] = [];
  for (const { cycle, datasetSize } of result.cycles) {
    const accuracies: SeedOutcome['arms'][number] = {};
    for (const arm of wantedArms) accuracies[arm] = await cycleArmAccuracy(arm, place, cycle, datasetSize);
    arms.push(accuracies);
    tell(` cycle ${cycle}: ${JSON.stringify(accuracies)}`);
  }
  return { seed, result, arms, seedOnly };
}

async function runSeeds(out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const python = await ensurePython();
  for (const seed of values.seeds.split(',').map(Number)) {
    writeOutcome(out, await runSeed(out, seed, python));
    // After every seed, so that a stopped bench leaves what it knows.
    writeWhole(join(out, 'table.md'), seedsReport(readOutcomes([out])));
  }
}

try {
  const folders = new Set((values.pool ?? [values.out]).map((folder) => resolve(folder)));
  if (values.pool === undefined) await runSeeds(resolve(values.out));
  process.stdout.write(seedsReport(readOutcomes([...folders])));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${describeError(error, { verbose: false })}\n`);
  process.exitCode = 2;
}
