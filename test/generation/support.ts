/** What the generation and provider tests share: tiny image files, tasks about them, and a book that answers all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { sha256 } from '../../src/hash.js';
import { questionTypes, strategies } from '../../src/sample.js';
import type { GenerationTask } from '../../src/generation/asking/generation-request.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { openAiProvider } from '../../src/providers/openai.js';
import type { TeacherBook } from '../../src/providers/simulated/teacher-book.js';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A real grey PNG of at least `size` bytes, whose pixels are the letters of its content. */
export function imageBytes(content: string, size = 600): Buffer {
  const width = 16;
  const letters = Buffer.from(content.padEnd(Math.ceil(size / width) * width, '.'));
  const rows = Array.from({ length: letters.length / width }, (_, row) =>
    Buffer.concat([Buffer.of(0), letters.subarray(row * width, (row + 1) * width)]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header[8] = 8;
  const pixels = deflateSync(Buffer.concat(rows), { level: 0 });
  return Buffer.concat([pngSignature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'medgr2-test-'));

  file(name: string): string {
    return join(this.path, name);
  }

  /** `count` tasks about as many images, all strategies and question types in turn. */
  tasks(count: number, size?: number): GenerationTask[] {
    return Array.from({ length: count }, (_, i) => {
      const bytes = imageBytes(`image ${i}`, size);
      const image = this.file(`image-${i}.png`);
      writeFileSync(image, bytes);
      const strategy = strategies[i % 3] ?? 'direct';
      const questionType = questionTypes[i % 5] ?? 'disease diagnosis';
      return { image, imageHash: sha256(bytes), modality: 'CT', strategy, questionType };
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const book: TeacherBook = {
  reply: ({ imageHash, strategy, questionType }) => ({
    question: `What does image ${imageHash.slice(0, 8)} show?`,
    options: ['a mass', 'a cyst'],
    answer: imageHash < '8' ? 'a mass' : 'a cyst',
    rationale: `Seen ${strategy}.`,
    questionType,
  }),
};

/** Waits that do not slow a test down. */
export const quickRetry = { attempts: 4, backoffMs: 1, longestWaitMs: 2_000 };

/** One request at a time, or batches by a protocol. */
export type KillMode = 'single' | 'gemini' | 'openai';

export function killedSetting(mode: KillMode, url: string, folder: string) {
  const model = 'simulated-teacher';
  const batches = { folder, requests: 10, atOnce: 3, pollMs: 10, longestPollMs: 30, listedAfterMs: 100 };
  if (mode === 'openai') return { provider: openAiProvider({ model, baseUrl: `${url}/v1` }), batches };
  const provider = geminiProvider({ model, apiKey: 'any-key', baseUrl: url });
  return mode === 'gemini' ? { provider, batches } : { provider };
}
