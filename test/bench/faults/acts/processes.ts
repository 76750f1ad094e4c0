/** A command with all the processes that came from it: found, signalled, waited for. Linux, by /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whom a signal meets: the command itself, Python beside it, the process at work in a job, or all of them. */
export type Target = 'node' | 'supervisor' | 'worker' | 'tree';

/** The process and everything that came from it, parents first. */
export function familyOf(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))]),
  );
  const family = [pid];
  for (const member of family) for (const [other, parent] of parents) if (parent === member) family.push(other);
  return family;
}

/** Those that a signal for this target goes to; none where there is no such process now. */
export function targetsOf(target: Target, pid: number, worker: number | null): number[] {
  switch (target) {
    case 'node':
      return [pid];
    case 'tree':
      return familyOf(pid);
    case 'worker':
      return worker !== null && isRunning(worker) ? [worker] : [];
    case 'supervisor':
      return familyOf(pid).filter((member) => parentOf(member) === pid && commandLine(member).includes('medgr2'));
  }
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has left already.
    }
  }
}

/** Processes by id, with the moment that each began: ids are given again. */
export type Known = Map<number, string>;

export function note(known: Known, pids: readonly number[]): void {
  for (const pid of pids) {
    const began = beginningOf(pid);
    if (began !== '') known.set(pid, began);
  }
}

/** Those that still run after some seconds: what a dead command must not leave behind. */
export async function leftAfter(known: Known, seconds: number): Promise<number[]> {
  const end = performance.now() + seconds * 1000;
  const running = (): number[] => [...known].filter(([pid, began]) => beginningOf(pid) === began).map(([pid]) => pid);
  let left = running();
  while (left.length > 0 && performance.now() < end) {
    await sleep(100);
    left = running();
  }
  return left;
}

/** Empty where none runs: a zombie has ended; only nobody has asked how. */
function beginningOf(pid: number): string {
  const fields = statOf(pid);
  return ['', 'Z', 'X'].includes(fields[0] ?? '') ? '' : (fields[19] ?? '');
}

const isRunning = (pid: number): boolean => beginningOf(pid) !== '';

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? 0);

/** State and what follows it; the name before may hold anything. */
function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [''];
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
