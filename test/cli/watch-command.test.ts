/** watch, status and stop on a run folder, without a terminal. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { statusCommand } from '../../src/cli/commands/status-command.js';
import { stopCommand } from '../../src/cli/commands/stop-command.js';
import { watchCommand } from '../../src/cli/commands/watch-command.js';
import { lockFile } from '../../src/file-lock.js';
import { readRequest } from '../../src/loop/folder/stop-requests.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { recordedRun, untilWithin } from '../tui/fixtures/recorded-run.js';

let runDir = '';
let [out, errors]: [string[], string[]] = [[], []];
beforeEach(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-watch-')), 'run');
  mkdirSync(runDir);
  [out, errors] = [[], []];
});
afterEach(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const io = () => ({
  out: (text: string) => void out.push(text),
  error: (text: string) => void errors.push(text),
  env: {},
  signal: new AbortController().signal,
});
const record = (events: readonly TimedEvent[]): void =>
  writeFileSync(join(runDir, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));

describe('watch', () => {
  test('prints a finished run as lines, or as the events it stored, and ends', async () => {
    record(recordedRun());
    await watchCommand({ folder: runDir, replay: null, json: false, plain: true }, io());
    expect(out.at(-1)).toMatch(/complete after 16:40$/);
    out = [];
    await watchCommand({ folder: runDir, replay: null, json: true, plain: false }, io());
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual(recordedRun());
    out = [];
    await watchCommand({ folder: runDir, replay: 1e6, json: true, plain: false }, io());
    expect(out).toHaveLength(recordedRun().length);
  });

  test('refuses a folder without a run, and says what to give', async () => {
    await expect(watchCommand({ folder: runDir, replay: null, json: true, plain: false }, io())).rejects.toMatchObject({
      code: 'no-run',
      remedy: expect.stringContaining('runs/'),
    });
  });
});

describe('status', () => {
  const status = async () => {
    out = [];
    await statusCommand(runDir, true, io());
    return JSON.parse(out[0] ?? '') as Record<string, unknown>;
  };

  test('of a finished run', async () => {
    record(recordedRun());
    expect(await status()).toMatchObject({
      status: 'complete',
      process: null,
      seconds: 1000,
      secondsLeft: null,
      accuracy: {
        base: 0.54,
        cycles: [
          { cycle: 1, sft: 0.58, grpo: 0.62 },
          { cycle: 2, sft: 0.6, grpo: 0.64 },
        ],
      },
    });
    await statusCommand(runDir, false, io());
    expect(out.at(-1)).toContain('cycle 2   accuracy after SFT 0.600, after GRPO 0.640');
  });

  test('of a run at work, and of one whose process is gone', async () => {
    record(untilWithin(1, 'sft'));
    const lock = lockFile(join(runDir, 'run'));
    expect(await status()).toMatchObject({ status: 'running', process: { pid: process.pid }, cycle: 1, stage: 'sft' });
    lock.release();
    expect(await status()).toMatchObject({ status: 'gone', process: null, secondsLeft: null });
  });
});

describe('stop', () => {
  test('asks the process through the folder and waits until it has let go', async () => {
    record(untilWithin(1, 'sft'));
    const lock = lockFile(join(runDir, 'run'));
    await stopCommand(runDir, true, io());
    expect(readRequest(runDir)).toBe('stop-after-stage');
    const stopping = stopCommand(runDir, false, io());
    expect(readRequest(runDir)).toBe('stop');
    lock.release();
    await stopping;
    expect(out.at(-1)).toContain('stopped');
  });

  test('says so where nothing runs', async () => {
    record(recordedRun());
    await expect(stopCommand(runDir, false, io())).rejects.toMatchObject({ code: 'not-running' });
  });
});
