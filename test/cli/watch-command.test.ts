/** watch, status and stop on a run folder, without a terminal. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runsCommand } from '../../src/cli/commands/runs-command.js';
import { statusCommand } from '../../src/cli/commands/status-command.js';
import { stopCommand } from '../../src/cli/commands/stop-command.js';
import { watchCommand } from '../../src/cli/commands/watch-command.js';
import { lockFile } from '../../src/locks/file-lock.js';
import { readRequest } from '../../src/loop/folder/stop-requests.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { readRun } from '../../src/report/data/run-record.js';
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

describe('runs', () => {
  test('are listed newest first with state and headline, seeds of a recipe among them', async () => {
    const root = join(runDir, '..');
    record(recordedRun());
    utimesSync(join(runDir, 'events.jsonl'), new Date(0), new Date(0));
    mkdirSync(join(root, 'grid', 'seed-3'), { recursive: true });
    mkdirSync(join(root, 'none'));
    runDir = join(root, 'grid', 'seed-3');
    record(untilWithin(1, 'sft'));
    await runsCommand(root, true, io());
    const found = JSON.parse(out[0] ?? '') as { runDir: string; status: string; headline: string | null }[];
    expect(found.map(({ runDir: dir, status, headline }) => [relative(root, dir), status, headline])).toEqual([
      ['grid/seed-3', 'gone', 'base 54.0 % on 180 questions; no policy was trained yet'],
      [
        'run',
        'complete',
        '54.0 → 64.0 %, +10.0 points (+7.0 to +13.0) on 180 questions; SFT +6.0, GRPO +4.0 (cycle 2 GRPO)',
      ],
    ]);
    out = [];
    await runsCommand(root, false, io());
    expect(out[0]).toMatch(/^run +state +last word +result\ngrid\/seed-3 +its process is gone/);
    await expect(runsCommand(join(root, 'nowhere'), false, io())).rejects.toMatchObject({ exitCode: 2 });
  });

  test('a folder of several seeds is taken by status, watch and stop', async () => {
    const folder = join(runDir, '..', 'grid');
    for (const seed of ['seed-1', 'seed-2']) {
      runDir = join(folder, seed);
      mkdirSync(runDir, { recursive: true });
      record(seed === 'seed-1' ? recordedRun() : untilWithin(1, 'sft'));
    }
    await statusCommand(folder, false, io());
    expect(out.join('\n')).toMatch(/seed-1\nstatus +complete[^]*seed-2\nstatus +its process is gone/);
    out = [];
    await watchCommand({ folder, replay: null, json: false, plain: true }, io());
    expect(out.join('\n')).toContain('SFT');
    await expect(stopCommand(folder, false, io())).rejects.toMatchObject({
      code: 'not-running',
      message: expect.stringContaining('seed-2'),
    });
    runDir = folder;
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
    expect(out.at(-1)).toContain('cycle 2   accuracy after SFT 60.0 %, after GRPO 64.0 %');
  });

  test('of a run at work, and of one whose process is gone', async () => {
    record(untilWithin(1, 'sft'));
    const lock = lockFile(join(runDir, 'run'));
    expect(await status()).toMatchObject({ status: 'running', process: { pid: process.pid }, cycle: 1, stage: 'sft' });
    lock.release();
    expect(await status()).toMatchObject({ status: 'gone', process: null, secondsLeft: null });
  });
});

describe('events that are lost or damaged, of a run whose result is there', () => {
  const cycle = (number: number, grpo: number) => {
    const counts = {
      cycle: number,
      candidates: 4,
      accepted: 2,
      datasetSize: 2,
      rawPrecision: 0.5,
      acceptedPrecision: 1,
    };
    const groups = { accuracyByModality: none, accuracyByQuestionType: none, unparsed: { sft: 0, grpo: 0 } };
    const models = { rewardModel: quality, retrainedRewardModel: null, accuracy: { sft: 0.5, grpo } };
    return {
      ...counts,
      ...groups,
      ...models,
      tau: 5,
      seconds: {},
      paths: { policy: 'p', rewardModel: 'r', dataset: 'd' },
    };
  };
  const quality = { mae: null, spearman: null, pairwiseAccuracy: null, meanByGrade: {} };
  const none = { sft: {}, grpo: {} };
  const writeResult = (status: string, error: string | null = null): void => {
    const figures = { testQuestions: 8, baseAccuracy: 0.25, baseAccuracyByModality: {}, seconds: {}, totalSeconds: 9 };
    const result = {
      status,
      seed: 1,
      notice: 'n',
      ...figures,
      cycles: [cycle(1, 0.75), cycle(2, 0.875)],
      paths: null,
      error,
    };
    writeFileSync(join(runDir, 'result.json'), JSON.stringify(result));
  };
  const text = recordedRun()
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
  const lose: [string, (file: string) => void, RegExp][] = [
    ['gone', () => {}, /missing or empty/],
    ['empty', (file) => writeFileSync(file, ''), /missing or empty/],
    ['cut', (file) => writeFileSync(file, text.slice(0, text.length / 2)), /1 line of events.jsonl could not/],
    ['not text', (file) => writeFileSync(file, randomBytes(5000)), /lines? of events.jsonl could not/],
    ['a pipe', (file) => void execFileSync('mkfifo', [file]), /a pipe or a device/],
    ['a folder', (file) => mkdirSync(file), /a folder/],
  ];
  const json = async () => {
    out = [];
    await statusCommand(runDir, true, io());
    return JSON.parse(out[0] ?? '') as { status: string; error: unknown; gaps: string[]; accuracy: unknown };
  };

  test.each(lose)(
    '%s: status, watch and report say how it ended, and what could not be read',
    async (_, damage, words) => {
      damage(join(runDir, 'events.jsonl'));
      writeResult('complete');
      const known = await json();
      expect(known.gaps.join()).toMatch(words);
      const cycles = [0.75, 0.875].map((grpo, index) => ({ cycle: index + 1, sft: 0.5, grpo }));
      expect(known).toMatchObject({ status: 'complete', process: null, stage: null, accuracy: { base: 0.25, cycles } });
      await statusCommand(runDir, false, io());
      expect(out.at(-1)).toMatch(words);
      await watchCommand({ folder: runDir, replay: null, json: false, plain: true }, io());
      expect(out.at(-1)).toContain('top-1 accuracy on 8');
      expect(errors.join('\n')).toMatch(words);
      const reported = readRun(runDir);
      expect([reported.status, reported.gaps.join()]).toEqual(['complete', expect.stringContaining('events.jsonl')]);
      // On a terminal too: the screen would draw a run that stands still.
      out = [];
      await watchCommand({ folder: runDir, replay: null, json: false, plain: false }, { ...io(), terminal: process });
      expect(out.at(-1)).toContain('top-1 accuracy on 8');
      writeResult('failed', 'the disk was full');
      expect(await json()).toMatchObject({ status: 'failed', error: 'the disk was full' });
      expect(readRun(runDir)).toMatchObject({ status: 'failed', error: 'the disk was full' });
    },
  );

  test('cut at the end of a line, the result still knows; of a start that came after it, whole events do', async () => {
    record(untilWithin(1, 'sft'));
    writeResult('complete');
    expect((await json()).status).toBe('complete');
    expect(readRun(runDir).status).toBe('complete');
    record([...recordedRun(), ...untilWithin(1, 'sft')]);
    expect((await json()).status).toBe('gone');
    expect(readRun(runDir).status).toBe('unfinished');
    record([...untilWithin(1, 'sft')]);
    writeResult('interrupted');
    expect((await json()).status).toBe('gone');
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
