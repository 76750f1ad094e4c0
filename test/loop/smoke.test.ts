/**
 * The whole loop with its real parts (pythonia, TRL, the OpenAI client, DuckDB) at smoke size, from the command line:
 * stopped once politely and killed four times with all its processes, it continues each time and ends well.
 * Gemini's client, which the demo takes, is killed in generation/kill.test.ts.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { runResultSchema } from '../../src/loop/result/run-result.js';
import { readAnswered } from '../../src/providers/simulated/request-counts.js';
import { runCommandLine, type CommandActs, type CommandEnd } from '../helpers/command.js';

const concurrency = 2;
/** A base model other than the one that ships, for work on the base itself. */
const base = process.env['MEDGR2_TEST_BASE'];

let runDir = '';
beforeAll(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-smoke-')), 'run');
});
afterAll(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

/** Runs the command; `act` is called with every event and may do something to the process. */
async function attempt(act: NonNullable<CommandActs['onEvent']> = () => {}): Promise<CommandEnd> {
  const settings = [
    `generation.concurrency=${concurrency}`,
    'generation.teacher.latencyMs=60',
    'rewardModel.steps=40', // the first checkpoint is at 3: on a busy machine Ctrl-C must come before the last step
    'generation.teacher.protocol=openai',
    ...(base === undefined ? [] : [`policy.base=${base}`]),
  ].flatMap((set) => ['--set', set]);
  return runCommandLine(['run', 'configs/smoke.yaml', '--json', '--run-dir', runDir, ...settings], { onEvent: act });
}

/** Kills a process and everything that came from it, as a power cut would. */
function killTree(child: ChildProcess): void {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), parentOf(pid)]),
  );
  const family = [child.pid ?? 0];
  for (const pid of family) for (const [other, parent] of parents) if (parent === pid) family.push(other);
  for (const pid of family) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has left already.
    }
  }
}

function parentOf(pid: string): number {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return 0;
  }
}

const isIn = (event: TimedEvent, stage: string): boolean => 'stage' in event && event.stage === stage;
const isJob = (event: TimedEvent, stage: string, type: string): boolean =>
  event.type === 'job' && event.cycle === 1 && isIn(event, stage) && event.event.type === type;

const resumedFrom = ({ events }: CommandEnd, stage: string): string | null | undefined =>
  events.flatMap((event) =>
    event.type === 'job' && event.stage === stage && event.event.type === 'job-start' ? [event.event.resumedFrom] : [],
  )[0];

describe.skipIf(process.platform !== 'linux')('the loop with its real parts', () => {
  test('survives Ctrl-C and kills in generate, score, SFT and GRPO', { timeout: 900_000 }, async () => {
    let told = false; // stopping saves one more checkpoint, and a second SIGINT would mean: now
    const stopped = await attempt((event, child) => {
      if (told || event.type !== 'job' || event.stage !== 'reward-model' || event.event.type !== 'checkpoint') return;
      told = true;
      child.kill('SIGINT');
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toContain('Give the same command again to continue it.');
    expect(stopped.events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
    const jobs = stopped.events.flatMap((event) => (event.type === 'job' ? [event.event] : []));
    const saved = jobs.findLast((event) => event.type === 'checkpoint');
    expect(readdirSync(saved?.path ?? '')).toContain('trainer_state.json');
    const ledger = readFileSync(join(runDir, 'ledger.jsonl'), 'utf8').trim().split('\n');
    expect(ledger.map((line) => (JSON.parse(line) as { stage: string }).stage)).toEqual(
      stopped.events.flatMap((event) => (event.type === 'stage-end' ? [event.stage] : [])),
    );
    expect(existsSync(join(runDir, 'run.lock'))).toBe(false);

    const kills: [string, (event: TimedEvent) => boolean][] = [
      ['generate', (event) => event.type === 'stage-progress' && event.done > 0],
      ['score', (event) => isJob(event, 'score', 'job-start')],
      ['sft', (event) => isJob(event, 'sft', 'checkpoint')],
      ['grpo', (event) => isJob(event, 'grpo', 'checkpoint')],
    ];
    const attempts: CommandEnd[] = [stopped];
    for (const [stage, when] of kills) {
      const killed = await attempt((event, child) => {
        if (when(event)) killTree(child);
      });
      expect(killed.code, killed.stderr).toBeNull();
      expect(killed.events.some((event) => event.type === 'stage-end' && isIn(event, stage))).toBe(false);
      attempts.push(killed);
    }
    const last = await attempt();
    expect(last.code, last.stderr).toBe(0);
    attempts.push(last);

    const stored = readFileSync(join(runDir, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TimedEvent);
    const ends = stored.flatMap((event) => (event.type === 'stage-end' ? [`${event.cycle}/${event.stage}`] : []));
    expect(ends).toHaveLength(17);
    expect(new Set(ends).size, 'no finished stage ran again').toBe(17);
    // On a busy machine Ctrl-C may come after its last step, and find the stage done.
    const goneOn = resumedFrom(attempts[1] as CommandEnd, 'reward-model') ?? 'checkpoint-0';
    expect(goneOn).toMatch(/checkpoint-\d+$/);
    expect(resumedFrom(attempts[4] as CommandEnd, 'sft')).toMatch(/checkpoint-\d+$/);
    expect(resumedFrom(last, 'grpo')).toMatch(/checkpoint-\d+$/);
    // What was in flight at the very moment of the kill was answered, but the answer never arrived.
    const { answered, repeatedAnswered } = readAnswered(join(runDir, 'generation/teacher-answered.txt'));
    expect(answered).toBeGreaterThan(20);
    expect(repeatedAnswered).toBeLessThanOrEqual(concurrency);
  });

  test('leaves a result and a data set that say what happened', async () => {
    const result = runResultSchema.parse(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')));
    expect(result).toMatchObject({ status: 'complete', testQuestions: 24 });
    const [cycle] = result.cycles;
    expect(cycle?.accuracy.grpo).toBeGreaterThanOrEqual(0);
    expect(cycle?.rawPrecision).toBeGreaterThan(0);
    for (const path of Object.values(cycle?.paths ?? {}).flatMap((known) => known ?? []))
      expect(existsSync(join(runDir, path)), path).toBe(true);
    const samples = await readSamples(join(runDir, 'dataset/d-gen.parquet'));
    expect(samples.filter((sample) => sample.provenance.provider === 'simulated').length).toBe(cycle?.accepted);
    expect(existsSync(join(runDir, 'environment.json'))).toBe(true);
  });
});
