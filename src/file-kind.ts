/** Whether what a person named is a file that can be read to its end: pipes wait, devices never end, folders hold no text. */
import { statSync, type Stats } from 'node:fs';
import { formatBytes } from './format.js';

/** Of a configuration, a price list, a key: whatever a person writes by hand. */
export const largestByHand = 4 * 1024 * 1024;
/** Of a text that is read whole: Node has no longer string. */
export const largestText = 2 ** 29 - 25;

/** What is wrong with it, as words after its name; null where it can be read, or is not there, which reading tells. */
export function fileProblem(path: string, most: number = Number.POSITIVE_INFINITY): string | null {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    return null; // no right to look: reading says so
  }
  if (stats === undefined) return null;
  if (!stats.isFile()) return `is ${kindOf(stats)}, not a file`;
  if (stats.size > most) return `has ${formatBytes(stats.size)}, and at most ${formatBytes(most)} are read`;
  return null;
}

/** @throws Error with the words of `fileProblem`, for callers that name the file and the remedy themselves. */
export function requireFile(path: string, most?: number): void {
  const problem = fileProblem(path, most);
  if (problem !== null) throw new Error(`${path} ${problem}`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}
