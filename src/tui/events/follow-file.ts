/** Reads events.jsonl as it grows, from its beginning: any number of readers at once, and none that the run waits for. */
import { open, type FileHandle } from 'node:fs/promises';
import { onDisk } from '../../disk.js';
import { refuseSpecial } from '../../loop/folder/json-lines.js';
import { runEventSchema, type TimedEvent } from '../../loop/run-events.js';

/** Most bytes taken at once, so that a long file is read without holding up the keys. */
const chunkBytes = 256 * 1024;

export interface EventReader {
  /** Events that are new since the last call; `more` where the file holds yet more. */
  read(): Promise<{ events: TimedEvent[]; more: boolean }>;
  /** Bytes at the end that are no whole line: one that is being written, or that a kill tore. */
  torn(): number;
  close(): Promise<void>;
}

/** The file may not be there yet. Lines that this version cannot read are left out and counted. */
export function readEvents(file: string, onUnreadable: (line: string) => void = () => {}): EventReader {
  let handle: FileHandle | null = null;
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);
  const buffer = Buffer.alloc(chunkBytes);
  return {
    read: async () => {
      handle ??= await onDisk(file, async () => openFile(file));
      if (handle === null) return { events: [], more: false };
      const { size } = await handle.stat();
      if (size < position) {
        // A line torn by a kill was cut off when the run went on.
        position = size;
        rest = Buffer.alloc(0);
      }
      const opened = handle;
      const { bytesRead } = await onDisk(file, async () => opened.read(buffer, 0, chunkBytes, position));
      position += bytesRead;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(0x0a) + 1;
      rest = Buffer.from(bytes.subarray(end));
      const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
      return { events: lines.flatMap((line) => parseEvent(line, onUnreadable)), more: position < size };
    },
    torn: () => rest.length,
    close: async () => {
      await handle?.close();
      handle = null;
    },
  };
}

/** Null where there is none yet; one that may not be read is no run that has not begun. */
async function openFile(file: string): Promise<FileHandle | null> {
  refuseSpecial(file);
  return open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

function parseEvent(line: string, onUnreadable: (line: string) => void): TimedEvent[] {
  try {
    const { time, ...event } = JSON.parse(line) as { time: string };
    const parsed = runEventSchema.safeParse(event);
    if (parsed.success && typeof time === 'string') return [{ time, ...parsed.data }];
  } catch {
    // Told below, as any other line that cannot be read.
  }
  onUnreadable(line);
  return [];
}
