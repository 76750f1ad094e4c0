/** ledger.jsonl: which stage was done, from what, and what came of it. The memory by which a run resumes. */
import { z } from 'zod';
import { RunError } from '../errors.js';
import { stageNames, type StageName } from './events.js';
import { appendJsonLine, openJsonLines } from './json-lines.js';

export const ledgerEntrySchema = z.strictObject({
  /** Cycle and name; 0 is what comes before the first cycle. */
  cycle: z.int().min(0),
  stage: z.enum(stageNames),
  /** Of a comparison; left out for the loop and for what all arms share. */
  arm: z.string().optional(),
  /** Hash of all that decides the outcome: settings, code-independent, and the fingerprints of earlier stages. */
  inputHash: z.string(),
  /** Hash of what came out; enters the input hash of later stages. */
  fingerprint: z.string(),
  /** The stage's own small result; file names in it are relative to the stage's folder. */
  output: z.unknown(),
  /** ISO time of the end. */
  time: z.string(),
  /** Wall time of the attempt that finished. */
  seconds: z.number(),
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
}

/** @throws RunError when a complete line cannot be read: a ledger is never guessed at. */
export function openLedger(file: string): Ledger {
  const entries = new Map<string, LedgerEntry>();
  for (const [index, line] of openJsonLines(file).entries()) {
    const entry = parseEntry(line);
    if (entry === null)
      throw new RunError('ledger-damaged', `line ${index + 1} of the ledger is not an entry`, {
        where: `${file}:${index + 1}`,
        remedy: 'Remove that line: its stage will be done again.',
      });
    entries.set(stageKey(entry.cycle, entry.stage, entry.arm), entry);
  }
  return {
    find: (cycle, stage, arm = null) => entries.get(stageKey(cycle, stage, arm)),
    all: () => [...entries.values()],
    madeFrom: (inputHash) => [...entries.values()].filter((entry) => entry.inputHash === inputHash),
    append: (entry) => {
      appendJsonLine(file, entry);
      entries.set(stageKey(entry.cycle, entry.stage, entry.arm), entry);
    },
    get size() {
      return entries.size;
    },
  };
}

/** `cycle-1/sft`, or `arms/top-100/cycle-1/sft`: the name of a stage in messages, and its folder. */
export function stageKey(cycle: number, stage: StageName, arm: string | null = null): string {
  return `${arm === null ? '' : `arms/${arm}/`}cycle-${cycle}/${stage}`;
}

function parseEntry(line: string): LedgerEntry | null {
  try {
    return ledgerEntrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
