/** A run's trackers: how a configuration names them, what their process is given, and that its failures are no matter of the run. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { trackersOf } from '../../../src/config/trackers.js';
import { openTrackers } from '../../../src/loop/trackers/open-trackers.js';

const config = (text: string) => parseConfig(text, { file: 'mine.yaml' });
const kindsOf = (text: string): string[] => trackersOf(config(text).trackers).map(({ kind }) => kind);

describe('a configuration', () => {
  test('names trackers by themselves, with settings, and by report_to of its trainers', () => {
    expect(kindsOf('cycles: 1')).toEqual([]);
    expect(kindsOf('trackers: [tensorboard, { kind: mlflow, project: chest }]')).toEqual(['tensorboard', 'mlflow']);
    const reported =
      'trackers: [{ kind: wandb }]\ngrpo: { trl: { report_to: [wandb, mlflow] } }\nsft: { trl: { report_to: none } }';
    expect(kindsOf(reported)).toEqual(['wandb', 'mlflow']);
    expect(config(reported).grpo.trl).toEqual({});
    expect(trackersOf(config(reported).trackers)[0]).toEqual({ kind: 'wandb', online: false, project: 'medgr2' });
  });

  test('is refused where a tracker is none, or has no server', () => {
    expect(() => config('sft: { trl: { report_to: comet } }')).toThrow(
      /sft\.trl\.report_to: .*wandb, mlflow, tensorboard or trackio/,
    );
    expect(() => config('trackers: [comet]')).toThrow(/trackers\.0/);
    expect(() => config('trackers: [{ kind: tensorboard, online: true }]')).toThrow(/TensorBoard has no server/);
  });
});

describe('the process that tells them', () => {
  let folder: string;
  const never = new AbortController().signal;
  const tracked = config('trackers: [tensorboard]\ngeneration: { concurrency: 3 }');
  /** A Python that is this script. */
  const python = (script: string): void => {
    const file = join(folder, 'python');
    // The version is asked first: `-E -c …`.
    writeFileSync(file, `#!/bin/sh\nif [ "$1" = -E ]; then echo 3 12; exit; fi\n${script}\n`);
    chmodSync(file, 0o700);
    vi.stubEnv('MEDGR2_PYTHON', file);
  };
  const open = (told: (message: string) => void = () => {}) => openTrackers(tracked, folder, told, never);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'medgr2-test-'));
    mkdirSync(join(folder, 'logs'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test('is told the run, its settings without places, and its end', async () => {
    python(`printf '%s\\n' "$@" > ${folder}/given; echo '{"ready": true}'; cat > /dev/null; touch ${folder}/ended`);
    await using trackers = await open();
    expect(trackers.count).toBe(1);
    const given = readFileSync(join(folder, 'given'), 'utf8').split('\n');
    expect(given.slice(0, 5)).toEqual(['-P', '-m', 'medgr2', 'track', folder]);
    expect(JSON.parse(given[6] ?? '')).toEqual({ kind: 'tensorboard', online: false, project: 'medgr2' });
    const settings = JSON.parse(given[8] ?? '') as Record<string, unknown>;
    expect(settings).toMatchObject({ 'generation.concurrency': 3, 'sft.epochs': tracked.sft.epochs });
    expect(Object.keys(settings).filter((name) => /^(egress|parts|data\.(?!source))/.test(name))).toEqual([]);
    expect(existsSync(join(folder, 'ended'))).toBe(false);
    await trackers[Symbol.asyncDispose]();
    expect(existsSync(join(folder, 'ended'))).toBe(true);
  });

  test('is refused before the run begins where a client is missing', async () => {
    python(`echo '{"missing": "mlflow"}'; exit 1`);
    await expect(open()).rejects.toMatchObject({ code: 'python-package-missing', remedy: /setup --with trackers/ });
  });

  test('is told and no more where it ends before it begins', async () => {
    python('exit 3');
    const told: string[] = [];
    await using trackers = await open((message) => told.push(message));
    expect(trackers.count).toBe(1);
    expect(told).toEqual([expect.stringContaining('its process ended (exit code 3); see logs/trackers.log')]);
  });

  test('is waited for no longer than the run is', async () => {
    python(`echo $$ > ${folder}/pid; exec sleep 60`);
    const stop = new AbortController();
    const opening = openTrackers(tracked, folder, () => {}, stop.signal);
    await vi.waitFor(() => expect(readFileSync(join(folder, 'pid'), 'utf8')).toMatch(/\d\n/));
    stop.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  });

  test('may fail on the way: the run is told once, and goes on', async () => {
    python(
      `echo '{"ready": true}'; echo 'chatter'; echo '{"failed": "tensorboard", "message": "disk full"}'; cat > /dev/null`,
    );
    const told: string[] = [];
    await using trackers = await open((message) => told.push(message));
    expect(trackers.count).toBe(1);
    await vi.waitFor(() => expect(told).toEqual(['the tracker tensorboard failed and hears no more: disk full']));
  });

  test('that hangs is told, holds up no other, and is ended when the run has long been', async () => {
    python(
      `echo '{"ready": true}'\ncase "$7" in *mlflow*) echo '{"late": "mlflow", "seconds": 60}'; sleep 30 & wait;; ` +
        `*) cat > /dev/null; touch ${folder}/ended;; esac`,
    );
    const told: string[] = [];
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const both = config('trackers: [mlflow, tensorboard]');
    const trackers = await openTrackers(both, folder, (message) => told.push(message), never);
    await vi.waitFor(() =>
      expect(told).toEqual([
        expect.stringMatching(/^the tracker mlflow has given no answer for 60 s: the run goes on/),
      ]),
    );
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const farewell = trackers[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(existsSync(join(folder, 'ended'))).toBe(true));
    await vi.advanceTimersByTimeAsync(120_000);
    vi.useRealTimers();
    await farewell;
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(
        /^the tracker mlflow was not done within 120 s; what it has not heard is told when the same/,
      ),
    );
    warned.mockRestore();
  });

  test('is told online only with its variables', async () => {
    vi.stubEnv('WANDB_API_KEY', '');
    const online = config('trackers: [{ kind: wandb, online: true }]');
    await expect(openTrackers(online, folder, () => {}, never)).rejects.toMatchObject({
      code: 'tracker-variable',
      message: /WANDB_API_KEY is not set/,
    });
  });
});
