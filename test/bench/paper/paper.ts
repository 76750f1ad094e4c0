/**
 * `npm run bench:paper [-- --keep DIR --cycles N --no-kill --only NAME …]`: configs/paper.yaml by the command line, end to end, with both models by
 * their own hub ids out of a hub cache (tiny random weights in the hub's form, true configuration and processor classes), phantoms
 * in OmniMedVQA's published form, and a loopback server that speaks Gemini's protocol. Only sizes are set smaller.
 * Exits with 1 where a stage moved no weights, plain transformers reads something else, or a killed run ends elsewhere.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { sha256 } from '../../../src/hash.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';
import { runCommandLine } from '../../helpers/command.js';
import { otherModels, otherRecipes } from './others.js';
import { makeSetting, medgr2, python, type Setting } from './setting.js';

const { values } = scriptLine(import.meta.filename, {
  keep: { type: 'string' },
  cycles: { type: 'string', default: '3' },
  'no-kill': { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] },
});
const models = ['Qwen/Qwen2.5-VL-7B-Instruct', 'Qwen/Qwen2.5-VL-3B-Instruct'] as const;
const cycles = scriptNumber(import.meta.filename, '--cycles', values.cycles, 1);

/** All that is not as the file has it: the machine, the server's address, and how much. */
const settings = (url: string): string[] => [
  'device=cpu',
  'threads=1',
  `generation.gemini.baseUrl=${url}`,
  `cycles=${cycles}`,
  'generation.imagesPerCycle=8',
  'rewardModel.steps=4',
  'rewardModel.retrainSteps=2',
  'grpo.maxSteps=2',
  'grpo.saveSteps=1',
  'preferences.prompts=4',
];

const place = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'medgr2-paper-')) : resolve(values.keep);
const failures: string[] = [];
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const check = (what: string, holds: boolean, detail = ''): void => {
  say(`${holds ? 'yes' : 'NO '}  ${what}${detail === '' ? '' : `: ${detail}`}`);
  if (!holds) failures.push(what);
};

interface Attempt {
  code: number | null;
  seconds: number;
  events: TimedEvent[];
  stderr: string;
}

async function run({ env, server, configs }: Setting, runDir: string, kill?: (event: TimedEvent) => boolean) {
  const set = settings(server.url).flatMap((setting) => ['--set', setting]);
  const started = performance.now();
  const end = await runCommandLine(['run', join(configs, 'paper.yaml'), '--run-dir', runDir, '--json', ...set], {
    env,
    onEvent: (event, child) => {
      if (event.type === 'stage-end') process.stderr.write(`${event.cycle}/${event.stage} ${event.seconds} s\n`);
      if (kill?.(event) === true) child.kill('SIGKILL');
    },
  });
  return { ...end, seconds: (performance.now() - started) / 1000 } satisfies Attempt;
}

/** sha256 of what the run ends with: the policy's adapters and the reward models. */
function weightsOf(runDir: string): string[] {
  const stages = Array.from({ length: cycles }, (_, index) => [
    `cycle-${index + 1}/sft`,
    `cycle-${index + 1}/grpo`,
  ]).flat();
  return [
    ...stages.map((stage) => join(stage, 'model', 'adapter_model.safetensors')),
    join(`cycle-${cycles}`, 'reward-model', 'model', 'model.safetensors'),
  ].map((file) => sha256(readFileSync(join(runDir, file))));
}

function proofOf(setting: Setting, runDir: string): void {
  const whole = join(place, 'merged');
  medgr2(
    ['merge', join(runDir, `cycle-${cycles}`, 'grpo', 'model'), '--out', whole, '--dtype', 'float32'],
    setting.env,
  );
  const out = python(setting, 'proof.py', [runDir, whole, ...models]);
  const { reload, ...facts } = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Facts;
  for (const [what, share] of Object.entries(facts)) check(what, !String(share).startsWith('0/'), String(share));
  const asked = reload['asked again'] ?? 0;
  const [tokens, answers] = [reload['same tokens'], reload['same answers']];
  const detail = JSON.stringify(reload);
  check(
    'medgr2 merge, read by plain transformers: the same tokens and answers',
    tokens === asked && answers === asked,
    detail,
  );
  check('medgr2 merge gives the weights that peft alone gives', reload['merged as peft merges'] === 1);
  check('and the same log-probabilities', (reload['log-probability apart'] ?? Infinity) < 1e-2);
  check('an image over the limit is 512 tokens or fewer', (reload['tokens of the largest image'] ?? 513) <= 512);
}

