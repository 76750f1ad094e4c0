/**
 * Files of one JSON value per line, only ever appended to. Read piece by piece, since events of a long run are longer than
 * the longest string. A line torn by a kill or a full disk never joins the next one.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { onDisk, privateFile } from '../../disk.js';
import { DataError } from '../../errors.js';

const chunkBytes = 1024 * 1024;
/** A longer line is no line of ours: it is told as null, and never held. */
const longestLine = 64 * 1024 * 1024;

/**
 * Complete lines in order, null for one that is too long to be one. Lines that are written meanwhile are among them.
 * @param options `torn`: whether what follows the last line end is told too, as a line. `from`: the byte to begin at.
 */
export function* linesOf(file: string, { torn = false, from = 0 } = {}): Generator<string | null> {
  if (!existsSync(file)) return;
  const descriptor = onDisk(file, () => {
    refuseSpecial(file);
    return openSync(file, 'r');
  });
  try {
    const chunk = Buffer.alloc(chunkBytes);
    let rest: Buffer[] = [];
    let held = 0;
    let position = from;
    for (;;) {
      const at = position;
      const count = onDisk(file, () => readSync(descriptor, chunk, 0, chunkBytes, at));
      if (count === 0) break;
      position += count;
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end !== -1 && end < count; end = chunk.indexOf(0x0a, start)) {
        const line = chunk.subarray(start, end);
        yield held + line.length > longestLine ? null : Buffer.concat([...rest, line]).toString('utf8');
        rest = [];
        held = 0;
        start = end + 1;
      }
      held += count - start;
      if (held > longestLine) rest = [];
      else rest.push(Buffer.from(chunk.subarray(start, count)));
    }
    if (torn && held > 0) yield held > longestLine ? null : Buffer.concat(rest).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** @throws DataError where a pipe or a device lies in its place, which would be waited for. Of folders the system tells. */
export function refuseSpecial(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw new DataError('path-in-the-way', `${file} cannot be used: it is a pipe or a device, not a file`, {
    where: file,
    remedy: 'Move it away; put the file back where there is a copy of it.',
  });
}

/** Cuts off a last line that was torn by a kill. Looks at the end of the file alone. */
export function mendTail(file: string): void {
  if (!existsSync(file)) return;
  onDisk(file, () => {
    refuseSpecial(file);
    const descriptor = openSync(file, 'r+');
    try {
      ftruncateSync(descriptor, endOfLines(descriptor));
    } finally {
      closeSync(descriptor);
    }
  });
}

/**
 * Written before the call returns, so that a kill right after it loses nothing; on a full disk all of it or nothing.
 * @param durable Waits until the disk has it, so that a power cut loses nothing either: for what a person typed.
 */
export function appendJsonLine(file: string, value: object, durable = false): void {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  onDisk(file, () => {
    const descriptor = openSync(file, 'a', privateFile);
    const { size } = fstatSync(descriptor);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
      if (durable) fsyncSync(descriptor);
    } catch (error) {
      ftruncateSync(descriptor, size);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Bytes up to and with the last line end. */
function endOfLines(descriptor: number): number {
  const chunk = Buffer.alloc(64 * 1024);
  let { size: end } = fstatSync(descriptor);
  while (end > 0) {
    const start = Math.max(0, end - chunk.length);
    const count = readSync(descriptor, chunk, 0, end - start, start);
    const last = chunk.subarray(0, count).lastIndexOf(0x0a);
    if (last !== -1) return start + last + 1;
    end = start;
  }
  return 0;
}
