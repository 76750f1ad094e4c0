/**
 * `npm run bench:guards`: loops that are well and loops that are spoilt on purpose, at small settings: which guards alarm, how
 * many cycles after the harm began, and how often one alarms where nothing is wrong. Prints a Markdown table.
 * Options: --healthy 0,1,2 (seeds) --seeds 0,1 (of each decoy) --only WORD --out DIR --set key=value. Can be stopped and continued;
 * a run takes about a minute and a half on one core. Thresholds were chosen on seeds 0 to 4: report on others.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { scriptLine } from '../../../src/script-line.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { openEngine, type Engine } from '../../../src/bridge/jobs/open-engine.js';
import { loadConfig } from '../../../src/config/load.js';
import { readJson, writeJson, writeWhole } from '../../../src/loop/folder/run-folder.js';
import { runLoop } from '../../../src/loop/run.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { decoys, spoiltBook } from './decoys.js';
import { guardsTable, trialSchema, type Trial } from './table.js';

const { values } = scriptLine(import.meta.filename, {
  healthy: { type: 'string', default: '5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24' },
  seeds: { type: 'string', default: '5,6' },
  only: { type: 'string', default: '' },
  out: { type: 'string', default: 'runs/bench-guards' },
  config: { type: 'string', default: join(import.meta.dirname, 'small.yaml') },
  set: { type: 'string', multiple: true, default: [] },
});
const out = resolve(values.out);

async function runTrial(engine: Engine, arm: string, seed: number): Promise<Trial> {
  const decoy = decoys[arm];
  if (decoy === undefined) throw new RangeError(arm);
  const place = join(out, `${arm.replaceAll(/[^a-z0-9]+/gi, '-')}-${seed}`);
  const file = `${place}.json`;
  if (existsSync(file)) return trialSchema.parse(readJson(file));
  const set = [...(decoy.set ?? []), ...values.set, `seed=${seed}`];
  const plain = await loadConfig(values.config, { set });
  const book = await spoiltBook(decoy, plain, `${place}-book`);
  await using server = book === null ? null : await startTeacherServer({ book, seed });
  const config =
    server === null
      ? plain
      : await loadConfig(values.config, {
          set: [
            ...set,
            'generation.provider=openai',
            `generation.openai={ model: spoilt, baseUrl: "${server.url}/v1", structuredOutput: json-schema }`,
          ],
        });
  const started = performance.now();
  const result = await runLoop(config, { runDir: place, engine: decoy.engine?.(engine) ?? engine });
  const trial: Trial = { arm, seed, seconds: (performance.now() - started) / 1000, result };
  writeJson(file, trial);
  tidy(place);
  return trial;
}

/** Weights are of no further use here; tables and events stay, to choose thresholds by. */
function tidy(runDir: string): void {
  rmSync(`${runDir}-book`, { recursive: true, force: true });
  for (const name of readdirSync(runDir, { recursive: true, encoding: 'utf8' }))
    if (/\.safetensors$|optimizer\.pt$|(^|\/)images\/.*\.png$/.test(name)) rmSync(join(runDir, name), { force: true });
}

const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
mkdirSync(out, { recursive: true });
const python = await ensurePython();
await using engine = await openEngine({ python, logDir: join(out, 'logs') });
const trials: Trial[] = [];
for (const arm of Object.keys(decoys).filter((name) => name.includes(values.only)))
  for (const seed of numbers(arm === 'healthy' ? values.healthy : values.seeds)) {
    const trial = await runTrial(engine, arm, seed);
    trials.push(trial);
    const fired = trial.result.alarms.map(({ guard, cycle }) => `${guard} in ${cycle}`).join(', ');
    process.stderr.write(`${arm}, seed ${seed}: ${Math.round(trial.seconds)} s; ${fired || 'quiet'}\n`);
    writeWhole(join(out, 'table.md'), guardsTable(trials));
  }
process.stdout.write(guardsTable(trials));
