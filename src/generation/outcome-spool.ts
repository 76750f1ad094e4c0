/**
 * Outcomes on disk, written as tasks end and read in the order of the tasks. In memory is a place in the file for each task,
 * 8 bytes; the file goes when it has been read.
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
const missing = -1;

/** @param tasks How many there are. */
export function createOutcomeSpool(path: string, tasks: number): OutcomeSpool {
  const file = onDisk(path, () => openSync(path, 'w+', privateFile));
  const places = new Float64Array(tasks).fill(missing);
  let gathered: Buffer[] = [];
  let held = 0;
  let end = 0;
  const flush = (): void => {
    const bytes = Buffer.concat(gathered);
    onDisk(path, () => {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    });
    [gathered, held] = [[], 0];
  };
  const window = { start: 0, bytes: Buffer.alloc(0) };
  const read = (offset: number, length: number): void => {
    const bytes = Buffer.allocUnsafe(length);
    window.bytes = bytes.subarray(
      0,
      onDisk(path, () => readSync(file, bytes, 0, length, offset)),
    );
    window.start = offset;
  };
  const lineAt = (offset: number): string => {
    for (let length = piece; ; length *= 4) {
      const from = offset - window.start;
      const stop = from < 0 ? -1 : window.bytes.indexOf('\n', from);
      if (stop !== -1) return window.bytes.toString('utf8', from, stop);
      read(offset, length);
    }
  };
  return {
    put: (index, outcomes) => {
      const line = Buffer.from(`${JSON.stringify(outcomes)}\n`);
      places[index] = end;
      end += line.length;
      held += line.length;
      gathered.push(line);
      if (held > piece) flush();
    },
    inOrder: function* () {
      flush();
      for (const place of places) if (place !== missing) yield* JSON.parse(lineAt(place)) as Outcome[];
    },
    [Symbol.dispose]: () => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}
