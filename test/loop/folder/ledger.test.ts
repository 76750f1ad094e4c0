/** The ledger: what was appended is read back, whatever damage is done to it is no entry, and never an error of the language. */
import {
  appendFileSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { appendJsonLine, linesOf, mendTail } from '../../../src/loop/folder/json-lines.js';
import { checked, openLedger, readLedger, stageKey, type LedgerEntry } from '../../../src/loop/folder/ledger.js';
import { stageNames } from '../../../src/loop/stage-names.js';
import { readAs, readOrNull } from '../../../src/loop/folder/run-folder.js';
import { z } from 'zod';
import { Scratch } from './support.js';

const trials = Number(process.env['MEDGR2_LEDGER_TRIALS'] ?? 200);

const anyHash = fc.string({ unit: fc.constantFrom('0', '7', 'a', 'f') });

const anyEntry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    cycle: fc.nat(3),
    stage: fc.constantFrom(...stageNames),
    arm: fc.option(fc.constantFrom('a', 'top-100'), { nil: undefined }),
    inputHash: anyHash,
    inputs: fc.jsonValue({ maxDepth: 2 }),
    fingerprint: anyHash,
    files: fc.dictionary(
      fc.string(),
      fc.record({
        size: fc.nat(),
        sha256: anyHash,
        modified: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      { maxKeys: 3 },
    ),
    output: fc.jsonValue({ maxDepth: 3 }),
    time: fc.string(),
    seconds: fc.double({ noNaN: true, noDefaultInfinity: true }),
  })
  .map((entry) => checked(entry));

const keyOf = ({ cycle, stage, arm }: LedgerEntry): string => stageKey(cycle, stage, arm ?? null);

test('of each stage the newest entry is read back, as it was written', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 6 }), (entries) => {
      using scratch = new Scratch();
      const file = scratch.at('ledger.jsonl');
      const ledger = openLedger(file);
      for (const entry of entries) ledger.append(entry);
      const newest = new Map(entries.map((entry) => [keyOf(entry), entry]));
      for (const read of [ledger, openLedger(file)]) {
        expect(read.damagedLines).toEqual([]);
        expect(new Map(read.all().map((entry) => [keyOf(entry), entry]))).toEqual(newest);
      }
    }),
    { numRuns: trials },
  );
});

test('one changed byte takes its line out, and no other; the file as it was is kept', () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (entries, at, flip) => {
        using scratch = new Scratch();
        const file = scratch.at('ledger.jsonl');
        const ledger = openLedger(file);
        for (const entry of entries) ledger.append(entry);
        const good = readFileSync(file);
        const bytes = Buffer.from(good);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ flip;
        writeFileSync(file, bytes);
        const wholeLines = good.toString('utf8').split('\n');
        const opened = openLedger(file);
        // Every entry that is still told is one that was written.
        for (const entry of opened.all()) expect(wholeLines).toContain(JSON.stringify(entry));
        const hit = good.subarray(0, place).toString('latin1').split('\n').length;
        const untouched = wholeLines.slice(0, -1).filter((_, index) => ![hit - 1, hit].includes(index));
        const kept = readFileSync(file, 'utf8');
        for (const line of untouched) expect(kept).toContain(line);
        if (opened.damagedLines.length > 0) expect(readFileSync(`${file}.damaged`)).toEqual(bytes);
        // It is mended: opened once more, nothing is wrong.
        expect(openLedger(file).damagedLines).toEqual([]);
      },
    ),
    { numRuns: trials },
  );
});

test('garbage of any kind is read without an error, and takes no entry with it', () => {
  fc.assert(
    fc.property(anyEntry, fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (entry, pieces) => {
      using scratch = new Scratch();
      const file = scratch.at('ledger.jsonl');
      for (const piece of pieces) {
        appendFileSync(file, piece);
        appendFileSync(file, '\n');
      }
      appendFileSync(file, `${JSON.stringify(entry)}\n{"torn`);
      expect([...readLedger(file).entries.values()]).toEqual([entry]);
      expect(openLedger(file).all()).toEqual([entry]);
    }),
    { numRuns: trials },
  );
});

test('a small file of a run is what its schema says, or told with its name', () => {
  const schema = z.object({ status: z.string(), n: z.int() });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
      ),
      (bytes) => {
        using scratch = new Scratch();
        const file = scratch.at('result.json');
        writeFileSync(file, bytes);
        const told: string[] = [];
        const value = readOrNull(file, schema, (message) => told.push(message));
        if (value !== null) return;
        expect(told).toEqual([expect.stringContaining(file)]);
        expect(() => readAs(file, schema)).toThrow(DataError);
      },
    ),
    { numRuns: trials },
  );
  using scratch = new Scratch();
  mkdirSync(scratch.at('result.json'));
  expect(() => readAs(scratch.at('result.json'), schema)).toThrow(DataError);
});

test('lines are read piece by piece: a file that is longer than any string, and a line that is longer than any of ours', () => {
  using scratch = new Scratch();
  const file = scratch.at('events.jsonl');
  const descriptor = openSync(file, 'w');
  // Holes, so that nothing need be written: lines of 16 MiB, then one of 70.
  const [lines, length] = [35, 16 * 1024 * 1024];
  for (let line = 1; line <= lines; line++) writeSync(descriptor, '\n', line * length);
  writeSync(descriptor, '\n{"last":1}\n{"torn"', lines * length + 70 * 1024 * 1024);
  closeSync(descriptor);
  let read = 0;
  let last: string | null = null;
  let tooLong = 0;
  for (const text of linesOf(file)) {
    read += 1;
    last = text;
    if (text === null) tooLong += 1;
  }
  expect([read, tooLong, last]).toEqual([lines + 2, 1, '{"last":1}']);
  const before = statSync(file).size;
  mendTail(file);
  expect(statSync(file).size).toBe(before - '{"torn"'.length);
  appendJsonLine(file, { next: 1 });
  expect(statSync(file).size).toBe(before - '{"torn"'.length + '{"next":1}\n'.length);
});
