/**
 * Whether a run's folder holds what the undisturbed run's does: weights tensor by tensor, Parquet rows, replies, metrics.
 * Left out is only what tells of the way and not of the result: times, logs, events, and what Python pickles beside weights.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { messageOf } from '../../../src/errors.js';
import { filesOf } from './acts/damage.js';
import { differingTensors } from './acts/safetensors.js';

/** A finished run: its folder, and every absolute path that it goes by in its files. */
export interface Folder {
  dir: string;
  names: readonly string[];
}

/** Files that are the result. What a stage's record says stands in the ledger, too. */
const isResult = (file: string): boolean =>
  (/^(cycle-\d+|dataset|arms)\//.test(file) || file === 'result.json') &&
  !/\.bin$|\.log$|\/(README\.md|stage\.json)$/.test(file);

/** What two runs that did the same differ in. */
const ofTheWay = /^(time|.*seconds|fingerprint|inputHash)$/i;
/** Lists that stand for sets. */
const sets = new Set(['target_modules']);

/** One line per difference, the path first; none where the results are the same. */
export async function differencesBetween(reference: Folder, trial: Folder): Promise<string[]> {
  const found: string[] = [];
  const expected = filesOf(reference.dir).filter(isResult);
  for (const file of expected) {
    const difference = existsSync(join(trial.dir, file)) ? await compareFile(file, reference, trial) : 'is missing';
    if (difference !== null) found.push(`${file} ${difference}`);
  }
  const known = new Set(expected);
  const more = filesOf(trial.dir).filter((file) => isResult(file) && !known.has(file));
  return [
    ...found,
    ...more.map((file) => `${file} is not in the undisturbed run`),
    ...ledgerDifferences(reference, trial),
  ];
}

/** What is wrong with the trial's file, or null. */
async function compareFile(file: string, reference: Folder, trial: Folder): Promise<string | null> {
  const [was, is] = [join(reference.dir, file), join(trial.dir, file)];
  const [before, after] = [readFileSync(was), readFileSync(is)];
  if (before.equals(after)) return null;
  try {
    if (file.endsWith('.safetensors')) {
      const tensors = differingTensors(was, is);
      return tensors.length === 0 ? null : `differs in ${tensors.length} tensors: ${tensors.slice(0, 3).join(', ')}`;
    }
    if (file.endsWith('.parquet')) return compareRows(await rowsOf(was, reference), await rowsOf(is, trial));
    const [text, other] = [named(before.toString(), reference), named(after.toString(), trial)];
    if (text === other) return null;
    if (!file.endsWith('.json')) return 'differs';
    const at = differenceIn(resultOf(JSON.parse(text)), resultOf(JSON.parse(other)));
    return at === null ? null : `differs at ${at}`;
  } catch (error) {
    return `cannot be read: ${messageOf(error).split('\n')[0]}`;
  }
}

async function rowsOf(file: string, folder: Folder): Promise<unknown[]> {
  const rows = await readParquet(file);
  return rows.map((row) => JSON.parse(named(JSON.stringify(row), folder)) as unknown);
}

function compareRows(before: unknown[], after: unknown[]): string | null {
  if (before.length !== after.length) return `has ${after.length} rows for ${before.length}`;
  const at = before.findIndex((row, index) => !isDeepStrictEqual(row, after[index]));
  return at === -1 ? null : `differs in row ${at + 1}`;
}

/** Where two values differ, with both, or null. */
function differenceIn(before: unknown, after: unknown, path = ''): string | null {
  if (isDeepStrictEqual(before, after)) return null;
  if (typeof before === 'object' && typeof after === 'object' && before !== null && after !== null)
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [was, is] = [before, after].map((value) => (value as Record<string, unknown>)[key]);
      const found = differenceIn(was, is, path === '' ? key : `${path}.${key}`);
      if (found !== null) return found;
    }
  return `${path}: ${JSON.stringify(before)?.slice(0, 60)} there, ${JSON.stringify(after)?.slice(0, 60)} here`;
}

/** With one name for the folder, wherever it lies. */
function named(text: string, { names }: Folder): string {
  return names.reduce((known, name) => known.replaceAll(name, '<run>'), text);
}

function resultOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resultOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (ofTheWay.test(key)) return [];
      return [[key, sets.has(key) && Array.isArray(item) ? item.toSorted() : resultOf(item)]];
    }),
  );
}

/** Every stage must be listed with its own small result: what a later command goes by. */
function ledgerDifferences(reference: Folder, trial: Folder): string[] {
  const [before, after] = [ledgerOf(reference.dir), ledgerOf(trial.dir)];
  return [...before].flatMap(([stage, output]) => {
    if (!after.has(stage)) return [`ledger.jsonl lacks ${stage}`];
    const at = differenceIn(output, after.get(stage));
    return at === null ? [] : [`ledger.jsonl, ${stage}, differs at ${at}`];
  });
}

/** The newest entry of each stage. */
function ledgerOf(dir: string): Map<string, unknown> {
  const file = join(dir, 'ledger.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const entries = lines.flatMap((line): [string, unknown][] => {
    try {
      const { cycle, stage, output } = JSON.parse(line) as { cycle: number; stage: string; output: unknown };
      return [[`cycle-${cycle}/${stage}`, resultOf(output)]];
    } catch {
      return [];
    }
  });
  return new Map(entries);
}
