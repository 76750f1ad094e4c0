/** Doctor: is there room on the disk, and may files be written where runs and caches go. */
import { fixed } from '../../format.js';
import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { medgr2 } from '../../called-as.js';
import { messageOf } from '../../errors.js';
import { failed, ok, warning, type Check } from './check.js';

/** Below these many GiB the demo's run (about 0.3 GiB) may fail, or a real model's checkpoints will. */
const gibibytes = { needed: 1, comfortable: 10 };

/** @param folder A folder, or one to be made: the nearest that exists is looked at. */
export async function checkPlace(name: string, folder: string): Promise<Check> {
  const there = nearestFolder(path.resolve(folder));
  try {
    accessSync(there, constants.W_OK);
  } catch {
    return failed(name, `${there} may not be written`, 'Work in a folder of your own, or change its rights.');
  }
  try {
    const { bavail, bsize } = await statfs(there);
    return roomAt(name, there, (bavail * bsize) / 2 ** 30);
  } catch (error) {
    return warning(name, `free space of ${there} is unknown: ${messageOf(error)}`, 'Look with `df -h`.');
  }
}

/** @param free GiB. */
export function roomAt(name: string, folder: string, free: number): Check {
  const detail = `${fixed(free, 1)} GiB free at ${folder}`;
  if (free < gibibytes.needed) return failed(name, detail, 'Free some space, or work on another disk.');
  if (free >= gibibytes.comfortable) return ok(name, detail);
  return warning(
    name,
    detail,
    `Enough for the demo; checkpoints of a 7B model take more: \`${medgr2} plan\` says how much.`,
  );
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || path.dirname(folder) === folder ? folder : nearestFolder(path.dirname(folder));
}
