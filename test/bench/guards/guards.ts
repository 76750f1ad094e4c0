/**
 * `npm run bench:guards`: loops that are well and loops that are spoilt on purpose, at small settings: which guards alarm, how
 * many cycles after the harm began, and how often one alarms where nothing is wrong. Prints a Markdown table.
 * Options: --healthy 0,1,2 (seeds) --seeds 0,1 (of each decoy) --only WORD --teachers N (seeds on which the generator's guards look
 * at what the teachers write, without any training) --out DIR --set key=value. Can be stopped and continued;
 * a run takes about a minute on one idle core. Thresholds were set before the first run; seed 0 was looked at while the bench was made: report on others.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { scriptLine } from '../../../src/script-line.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { openEngine, type Engine } from '../../../src/bridge/jobs/open-engine.js';
import { loadConfig } from '../../../src/config/load.js';
import { readJson, writeJson, writeWhole } from '../../../src/loop/folder/run-folder.js';
import { runLoop } from '../../../src/loop/run.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { bookOf, decoys } from './decoys.js';
import { guardsTable, teachersTable, trialSchema, type Trial } from './table.js';
import { teacherTrials, type TeacherTrial } from './teachers.js';

const { values } = scriptLine(import.meta.filename, {
  healthy: { type: 'string', default: '5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24' },
  seeds: { type: 'string', default: '5,6' },
  only: { type: 'string', default: '' },
  teachers: { type: 'string', default: '25' },
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
  const book = await bookOf(decoy, plain, `${place}-book`);
  await using server = await startTeacherServer({ book, seed });
  const openai = `{ model: teacher, baseUrl: "${server.url}/v1", structuredOutput: json-schema }`;
  const config = await loadConfig(values.config, {
    set: [...set, 'generation.provider=openai', `generation.openai=${openai}`],
  });
  // What comes before the first cycle is the same where nothing of it is spoilt.
  const shared = join(out, `healthy-${seed}`);
  if (arm !== 'healthy' && existsSync(join(shared, 'result.json'))) startFrom(shared, place, decoy.own ?? []);
  const started = performance.now();
  const result = await runLoop(config, { runDir: place, engine: decoy.engine?.(engine) ?? engine });
  const trial: Trial = { arm, seed, seconds: (performance.now() - started) / 1000, result };
  writeJson(file, trial);
  tidy(place, arm === 'healthy');
  return trial;
}

/** A copy of a finished run as it stood before its first cycle, without the stages that are to be others. */
function startFrom(finished: string, place: string, without: readonly string[]): void {
  if (existsSync(place)) return;
  const others = without.map((stage) => `cycle-0/${stage}(/|$)`);
  const later = new RegExp(
    `^(cycle-[1-9]|generation|dataset|cards|result\\.json|events\\.jsonl|config\\.yaml|run\\.lock|${['logs', ...others].join('|')})`,
  );
  cpSync(finished, place, { recursive: true, filter: (source) => !later.test(relative(finished, source)) });
  const ledger = join(place, 'ledger.jsonl');
  const lines = readFileSync(ledger, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"cycle":0,') && !without.some((stage) => line.includes(`"stage":"${stage}"`)));
  writeFileSync(ledger, lines.map((line) => `${line}\n`).join(''));
}

/** Weights are of no further use here, but for those that decoys of the seed start from; tables and events stay. */
function tidy(runDir: string, shared: boolean): void {
  rmSync(`${runDir}-book`, { recursive: true, force: true });
  for (const name of readdirSync(runDir, { recursive: true, encoding: 'utf8' }))
    if (!(shared && name.startsWith('cycle-0/')) && /\.safetensors$|optimizer\.pt$/.test(name))
      rmSync(join(runDir, name), { force: true });
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
const written: TeacherTrial[] = [];
for (let seed = 0; seed < Number(values.teachers); seed++) written.push(...(await teacherTrials(seed, 60)));
if (written.length > 0) process.stdout.write(`\n${teachersTable(written)}`);
