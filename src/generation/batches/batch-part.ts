/** The file of one batch as it is written, within what the provider takes; request by request, so that none is held in memory. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { onDisk, privateFile } from '../../disk.js';
import type { BatchedRequest, BatchNote, BatchNotes } from './batch-notes.js';

export interface BatchPart {
  /** False for a request that does not fit any more; the first always does. */
  add(request: BatchedRequest, line: string): boolean;
  /** The part as it lies there, ready to be sent. */
  close(): BatchNote;
}

export interface PartLimits {
  requests: number;
  bytes: number;
}

export function createPart(notes: BatchNotes, who: { provider: string; model: string }, limits: PartLimits): BatchPart {
  const { label, body, requests } = notes.begin();
  const files = [body, requests].map((path) => onDisk(path, () => openSync(path, 'wx', privateFile)));
  const [bodyFile = 0, requestsFile = 0] = files;
  let count = 0;
  let bytes = 0;
  const append = (file: number, path: string, text: string): number => {
    const content = Buffer.from(`${text}\n`);
    return onDisk(path, () => {
      for (let done = 0; done < content.length;) done += writeSync(file, content, done);
      return content.length;
    });
  };
  return {
    add: (request, line) => {
      const isFull = count >= limits.requests || bytes + Buffer.byteLength(line) + 1 > limits.bytes;
      if (isFull && count > 0) return false;
      bytes += append(bodyFile, body, line);
      append(requestsFile, requests, JSON.stringify(request));
      count += 1;
      return true;
    },
    close: () => {
      for (const file of files) {
        onDisk(body, () => fsyncSync(file));
        closeSync(file);
      }
      return notes.write({ label, state: 'made', ...who, requests: count, uploads: 1, file: null, name: null });
    },
  };
}
