/** Whether processes have ended, for tests that no orphan is left. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';

/** Waits until the processes have ended. */
export async function expectGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => Promise.all(pids.map(isRunning)), { timeout: 60_000 }).toEqual(pids.map(() => false));
}

/** All processes that were started with this variable, `NAME=value`, and those that they started, wherever they are now. */
export function inheritorsOf(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).split('\0').includes(variable))
    .map(Number);
}

/** Who started the process. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Pythons that have ended and that their parent has not waited for. */
export function zombiesOf(parent: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readText(`/proc/${name}/stat`))
    .filter((stat) => new RegExp(`\\(python.*\\) Z ${parent} `).test(stat));
}

const environmentOf = (pid: string): string => readText(`/proc/${pid}/environ`);

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has left, or is somebody else's
  }
}

/** A zombie has ended: it only waits for its parent, which a container may not have. */
async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text !== null && !/\) [ZX] /.test(text);
}
