/**
 * `npm run bench:seeds`: the demo with several seeds, and control arms on the same candidates. Prints a Markdown table.
 * Options: --seeds 0,1,2 --out DIR --config FILE --set key=value … Can be stopped and continued; takes about an hour.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../../src/bridge/environment.js';
import { openEngine } from '../../src/bridge/engine.js';
import { loadConfig } from '../../src/config/load.js';
import { runLoop } from '../../src/loop/run.js';
import { armAccuracy, arms, type Arm } from './arms.js';
import { seedsReport, type SeedOutcome } from './seeds-report.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0,1,2,3,4' },
    out: { type: 'string', default: 'runs/bench-seeds' },
    config: { type: 'string', default: 'configs/demo.yaml' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const python = await ensurePython();
const outcomes: SeedOutcome[] = [];
for (const seed of values.seeds.split(',').map(Number)) {
  const runDir = join(out, `seed-${seed}`);
  const config = await loadConfig(values.config, { set: [...values.set, `seed=${seed}`] });
  await using engine = await openEngine({ python, logDir: join(out, 'logs', String(seed)) });
  const started = performance.now();
  const result = await runLoop(config, { runDir, engine });
  process.stderr.write(`seed ${seed}: loop done in ${Math.round((performance.now() - started) / 1000)} s\n`);
  const armsOf: Record<Arm, number>[] = [];
  for (const { cycle, datasetSize } of result.cycles) {
    const place = { engine, config, runDir, cycle, datasetSize };
    const accuracies = { 'unfiltered-equal': 0, 'unfiltered-all': 0 };
    for (const arm of arms) accuracies[arm] = await armAccuracy(arm, place);
    armsOf.push(accuracies);
    process.stderr.write(`seed ${seed} cycle ${cycle}: ${JSON.stringify(accuracies)}\n`);
  }
  outcomes.push({ seed, result, arms: armsOf });
  // After every seed, so that a stopped bench leaves what it knows.
  writeFileSync(join(out, 'outcomes.json'), `${JSON.stringify(outcomes, null, 2)}\n`);
  writeFileSync(join(out, 'table.md'), seedsReport(outcomes));
}
process.stdout.write(seedsReport(outcomes));
