/**
 * A disk that fills up, or turns read-only, at every stage of a run: an error that names the file and the remedy, also where
 * telling it fails; afterwards the same command ends as the undisturbed run. On real file systems, which root can mount.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DataError, Medgr2Error } from '../../../src/errors.js';
import { describeError } from '../../../src/cli/print-error.js';
import { diskError, onDisk } from '../../../src/disk.js';
import { attempt, configOf, contentOf, Scratch } from './support.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const scratch = new Scratch();
const disk = scratch.at('disk');
const config = configOf('cycles=1');
let undisturbed: Record<string, string> = {};

const mount = (...values: string[]): void => void execFileSync('mount', values, { stdio: 'ignore' });
const mountable = (() => {
  try {
    mkdirSync(disk);
    mount('-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk);
    return true;
  } catch {
    return false;
  }
})();

beforeAll(async () => {
  await attempt(scratch.at('undisturbed'), config);
  undisturbed = contentOf(scratch.at('undisturbed'));
});
afterEach(() => {
  if (!mountable) return;
  mount('-o', 'remount,rw', disk);
  for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
});
afterAll(() => {
  if (mountable) execFileSync('umount', ['-l', disk]);
  scratch[Symbol.dispose]();
});

/** Leaves not one byte. */
function fill(): void {
  const descriptor = openSync(`${disk}/filler`, 'a');
  try {
    for (const size of [65_536, 4096, 1]) {
      const piece = Buffer.alloc(size);
      try {
        for (;;) writeSync(descriptor, piece);
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

const stages = [
  'prepare-data',
  'evaluate-base',
  'grade',
  'reward-model',
  'generate',
  'score',
  'filter',
  'sft',
  'preferences',
  'generator-update',
];

function expectTold(error: unknown, codes: readonly string[]): void {
  expect(error).toBeInstanceOf(Medgr2Error);
  const { code, where, remedy, message } = error as Medgr2Error;
  expect(codes).toContain(code);
  expect(`${where} ${message}`).toContain(disk);
  expect(remedy).toBeTruthy();
  expect(describeError(error, { verbose: false })).not.toContain('defect');
}

describe.skipIf(!mountable)('a disk', () => {
  test.each(stages)('that is full from %s on', async (stage) => {
    const runDir = `${disk}/run`;
    const stopped = await attempt(runDir, config, {
      onEvent: (event) => {
        if (event.type === 'stage-start' && event.stage === stage) fill();
      },
    });
    expectTold(stopped.error, ['disk-full', 'cache-write-failed', 'table-failed']);
    rmSync(`${disk}/filler`);
    const again = await attempt(runDir, config);
    expect(again.error).toBeUndefined();
    expect(contentOf(runDir)).toEqual(undisturbed);
  });

  test.each(stages)('that is read-only from %s on', async (stage) => {
    const runDir = `${disk}/run`;
    const stopped = await attempt(runDir, config, {
      onEvent: (event) => {
        if (event.type === 'stage-start' && event.stage === stage) mount('-o', 'remount,ro', disk);
      },
    });
    mount('-o', 'remount,rw', disk);
    expectTold(stopped.error, ['disk-read-only', 'cache-write-failed', 'cache-unreadable', 'table-failed']);
    const again = await attempt(runDir, config);
    expect(again.error).toBeUndefined();
    expect(contentOf(runDir)).toEqual(undisturbed);
  });

  test('that is full or read-only before the run', async () => {
    fill();
    const full = await attempt(`${disk}/run`, config);
    expect(full.engine.calls).toEqual([]);
    expectTold(full.error, ['disk-full']);
    rmSync(`${disk}/filler`);
    rmSync(`${disk}/run`, { recursive: true, force: true });
    mount('-o', 'remount,ro', disk);
    const { error } = await attempt(`${disk}/run`, config);
    mount('-o', 'remount,rw', disk);
    expectTold(error, ['disk-read-only']);
  });
});

test.each([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'ELOOP',
  'EIO',
  'EMFILE',
  'ENAMETOOLONG',
])('%s names the file and a remedy, wherever it is thrown', async (code) => {
  const thrown = Object.assign(new Error(`${code}: no`), { code, path: '/somewhere' });
  const told = [
    diskError(thrown),
    await Promise.resolve(onDisk('/somewhere', async () => Promise.reject(thrown))).catch((error: unknown) => error),
  ];
  for (const error of told) {
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ where: '/somewhere', cause: thrown });
    expect((error as DataError).remedy).toBeTruthy();
  }
  expect(describeError(thrown, { verbose: false })).not.toContain('defect');
});
