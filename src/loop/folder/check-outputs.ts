/**
 * Finds damage in finished stages.
 * Finished stages, checked against what was written down of them wherever something of theirs is used: within their run,
 * and by commands that are given a folder or a file of a run.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { onDisk } from '../../disk.js';
import { DataError, RunError } from '../../errors.js';
import { openOutputChecks, type OutputChecks } from './output-hashes.js';
import { asEntry, type LedgerEntry } from './ledger.js';
import { readJson } from './run-folder.js';

export const stageFiles = {
  /** What the ledger says of the stage, once more. */
  record: 'stage.json',
  /** What a stage that is not done yet is being made from. */
  marker: 'partial.json',
} as const;

/** The record in a stage's folder; null where there is none that can be believed. */
export function readRecord(dir: string): LedgerEntry | null {
  const file = join(dir, stageFiles.record);
  if (!existsSync(file)) return null;
  try {
    return asEntry(readJson(file));
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** The finished stage that a path lies in, with the path below its folder; null for what is of no run. */
export function stageOfPath(path: string): { dir: string; record: LedgerEntry; within: string } | null {
  const start = resolve(path);
  for (let dir = start, parent = dirname(dir); ; dir = parent, parent = dirname(dir)) {
    const record = readRecord(dir);
    if (record !== null) return { dir, record, within: relative(dir, start).split(sep).join('/') };
    if (parent === dir) return null;
  }
}

/**
 * Reads what a path of a finished stage holds and compares it. A path of no run is nobody's to check.
 * @throws RunError `output-damaged` that names the file.
 */
export async function confirmOutput(path: string, checks: OutputChecks = openOutputChecks()): Promise<void> {
  const found = stageOfPath(path);
  if (found?.record.files === undefined) return;
  const { dir, record, within } = found;
  const problem = await checks.read(dir, record.files ?? {}, within);
  if (problem === null) return;
  throw new RunError('output-damaged', problem, {
    where: dir,
    remedy: 'Give the command of its run again, which makes the stage again; else restore the file from a copy.',
  });
}

interface UsingRun {
  /** Absolute. */
  runDir: string;
  outputs: OutputChecks;
  holds(): void;
}

/**
 * The same for what a stage at work is given: a stage of its own run that is damaged is moved aside, so that the next
 * attempt makes it again even where size and time of the file are as they were. Another run's is left alone.
 */
export async function confirmUsed(path: string, { runDir, outputs, holds }: UsingRun): Promise<void> {
  try {
    await confirmOutput(path, outputs);
  } catch (error) {
    if (!(error instanceof RunError) || error.where === undefined) throw error;
    const dir = error.where;
    if (relative(runDir, dir).startsWith('..')) throw error;
    holds();
    onDisk(dir, () => {
      rmSync(`${dir}.damaged`, { recursive: true, force: true });
      renameSync(dir, `${dir}.damaged`);
    });
    throw new RunError('output-damaged', error.message, {
      where: `${dir}.damaged`,
      remedy: 'Its folder was moved aside. Give the same command again: the stage is made again.',
    });
  }
}
