/** Folders for the logs of engines that were given none: each goes with its engine, but for one whose job failed, since errors name its log. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isRunning } from '../../locks/process-identity.js';

const start = 'medgr2-logs-';
/** Folders of failed jobs that are kept, and for how long at least: a person may still be reading. */
const kept = 10;
const keptHours = 1;

/** Makes a folder, and removes those of engines long gone. */
export function temporaryLogs(parent: string = os.tmpdir()): string {
  removeOld(parent);
  return mkdtempSync(path.join(parent, `${start}${process.pid}-`));
}

function removeOld(parent: string): void {
  const ended = readdirSync(parent)
    .flatMap((name) => {
      const pid = new RegExp(`^${start}(\\d+)-`).exec(name)?.[1];
      return pid === undefined || isRunning(Number(pid)) ? [] : [path.join(parent, name)];
    })
    .flatMap((folder) => {
      const made = timeOf(folder);
      return made === null ? [] : [{ folder, made }];
    });
  const surplus = ended.toSorted((a, b) => b.made - a.made).slice(kept);
  const limit = Date.now() - keptHours * 3_600_000;
  for (const { folder } of surplus.filter(({ made }) => made < limit)) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {} // another user's
  }
}

function timeOf(folder: string): number | null {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return null; // another process was faster
  }
}
