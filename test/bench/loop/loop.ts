/**
 * `npm run bench:loop [-- --threads 2 --set a=b …]`: one cycle of configs/demo.yaml by the command line, R_φ on the policy's
 * base, and then the same cycle as a person writes it with plain TRL (test/bench/loop/loop_by_hand.py): same data, base,
 * steps, rates, seed and threads. Prints seconds stage by stage, their ratio, and lines of code. Takes some six minutes on two idle cores. What the script by hand
 * does not do (gold set, probes, headroom) is off; `--set guards.gold=true` and its kin show what it costs.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shippedModel } from '../../../src/bridge/environment/shipped-models.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { loadConfig } from '../../../src/config/load.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { formatTable } from '../../../src/format.js';
import { fromRun } from '../../../src/loop/folder/run-folder.js';
import { cycleTasks } from '../../../src/loop/generator/cycle-tasks.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';
import { runCommandLine } from '../../helpers/command.js';
import { requestLines } from '../generation/generate-tasks.js';

const { values } = scriptLine(import.meta.filename, {
  threads: { type: 'string', default: String(Math.min(2, cpus().length)) },
  set: { type: 'string', multiple: true, default: [] },
  keep: { type: 'string' },
});
const threads = scriptNumber(import.meta.filename, '--threads', values.threads, 1);
const sameWork = ['guards.gold=false', 'guards.promotion=false', 'guards.probes=false', 'grpo.headroom.questions=0'];
// By hand there is one processor for both models, and so one base.
const set = ['cycles=1', 'rewardModel.base=phantom', `threads=${threads}`, ...sameWork, ...values.set];
const file = 'configs/demo.yaml';
const byHand = fileURLToPath(new URL('loop_by_hand.py', import.meta.url));
const config = await loadConfig(file, { set });
if (config.data.source !== 'phantom') throw new Error('bench:loop draws its data');
const place = values.keep ?? mkdtempSync(join(tmpdir(), 'medgr2-loop-bench-'));
const runDir = join(place, 'run');
const python = await ensurePython();

interface ByHand {
  seconds: Record<string, number>;
  accuracy: Record<string, number>;
  candidates: number;
  kept: number;
  dataset: number;
}

async function ours(): Promise<{ wall: number; seconds: Record<string, number> }> {
  const started = performance.now();
  const command = ['run', file, '--run-dir', runDir, '--json', ...set.flatMap((one) => ['--set', one])];
  const { code, events, stderr } = await runCommandLine(command);
  if (code !== 0) throw new Error(`the run ended with ${code}: ${stderr.slice(-2000)}`);
  const wall = (performance.now() - started) / 1000;
  const ends = events.flatMap((event) => (event.type === 'stage-end' ? [[event.stage, event.seconds] as const] : []));
  return { wall, seconds: Object.fromEntries(ends) };
}

/** The run's data as lines of JSON, and its settings. @returns The options' file. */
async function handOver(url: string, pool: Parameters<typeof cycleTasks>[0]['pool']): Promise<string> {
  const folder = join(place, 'by-hand');
  mkdirSync(folder, { recursive: true });
  const write = (name: string, rows: readonly { image: string }[]): string => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(
      path,
      rows.map((row) => `${JSON.stringify({ ...row, image: fromRun(runDir, row.image) })}\n`).join(''),
    );
    return path;
  };
  const { strategies, questionTypes, imagesPerCycle: images } = config.generation;
  const tasks = cycleTasks({ pool, strategies, questionTypes, images, cycle: 1, seed: config.seed });
  const tasksFile = join(folder, 'tasks.jsonl');
  writeFileSync(tasksFile, requestLines(tasks));
  const graded = (name: string) => readParquet<{ image: string }>(join(runDir, 'cycle-0', 'grade', `${name}.parquet`));
  const prepared = join(runDir, 'cycle-0', 'prepare-data');
  const { sft, grpo, rewardModel, evaluation, seed, generation } = config;
  const options = {
    sft,
    grpo,
    rewardModel,
    evaluation,
    seed,
    url,
    base: shippedModel('phantom'),
    out: folder,
    threads,
    concurrency: generation.concurrency,
    seed_rows: write('seed', await readSamples(join(prepared, 'seed.parquet'))),
    test_rows: write('test', await readSamples(join(prepared, 'test.parquet'))),
    graded: write('graded', await graded('train')),
    held_out: write('held-out', await graded('held-out')),
    dataset: write('dataset', await readSamples(join(runDir, 'dataset', 'd-gen.parquet'))),
    tasks: tasksFile,
  };
  writeFileSync(join(folder, 'options.json'), JSON.stringify(options));
  return join(folder, 'options.json');
}

