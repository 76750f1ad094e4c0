/**
 * verdicts.jsonl: what readers said, beside the run. Only ever appended to, each line on disk before anyone is told; a line torn
 * by a kill is cut off when it is next opened. One process writes, for all its readers; any number reads.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from '../../locks/file-lock.js';
import { DataError, RunError } from '../../errors.js';
import {
  issuesText,
  readerSchema,
  standingVerdicts,
  verdictLineSchema,
  verdictSchema,
  type Undo,
  type Verdict,
  type VerdictLine,
} from '../../evaluation/verdicts/reader-verdict.js';
import { appendJsonLine, linesOf, mendTail } from '../folder/json-lines.js';
import { runFiles } from '../folder/run-folder.js';
import { jsonOrNull } from '../../json-text.js';

/** A verdict as a reader gives it, with what the queue says of the sample. */
export type NewVerdict = Omit<Verdict, 'at'>;

/** `verdicts.jsonl`, open for writing; disposed, it may be another process's. */
export interface VerdictFile extends Disposable {
  /** All lines so far. */
  readonly lines: readonly VerdictLine[];
  /** The verdicts that stand. */
  standing(): Verdict[];
  /**
   * Written once by its id. @returns The verdict as it stands in the file.
   * @throws RunError `verdict-id-taken` where the id is another verdict's, `verdict-invalid` where it is none.
   */
  record(verdict: NewVerdict): Verdict;
  /** Takes a verdict back; what was taken back stays so. @throws RunError where the reader has given no such verdict. */
  undo(undo: Omit<Undo, 'at'>): void;
}

/** `verdicts.jsonl` as it stands. */
export interface ReadVerdicts {
  lines: VerdictLine[];
  /** Numbers of the lines that are no verdicts. */
  damagedLines: number[];
}

/** Only reads; a torn last line is left where it is. */
export function readVerdicts(runDir: string): ReadVerdicts {
  const lines: VerdictLine[] = [];
  const damagedLines: number[] = [];
  let number = 0;
  for (const text of linesOf(verdictsFile(runDir))) {
    number += 1;
    const line = parsed(text);
    if (line === null) damagedLines.push(number);
    else lines.push(line);
  }
  return { lines, damagedLines };
}

/** What a person is to know of lines that are no verdicts; null where all are. */
export function verdictDamage(runDir: string): string | null {
  const { damagedLines } = readVerdicts(runDir);
  return damagedLines.length === 0
    ? null
    : `${runFiles.verdicts} is damaged in line ${damagedLines.join(', ')}: what stood there does not count, and its sample can be judged again`;
}

/** Of all readers, those that stand. */
export const readStanding = (runDir: string): Verdict[] => standingVerdicts(readVerdicts(runDir).lines);

/**
 * Opens `verdicts.jsonl` for writing.
 * @throws RunError `no-run`; `review-busy` where another process writes verdicts of the run. Its methods: `verdict-invalid`,
 * `verdict-id-taken`, `no-such-verdict`.
 */
export function openVerdicts(runDir: string): VerdictFile {
  const file = verdictsFile(runDir);
  const lock = lockVerdicts(runDir, file);
  try {
    mendTail(file);
    const { lines } = readVerdicts(runDir);
    const append = (line: VerdictLine): void => {
      lock.confirm();
      appendJsonLine(file, line, true);
      lines.push(line);
    };
    return {
      lines,
      standing: () => standingVerdicts(lines),
      record: (verdict) => {
        const line = expectVerdict({ ...verdict, at: new Date().toISOString() });
        const known = lines.find(({ id }) => id === line.id);
        if (known !== undefined) return expectRepeated(known, line);
        append(line);
        return line;
      },
      undo: (undo) => {
        const taken = lines.find((line) => line.id === undo.undo);
        if (taken === undefined || 'undo' in taken || taken.reader !== undo.reader)
          throw new RunError('no-such-verdict', `${undo.reader} has given no verdict ${undo.undo}`, {
            remedy: 'Take back a verdict of your own.',
          });
        if (lines.some((line) => 'undo' in line && line.undo === undo.undo)) return;
        if (lines.some((line) => line.id === undo.id)) throw idTaken(undo.id);
        append({ ...undo, at: new Date().toISOString() });
      },
      [Symbol.dispose]: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

const verdictsFile = (runDir: string): string => join(runDir, runFiles.verdicts);

function lockVerdicts(runDir: string, file: string) {
  if (!existsSync(runDir))
    throw new RunError('no-run', `${runDir} is not there`, { remedy: 'Give the folder of a run.' });
  try {
    return lockFile(file);
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'file-locked') throw error;
    throw new RunError('review-busy', `another process takes verdicts on the run in ${runDir}`, {
      cause: error,
      where: runDir,
      remedy: `All readers can use its one address. ${error.remedy ?? ''}`.trim(),
    });
  }
}

const parsed = (text: string | null): VerdictLine | null =>
  text === null ? null : (verdictLineSchema.safeParse(jsonOrNull(text)).data ?? null);

function expectVerdict(given: object): Verdict {
  const read = verdictSchema.extend({ reader: readerSchema }).safeParse(given);
  if (read.success) return read.data;
  throw new RunError('verdict-invalid', `that is no verdict: ${issuesText(read.error)}`, {
    cause: read.error,
    remedy: 'Give the sample, the reader in at most 80 characters, and one of the verdicts that there are.',
  });
}

/** What is sent twice, because the answer to the first did not arrive, is one verdict. */
function expectRepeated(known: VerdictLine, verdict: NewVerdict): Verdict {
  if (
    'undo' in known ||
    known.item !== verdict.item ||
    known.reader !== verdict.reader ||
    known.verdict !== verdict.verdict
  )
    throw idTaken(verdict.id);
  return known;
}

const idTaken = (id: string): RunError =>
  new RunError('verdict-id-taken', `the id ${id} is of another verdict`, { remedy: 'Make a new id for each verdict.' });