interface Facts extends Record<string, unknown> {
  reload: Record<string, number>;
}

function reportRun({ code, seconds, events, stderr }: Attempt, runDir: string): void {
  check('medgr2 run configs/paper.yaml ends well', code === 0, `exit ${code} after ${Math.round(seconds)} s`);
  if (code !== 0) say(stderr.slice(-4000));
  const result = JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')) as { status: string; cycles: object[] };
  check(`${cycles} cycles in result.json`, result.status === 'complete' && result.cycles.length === cycles);
  const charged = events.reduce((sum, event) => sum + (event.type === 'stage-end' ? event.seconds : 0), 0);
  const wall = events.reduce((sum, event) => sum + (event.type === 'run-end' ? event.seconds : 0), 0);
  check(
    'stage seconds add up to the wall',
    Math.abs(wall - charged) < 0.05 * wall,
    `${charged.toFixed(1)} of ${wall.toFixed(1)} s`,
  );
  const warnings = new Set(events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])));
  for (const message of warnings) say(`     warned: ${message}`);
}

async function paper(setting: Setting): Promise<void> {
  const file = join(setting.configs, 'paper.yaml');
  say(medgr2(['plan', file], setting.env));
  say(medgr2(['doctor', file, '--set', 'device=cpu'], setting.env));
  const runDir = join(place, 'run');
  reportRun(await run(setting, runDir), runDir);
  proofOf(setting, runDir);
  const again = await run(setting, runDir);
  const worked = again.events.some(({ type }) => type === 'stage-start');
  check('the same command again says complete at once', again.code === 0 && !worked, `${again.seconds.toFixed(1)} s`);
  if (!values['no-kill']) await killAndGoOn(setting, runDir);
}

/** kill -9 in the middle of the second cycle, then the same command. */
async function killAndGoOn(setting: Setting, undisturbed: string): Promise<void> {
  const runDir = join(place, 'killed');
  const moment = Math.min(2, cycles);
  const cut = await run(
    setting,
    runDir,
    (event) =>
      event.type === 'job' && event.cycle === moment && event.stage === 'grpo' && event.event.type === 'checkpoint',
  );
  check(`killed at the first checkpoint of GRPO in cycle ${moment}`, cut.code === null);
  const on = await run(setting, runDir);
  const resumed = on.events.some(
    (event) => event.type === 'job' && event.event.type === 'job-start' && event.event.resumedFrom !== null,
  );
  check('the same command goes on from there', on.code === 0 && resumed, `exit ${on.code}`);
  const [left, other] = [weightsOf(undisturbed), weightsOf(runDir)];
  const same = left.filter((hash, index) => hash === other[index]).length;
  check('to the same weights', same === left.length, `${same} of ${left.length} files`);
}

async function others({ env, configs }: Setting): Promise<void> {
  for (const { name, set, ends } of otherRecipes.filter((one) => wanted(one.name))) {
    const started = performance.now();
    const options = ['--run-dir', join(place, name), '--json', ...set.flatMap((one) => ['--set', one])];
    const { code, stderr } = await runCommandLine(['run', join(configs, `${name}.yaml`), ...options], { env });
    const asTold = code === ends.code && (ends.says?.test(stderr) ?? true);
    const seconds = Math.round((performance.now() - started) / 1000);
    check(`${name}.yaml with models by their hub ids`, asTold, `exit ${code} after ${seconds} s`);
    if (!asTold || code !== 0) say(stderr.slice(-1500));
  }
}

const wanted = (name: string): boolean => values.only.length === 0 || values.only.includes(name);

try {
  await using setting = await makeSetting(place, await ensurePython(), [...models, ...otherModels]);
  if (wanted('paper')) await paper(setting);
  await others(setting);
} finally {
  if (values.keep === undefined) rmSync(place, { recursive: true, force: true });
}
say(failures.length === 0 ? 'all is as it should be' : `${failures.length} things are not as they should be`);
process.exitCode = failures.length === 0 ? 0 : 1;
