/**
 * Outcomes on disk, written as tasks end and read in the order of the tasks. Where each lies is in a file of its own, at its
 * task's number: memory holds nothing for a task. Both files go when they have been read.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { onDisk, privateFile } from '../disk.js';
import type { OutcomeSink } from './generate-samples.js';
import type { Outcome } from './outcome.js';

export interface OutcomeSpool extends Disposable {
  put: OutcomeSink;
  /** Those of each task, in the order of the tasks. Can be read several times. */
  inOrder(): Generator<Outcome>;
}

/** Bytes that are gathered before they are written, and read at a time. */
const piece = 256 * 1024;
/** Bytes of a place, which counts from 1: what was never written is read as 0. */
const width = 8;

export function createOutcomeSpool(path: string): OutcomeSpool {
  const lines = openFile(path);
  const places = openFile(`${path}.places`);
  const place = Buffer.alloc(width);
  let gathered: string[] = [];
  let held = 0;
  let end = 0;
  const flush = (): void => {
    lines.write(Buffer.from(gathered.join('')), end - held);
    [gathered, held] = [[], 0];
  };
  const window = { start: 0, bytes: Buffer.alloc(0) };
  const lineAt = (offset: number): string => {
    for (let length = piece; ; length *= 4) {
      const from = offset - window.start;
      const stop = from < 0 ? -1 : window.bytes.indexOf('\n', from);
      if (stop !== -1) return window.bytes.toString('utf8', from, stop);
      Object.assign(window, { start: offset, bytes: lines.read(length, offset) });
    }
  };
  return {
    put: (index, outcomes) => {
      const line = `${JSON.stringify(outcomes)}\n`;
      const bytes = Buffer.byteLength(line);
      place.writeDoubleLE(end + 1);
      places.write(place, index * width);
      end += bytes;
      held += bytes;
      gathered.push(line);
      if (held > piece) flush();
    },
    inOrder: function* () {
      flush();
      for (let from = 0, bytes; (bytes = places.read(piece, from)).length > 0; from += bytes.length)
        for (let at = 0; at < bytes.length; at += width) {
          const found = bytes.readDoubleLE(at);
          if (found > 0) yield* JSON.parse(lineAt(found - 1)) as Outcome[];
        }
    },
    [Symbol.dispose]: () => {
      lines.remove();
      places.remove();
    },
  };
}

function openFile(path: string) {
  const file = onDisk(path, () => openSync(path, 'w+', privateFile));
  return {
    write: (bytes: Buffer, offset: number): void =>
      onDisk(path, () => {
        for (let done = 0; done < bytes.length;)
          done += writeSync(file, bytes, done, bytes.length - done, offset + done);
      }),
    read: (length: number, offset: number): Buffer => {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(
        0,
        onDisk(path, () => readSync(file, bytes, 0, length, offset)),
      );
    },
    remove: (): void => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}
