/** Whatever became of a reply cache on the disk: no line that is still whole is lost, no changed one is believed. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Medgr2Error } from '../../src/errors.js';
import { openReplyCache, type CachedReply } from '../../src/generation/replies/reply-cache.js';
import { Folder } from './support.js';

let tried = 0;
const folder = new Folder();
afterAll(() => {
  folder[Symbol.dispose]();
  console.info(`reply cache: ${tried} files tried`);
});
const path = folder.file('replies.jsonl');

const replies = fc.uniqueArray(
  fc.record<CachedReply>({
    key: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
    text: fc.string({ maxLength: 60, unit: 'binary' }),
    finish: fc.constantFrom('stop', 'max-tokens', 'blocked', 'empty'),
    usage: fc.option(fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat() })),
    provider: fc.constant('p'),
    model: fc.string({ maxLength: 5 }),
    imageHash: fc.constant('i'),
    promptHash: fc.constant('q'),
  }),
  { minLength: 1, maxLength: 6, selector: ({ key }) => key },
);

/** Bytes changed, put in or taken out, in one place. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  out: fc.nat(40),
  into: fc.uint8Array({ maxLength: 40 }),
});

function write(all: readonly CachedReply[]): Buffer {
  writeFileSync(path, '');
  using cache = openReplyCache(path);
  for (const reply of all) cache.put(reply);
  return readFileSync(path);
}

/** Where each line lies, with its end. */
function spans(bytes: Buffer): { from: number; to: number }[] {
  const found = [];
  for (let from = 0, to = 0; (to = bytes.indexOf(0x0a, from)) !== -1; from = to + 1) found.push({ from, to });
  return found;
}

describe('a reply cache', () => {
  it('keeps every line that damage elsewhere left whole, and gives nothing that was not put', () => {
    fc.assert(
      fc.property(replies, damage, (all, { at, out, into }) => {
        tried++;
        const bytes = write(all);
        const lines = spans(bytes);
        const from = Math.floor(at * bytes.length);
        const damaged = Buffer.concat([bytes.subarray(0, from), into, bytes.subarray(from + out)]);
        writeFileSync(path, damaged);
        using cache = openReplyCache(path);
        for (const [index, reply] of all.entries()) {
          const line = lines[index] ?? { from: 0, to: 0 };
          // Without its line end a line is whole where it is the last, or what follows begins anew.
          const whole = line.to < from || line.from >= from + out;
          const found = cache.get(reply.key);
          if (whole) expect(found).toEqual(reply);
          else expect([undefined, reply]).toContainEqual(found);
        }
        // It can be written on, and read again.
        const more: CachedReply = { ...(all[0] as CachedReply), key: 'a key that is longer than all others' };
        cache.put(more);
        cache.close();
        using again = openReplyCache(path);
        expect(again.get(more.key)).toEqual(more);
      }),
      { numRuns: 100 },
    );
  });

  it('opens any bytes, or says why not', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.json(), { maxLength: 5 }).map((lines) => Buffer.from(lines.join('\n'))),
      fc
        .array(fc.record({ v: fc.integer({ max: 4 }), key: fc.string(), sum: fc.string() }), { maxLength: 4 })
        .map((lines) => Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'))),
    );
    fc.assert(
      fc.property(bytes, (content) => {
        tried++;
        writeFileSync(path, content);
        try {
          using cache = openReplyCache(path);
          expect(cache.size).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Medgr2Error);
        }
      }),
      { numRuns: 100 },
    );
  });
});
