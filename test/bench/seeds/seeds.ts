/**
 * `npm run bench:seeds`: the demo with several seeds, and control arms beside it. Prints a Markdown table.
 * Options: --seeds 0,1,2 --out DIR --config FILE --set key=value … --arms unfiltered-equal,… Can be stopped and continued; takes
 * about an hour.
 * With --keep DIR what a seed came to is also kept there, small enough to commit; a seed that is there with
 * these arms is not run again.
 * Several processes may share one --out, each with seeds of its own. `--pool DIR --pool DIR` runs nothing: it prints the table
 * of all seeds that are finished in these folders.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuse, scriptLine } from '../../../src/script-line.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { loadConfig } from '../../../src/config/load.js';
import { describeError } from '../../../src/cli/print-error.js';
import { ConfigError } from '../../../src/errors.js';
import { writeWhole } from '../../../src/loop/folder/run-folder.js';
import { cycleArms } from './arms.js';
import { runSeed } from './run-seed.js';
import { isFinished, keepOutcome, readOutcomes, writeOutcome } from './seeds-outcomes.js';
import { seedsReport } from './seeds-report.js';

const { values } = scriptLine(import.meta.filename, {
  seeds: { type: 'string', default: '0,1,2,3,4' },
  out: { type: 'string', default: 'runs/bench-seeds' },
  config: { type: 'string', default: 'configs/demo.yaml' },
  set: { type: 'string', multiple: true, default: [] },
  keep: { type: 'string' },
  arms: { type: 'string', default: cycleArms.join(',') },
  pool: { type: 'string', multiple: true },
});

const keep = values.keep === undefined ? null : resolve(values.keep);
const named = values.arms.split(',');
const wantedArms = cycleArms.filter((arm) => named.includes(arm));
if (wantedArms.length < named.length)
  refuse(import.meta.filename, `--arms takes ${cycleArms.join(', ')}, separated by commas`);

async function runSeeds(out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const python = await ensurePython();
  for (const seed of values.seeds.split(',').map(Number)) {
    if (keep !== null && isFinished(keep, seed, wantedArms)) continue;
    const config = await loadConfig(values.config, { set: [...values.set, `seed=${seed}`] });
    writeOutcome(out, await runSeed({ out, config, python, arms: wantedArms }));
    if (keep !== null) keepOutcome(out, keep, seed);
    // After every seed, so that a stopped bench leaves what it knows.
    writeWhole(join(out, 'table.md'), seedsReport(readOutcomes([out])));
  }
}

try {
  const folders = new Set((values.pool ?? [keep ?? values.out]).map((folder) => resolve(folder)));
  if (values.pool === undefined) await runSeeds(resolve(values.out));
  process.stdout.write(seedsReport(readOutcomes([...folders])));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${describeError(error, { verbose: false })}\n`);
  process.exitCode = 2;
}
