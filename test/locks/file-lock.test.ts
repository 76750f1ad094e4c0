/**
 * One writer at a time: among processes that race, among holders that cannot be looked up, whatever their clocks say, and
 * after a holder stood still.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { lockFile, lockHolder } from '../../src/locks/file-lock.js';
import { canLookUp, identityOf } from '../../src/locks/process-identity.js';
import { errorOf } from '../helpers/error-of.js';
import { Scratch } from '../loop/folder/support.js';

vi.setConfig({ testTimeout: 120_000 });

/** A holder as it would look from within another container: nobody here can look its process up. */
const elsewhere = (more: object = {}): string =>
  JSON.stringify({ pid: process.pid, host: hostname(), started: '', world: 'a-boot pid:[1]', ...more });

describe('who can be looked up', () => {
  test('is told by boot and namespace of process ids, not by the name of the host', () => {
    const own = identityOf(process.pid);
    expect(canLookUp(own)).toBe(true);
    expect(canLookUp({ ...own, host: 'another name' })).toBe(process.platform === 'linux');
    if (process.platform === 'linux')
      expect(canLookUp({ ...own, world: `${own.world.split(' ')[0]} pid:[1]` })).toBe(false);
  });
});

describe('a holder that cannot be looked up', () => {
  test('keeps its lock while it freshens it, though its host name is ours and its id that of no living process', () => {
    using folder = new Scratch();
    const file = folder.at('run');
    writeFileSync(`${file}.lock`, elsewhere({ pid: 2 ** 22 - 1 }));
    expect(errorOf(() => lockFile(file))).toMatchObject({ code: 'file-locked' });
  });

  test('keeps its lock where its clock is behind: it is watched before it is believed to be dead', async () => {
    using folder = new Scratch();
    const file = folder.at('run');
    const path = `${file}.lock`;
    writeFileSync(path, elsewhere());
    // Freshens as one whose clock is ten minutes behind would.
    const late = `const { utimesSync } = require('node:fs'); let at = Date.now() / 1000 - 600;
      setInterval(() => utimesSync(${JSON.stringify(path)}, at, at += 2), 2000); console.log('up');`;
    utimesSync(path, Date.now() / 1000 - 600, Date.now() / 1000 - 600);
    const holder = spawn(process.execPath, ['-e', late], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      expect(errorOf(() => lockFile(file))).toMatchObject({ code: 'file-locked' });
      expect(readFileSync(path, 'utf8')).toBe(elsewhere());
    } finally {
      holder.kill('SIGKILL');
    }
  });

  test('loses a lock that nobody freshens, and finds out before it writes again', () => {
    using folder = new Scratch();
    const file = folder.at('run');
    const path = `${file}.lock`;
    const frozen = lockFile(file);
    // As from another container: the same lock, seen by one who cannot look its holder up, long after.
    const stored = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...stored, world: 'a-boot pid:[1]' }));
    utimesSync(path, 1e9, 1e9);
    using second = lockFile(file);
    second.confirm();
    expect(errorOf(() => frozen.confirm())).toMatchObject({ code: 'lock-lost' });
    expect(frozen.lost.aborted).toBe(true);
    frozen.release();
    second.confirm();
    expect(lockHolder(file)).toMatchObject({ pid: process.pid });
  });
});

test("a lock that came along with a copy of the folder is nobody's; one that is seen by another path is its holder's", () => {
  using folder = new Scratch();
  for (const name of ['run', 'copy']) mkdirSync(folder.at(name));
  using held = lockFile(folder.at('run', 'verdicts'));
  cpSync(folder.at('run'), folder.at('copy'), { recursive: true });
  symlinkSync(folder.at('run'), folder.at('link'));
  expect(errorOf(() => lockFile(folder.at('link', 'verdicts')))).toMatchObject({ code: 'file-locked' });
  using second = lockFile(folder.at('copy', 'verdicts'));
  second.confirm();
  held.confirm();
  renameSync(folder.at('run'), folder.at('moved'));
  expect(errorOf(() => lockFile(folder.at('moved', 'verdicts')))).toMatchObject({ code: 'file-locked' });
});

test('damage where the lock should be is named, and left alone while it is young', () => {
  using folder = new Scratch();
  const file = folder.at('run');
  writeFileSync(`${file}.lock`, '\0');
  expect(errorOf(() => lockFile(file))).toMatchObject({ code: 'file-locked' });
  expect(errorOf(() => lockFile(folder.at('no', 'folder')))).toMatchObject({ code: 'file-missing' });
});

/** A process that takes the lock again and again, and writes down when it holds it; freezes now and then. */
const racer = `
import { appendFileSync } from 'node:fs';
import { lockFile } from ${JSON.stringify(join(import.meta.dirname, '../../src/locks/file-lock.ts'))};
const [file, log, name, rounds] = process.argv.slice(2);
let done = 0;
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
while (done < Number(rounds)) {
  try {
    const lock = lockFile(file);
    appendFileSync(log, name + ' in\\n');
    sleep(Math.random() * 4);
    lock.confirm();
    appendFileSync(log, name + ' out\\n');
    lock.release();
    done += 1;
  } catch (error) {
    if (error.code !== 'file-locked') { console.error(name, error); process.exit(1); }
    sleep(Math.random() * 3);
  }
}
`;

test('of processes that race, stopped, woken and killed at random, one holds the lock at a time', async () => {
  using folder = new Scratch();
  const script = folder.at('racer.mts');
  writeFileSync(script, racer);
  const [file, log] = [folder.at('run'), folder.at('log')];
  const rounds = 40;
  const start = (name: string): ChildProcess =>
    spawn(process.execPath, ['--import', 'tsx/esm', script, file, log, name, String(rounds)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const killed = new Set(['a', 'b']);
  const racers = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, start(name)]));
  const exits = [...racers].map(
    async ([name, child]) => [name, (await once(child, 'exit'))[0] as number | null] as const,
  );
  const until = (work: () => boolean) => vi.waitFor(() => expect(work()).toBe(true), { timeout: 60_000, interval: 5 });
  await until(() => existsSync(log) && readFileSync(log, 'utf8').split('\n').length > 60);
  for (const [name, child] of racers) {
    child.kill('SIGSTOP');
    await sleep(10);
    child.kill(killed.has(name) ? 'SIGKILL' : 'SIGCONT');
  }
  const codes = Object.fromEntries(await Promise.all(exits));
  for (const [name, code] of Object.entries(codes)) expect([name, code]).toEqual([name, killed.has(name) ? null : 0]);
  // Who comes in while another is in must find it dead.
  let holder: string | null = null;
  for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
    const [name = '', what] = line.split(' ');
    if (what === 'in') {
      if (holder !== null) expect([...killed], line).toContain(holder);
      holder = name;
    } else {
      expect(holder).toBe(name);
      holder = null;
    }
  }
});
