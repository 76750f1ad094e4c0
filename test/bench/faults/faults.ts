/**
 * `npm run bench:faults -- --trials 200 --seed 7`: whatever is killed, damaged, moved or cut off, the same command gives what
 * an undisturbed run gives, or stops clearly. Exits 1 where it does neither. Takes about an hour on two cores.
 * Options: --only ID,ID (these trials again) --class WORD,WORD (kinds whose name holds one of them) --workers N --work DIR (reference runs are kept there).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { refuse, scriptLine, scriptNumber } from '../../../src/script-line.js';
import { appendJsonLine } from '../../../src/loop/folder/json-lines.js';
import { runTrials } from './run-trials.js';
import { faultKinds } from './acts/kinds.js';
import { describeElse, outcomeTable } from './table.js';
import { drawTrials, findTrial, type Trial } from './trials.js';

const { values } = scriptLine(import.meta.filename, {
  trials: { type: 'string', default: '200' },
  seed: { type: 'string', default: '7' },
  only: { type: 'string' },
  class: { type: 'string', default: '' },
  workers: { type: 'string', default: '2' },
  work: { type: 'string', default: join(tmpdir(), 'medgr2-faults') },
});
if (process.platform !== 'linux') {
  process.stderr.write('bench:faults finds processes by /proc and mounts small disks: it needs Linux\n');
  process.exit(2);
}
const work = resolve(values.work);
mkdirSync(work, { recursive: true });
const words = values.class.toLowerCase().split(',');
const kinds = faultKinds.filter(({ name }) => words.some((word) => name.toLowerCase().includes(word)));
const whole = (name: 'trials' | 'seed' | 'workers'): number =>
  scriptNumber(import.meta.filename, `--${name}`, values[name], name === 'seed' ? 0 : 1);
const [count, seed] = [whole('trials'), whole('seed')];
const list = (length: number): Trial[] => (kinds.length === 0 ? [] : drawTrials(length, seed, kinds));
// Any trial of the seed, however many are asked for.
const named = values.only?.split(',').map((name) => findTrial(list(5000), name));
const trials = named?.flatMap((trial) => trial ?? []) ?? list(count);
if (trials.length === 0 || trials.length < (named?.length ?? 0)) {
  refuse(import.meta.filename, 'no trial has this name, or no kind holds this word; give the same --seed and --class');
}
const { stdout: commit } = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' });
const started = performance.now();
const outcomes = await runTrials(trials, {
  work,
  workers: whole('workers'),
  twice: true,
  onOutcome: (outcome, done) => {
    appendJsonLine(join(work, 'outcomes.jsonl'), outcome);
    process.stderr.write(
      `${done}/${trials.length} ${outcome.id} (${outcome.configuration}): ${outcome.result}, ${outcome.attempts} attempts, ${outcome.seconds.toFixed(1)} s\n`,
    );
  },
});
const wrong = outcomes.filter(({ result }) => result === 'else');
const classOption = values.class === '' ? '' : ` --class '${values.class}'`;
const repeat = `npm run bench:faults -- --seed ${seed}${classOption}`;
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
process.stdout.write(
  [
    ...wrong.map((outcome) => `${describeElse(outcome, repeat)}\n`),
    outcomeTable(
      outcomes,
      faultKinds.map(({ name }) => name),
    ),
    `\n${outcomes.length} trials of seed ${seed} in ${minutes} minutes, commit ${commit.trim()}; else: ${wrong.length}\n`,
  ].join(''),
);
process.exitCode = wrong.length === 0 ? 0 : 1;
