/** The last lines of a log that may be huge, binary, still growing or not there. */
import { open } from 'node:fs/promises';

const readBytes = 64 * 1024;
const longestLine = 1000;

export interface LogTailOptions {
  /** How many lines at most; 40 where it is left out. */
  lines?: number;
  /** Byte at which the part of the log begins that is of interest. */
  from?: number;
}

/** The last lines, each cut to a readable length; undefined when there is nothing to show. */
export async function logTail(
  file: string,
  { lines = 40, from = 0 }: LogTailOptions = {},
): Promise<string | undefined> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    const length = Math.min(Math.max(size - from, 0), readBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8', 0, bytesRead).trimEnd();
    // A progress bar overwrites its line: what stands after the last carriage return is what a person would see.
    const shown = text
      .split('\n')
      .slice(-lines)
      .map((line) => line.slice(line.lastIndexOf('\r') + 1).slice(0, longestLine));
    return shown.join('\n') || undefined;
  } catch {
    return undefined;
  }
}
