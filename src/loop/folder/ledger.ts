/** ledger.jsonl: which stage was done, from what, and what came of it. The memory by which a run resumes. */
import { copyFileSync } from 'node:fs';
import { z } from 'zod';
import { onDisk } from '../../disk.js';
import { sha256 } from '../../hash.js';
import { stageNameSchema, type StageName } from '../stage-names.js';
import { appendJsonLine, linesOf, mendTail } from './json-lines.js';
import { writeWhole } from './run-folder.js';
import { jsonOrNull } from '../../json-text.js';

/** One file that a stage made, as it was when the stage was done. */
const fileRecordSchema = z.strictObject({
  size: z.int().min(0),
  sha256: z.string(),
  /** Milliseconds; the same time and size mostly mean the same content. */
  modified: z.number(),
});
export type FileRecord = z.output<typeof fileRecordSchema>;

export const ledgerEntrySchema = z.strictObject({
  /** Cycle and name; 0 is what comes before the first cycle. */
  cycle: z.int().min(0),
  stage: stageNameSchema,
  /** Of a comparison; left out for the loop and for what all arms share. */
  arm: z.string().optional(),
  /** Hash of all that decides the outcome: settings, code-independent, and the fingerprints of earlier stages. */
  inputHash: z.string(),
  /** What was hashed, so that a change can be named; entries of earlier versions have none. */
  inputs: z.unknown().optional(),
  /** Hash of what came out; enters the input hash of later stages. */
  fingerprint: z.string(),
  /** What came out, by name below the stage's folder; entries of earlier versions have none, and are not checked. */
  files: z.record(z.string(), fileRecordSchema).optional(),
  /** The stage's own small result; file names in it are relative to the stage's folder. */
  output: z.unknown(),
  /** ISO time of the end. */
  time: z.string(),
  /** Wall time of the attempt that finished. */
  seconds: z.number(),
  /** Bytes that a job of it held at once at most, on its GPU or in its process; left out where it ran none. */
  peakMemory: z.int().optional(),
  /** Of all the rest, so that damage which is still JSON is found; entries of earlier versions have none. */
  check: z.string().optional(),
});
export type LedgerEntry = z.output<typeof ledgerEntrySchema>;

export interface Ledger {
  /** The newest entry of a stage. */
  find(cycle: number, stage: StageName, arm?: string | null): LedgerEntry | undefined;
  /** Entries made from these inputs, whichever arm they are of. */
  madeFrom(inputHash: string): LedgerEntry[];
  /** The newest entry of every stage, in the order they were first done. */
  all(): LedgerEntry[];
  append(entry: LedgerEntry): void;
  readonly size: number;
  /** Numbers of the lines that were no entries when it was opened. */
  readonly damagedLines: readonly number[];
}

/**
 * Lines that are no entry are taken out, the file as it was kept beside it: what they said stands in the folders of their
 * stages too, and a stage of which neither can be read is done again.
 * @param holds Throws where the folder is another process's by now: then nothing is written.
 */
export function openLedger(file: string, holds: () => void = () => {}): Ledger {
  const { entries, lines, damagedLines } = readLedger(file);
  if (damagedLines.length > 0) {
    holds();
    onDisk(file, () => copyFileSync(file, `${file}.damaged`));
    writeWhole(file, lines.map((line) => `${line}\n`).join(''));
  } else mendTail(file);
  return {
    find: (cycle, stage, arm = null) => entries.get(stageKey(cycle, stage, arm)),
    all: () => [...entries.values()],
    madeFrom: (inputHash) => [...entries.values()].filter((entry) => entry.inputHash === inputHash),
    append: (entry) => {
      holds();
      appendJsonLine(file, entry);
      entries.set(stageKey(entry.cycle, entry.stage, entry.arm), entry);
    },
    get size() {
      return entries.size;
    },
    damagedLines,
  };
}

/** Only reads; a torn last line is left where it is. */
export function readLedger(file: string) {
  const entries = new Map<string, LedgerEntry>();
  const lines: string[] = [];
  const damagedLines: number[] = [];
  let number = 0;
  for (const line of linesOf(file)) {
    number += 1;
    const entry = line === null ? null : asEntry(jsonOrNull(line));
    if (line === null || entry === null) {
      damagedLines.push(number);
      continue;
    }
    lines.push(line);
    entries.set(stageKey(entry.cycle, entry.stage, entry.arm), entry);
  }
  return { entries, lines, damagedLines };
}

/** `cycle-1/sft`, or `arms/top-100/cycle-1/sft`: the name of a stage in messages, and its folder. */
export function stageKey(cycle: number, stage: StageName, arm: string | null = null): string {
  return `${arm === null ? '' : `arms/${arm}/`}cycle-${cycle}/${stage}`;
}

/** The entry with the check of all it says. */
export function checked(entry: Omit<LedgerEntry, 'check'>): LedgerEntry {
  // Through JSON, as it will be read: what is undefined is not there.
  const plain = JSON.parse(JSON.stringify(entry)) as LedgerEntry;
  return { ...plain, check: checkOf(plain) };
}

/** An entry that says what was written; null for anything else. */
export function asEntry(value: unknown): LedgerEntry | null {
  const parsed = ledgerEntrySchema.safeParse(value);
  if (!parsed.success) return null;
  const { check, ...entry } = parsed.data;
  return check === undefined || check === checkOf(entry) ? parsed.data : null;
}

const checkOf = (entry: object): string => sha256(canonical(entry)).slice(0, 16);

/** JSON with the keys of every object in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