async function theirs(): Promise<{ wall: number } & ByHand> {
  const { seed, generation } = config;
  const { errorRates, faults } = generation.teacher;
  const counts = config.data as { seed: number; test: number; pool: number };
  const data = await createPhantomData({ dir: runDir, seed, counts, teacher: { errorRates } });
  if (data.book === null) throw new Error('phantoms come with a book');
  await using server = await startTeacherServer({ book: data.book, faults, seed });
  const options = await handOver(server.url, data.pool);
  const started = performance.now();
  const out = await execute(python, [byHand, options]);
  const wall = (performance.now() - started) / 1000;
  return { wall, ...(JSON.parse(out.trim().split('\n').at(-1) ?? '') as ByHand) };
}

/** Not synchronously: the server that the script asks is in this process. */
async function execute(command: string, args: readonly string[]): Promise<string> {
  const { execa } = await import('execa');
  const env = { HF_HUB_OFFLINE: '1', HF_HUB_DISABLE_PROGRESS_BARS: '1', OMP_NUM_THREADS: String(threads) };
  return (await execa(command, args, { env, stderr: 'inherit' })).stdout;
}

const lines = (path: string, comment: string): number =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith(comment)).length;

try {
  const loads = [loadavg()[0] ?? 0];
  const mine = await ours();
  loads.push(loadavg()[0] ?? 0);
  const hand = await theirs();
  loads.push(loadavg()[0] ?? 0);
  const stages = [...new Set([...Object.keys(mine.seconds), ...Object.keys(hand.seconds)])];
  const cell = (seconds: number | undefined): string => seconds?.toFixed(1) ?? '';
  const ratio = (a: number | undefined, b: number | undefined): string =>
    a === undefined || b === undefined || b < 0.05 ? '' : (a / b).toFixed(2);
  const both = stages.filter((stage) => stage in mine.seconds && stage in hand.seconds);
  const sum = (seconds: Record<string, number>, names: readonly string[]): number =>
    names.reduce((total, name) => total + (seconds[name] ?? 0), 0);
  const row = (name: string, a: number | undefined, b: number | undefined) => [name, cell(a), cell(b), ratio(a, b)];
  const charged = sum(mine.seconds, stages);
  process.stdout.write(
    `${[
      formatTable([
        ['stage', 'medgr2 s', 'by hand s', 'ratio'],
        ...stages.map((stage) => row(stage, mine.seconds[stage], hand.seconds[stage])),
        row('stages of both', sum(mine.seconds, both), sum(hand.seconds, both)),
        row('wall', mine.wall, hand.wall),
      ]),
      `medgr2's stages add up to ${charged.toFixed(1)} s of ${mine.wall.toFixed(1)} s (the rest: start and end of the command)`,
      `lines: ${lines(file, '#')} of ${file}, ${lines(byHand, '#')} of loop_by_hand.py`,
      `by hand: accuracy ${JSON.stringify(hand.accuracy)}, ${hand.candidates} candidates, ${hand.kept} kept by its own head`,
      `${threads} threads; load of the machine before, between and after: ${loads.map((load) => load.toFixed(1)).join(', ')}`,
    ].join('\n')}\n`,
  );
} finally {
  if (values.keep === undefined) rmSync(place, { recursive: true, force: true });
}
