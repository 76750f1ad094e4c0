/**
 * A run folder as the report reads it: whatever is there, of a run that is complete, stopped, failed or still at work.
 * Files that are missing or damaged are named in `gaps` instead of ending the report. Nothing is ever written.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { medgr2 } from '../../called-as.js';
import { messageOf, RunError } from '../../errors.js';
import { environmentSchema, type Environment } from '../../loop/folder/run-environment.js';
import { runEventSchema, type StageName, type TimedEvent } from '../../loop/run-events.js';
import { ledgerEntrySchema, stageKey, type LedgerEntry } from '../../loop/folder/ledger.js';
import type { ComparisonResult } from '../../loop/comparison/comparison-result.js';
import { afterEvent, endOfRun, isComparison, noEvents, readResult } from '../../loop/result/run-end.js';
import type { RunResult } from '../../loop/result/run-result.js';
import { holdsRun, readJson, runFiles } from '../../loop/folder/run-folder.js';
import { readLines } from './read-lines.js';
import { settingsSchema, type Settings } from './read-settings.js';

export type RunStatus = 'complete' | 'failed' | 'interrupted' | 'unfinished';

const unfinished = { status: 'unfinished', error: null } as const;

export interface RunRecord {
  /** Folder name, or more of the path where runs of one report share a name. */
  name: string;
  /** Absolute. */
  dir: string;
  status: RunStatus;
  /** Why it failed. */
  error: string | null;
  /** What the data is, and what results on it are no evidence for. */
  notice: string | null;
  /** result.json of the loop. */
  result: RunResult | null;
  /** result.json of a recipe that compares models; such a run has no `result`. */
  comparison: ComparisonResult | null;
  settings: Settings;
  /** config.yaml as it is. */
  configText: string | null;
  environment: Environment | null;
  /** Newest entry of each stage, of the loop and of every arm of a comparison, in the order they were done. */
  ledger: LedgerEntry[];
  events: TimedEvent[];
  /** What could not be read, as sentences. */
  gaps: string[];
}

const timedEventSchema = z.looseObject({ type: z.string(), time: z.string() }).transform((value, context) => {
  const { time, ...event } = value;
  const parsed = runEventSchema.safeParse(event);
  if (parsed.success) return { time, ...parsed.data };
  context.addIssue('no event of this version');
  return z.NEVER;
});

/** @throws RunError where the folder holds no run at all. */
export function readRun(folder: string): RunRecord {
  const dir = resolve(folder);
  const has = (file: string): boolean => existsSync(join(dir, file));
  if (!holdsRun(dir))
    throw new RunError('no-run-folder', `${folder} holds no run`, {
      where: dir,
      remedy: `Give the folder that \`${medgr2} run\` wrote: it holds config.yaml and events.jsonl.`,
    });
  const gaps: string[] = [];
  const read = <T>(file: string, reader: (path: string) => T): T | null => {
    if (!has(file)) return null;
    try {
      return reader(join(dir, file));
    } catch (error) {
      gaps.push(`${file} cannot be read: ${messageOf(error).split('\n')[0] ?? ''}`);
      return null;
    }
  };
  const ended = read(runFiles.result, readResult);
  const configText = read(runFiles.config, (path) => readFileSync(path, 'utf8'));
  const settings = read(runFiles.config, () => settingsSchema.parse(parse(configText ?? '', { logLevel: 'error' })));
  const environment = read(runFiles.environment, (path) => environmentSchema.parse(readJson(path)));
  const none = { rows: [], unreadable: 0 };
  const events = read(runFiles.events, (path) => readLines(path, timedEventSchema)) ?? none;
  const ledger = read(runFiles.ledger, (path) => readLines(path, ledgerEntrySchema)) ?? none;
  for (const [file, { unreadable }] of [
    [runFiles.events, events],
    [runFiles.ledger, ledger],
  ] as const)
    if (unreadable > 0) gaps.push(`${unreadable} lines of ${file} are none that this version of medgr2 knows`);
  if (!gaps.some((gap) => gap.startsWith(runFiles.events)) && events.rows.length === 0)
    gaps.push(`${runFiles.events} is missing or empty: what the run told on its way is lost`);
  if (ended === null && !gaps.some((gap) => gap.startsWith(runFiles.result)))
    gaps.push(`${runFiles.result} is missing: the run has not come to its first result`);
  return {
    name: basename(dir),
    dir,
    ...(endOfRun(ended, events.rows.reduce(afterEvent, noEvents), events.unreadable === 0) ?? unfinished),
    notice: ended?.notice ?? noticeOf(events.rows),
    result: ended !== null && !isComparison(ended) ? ended : null,
    comparison: ended !== null && isComparison(ended) ? ended : null,
    settings: settings ?? settingsSchema.parse({}),
    configText,
    environment,
    ledger: newest(ledger.rows),
    events: events.rows,
    gaps,
  };
}

/** Runs recorded before there was an event for it told it when they started. */
function noticeOf(events: readonly TimedEvent[]): string | null {
  const told = events.flatMap((event) =>
    event.type === 'notice' ? [event.message] : event.type === 'run-start' ? (event.notice ?? []) : [],
  );
  return told.at(-1) ?? null;
}

function newest(entries: readonly LedgerEntry[]): LedgerEntry[] {
  const byStage = new Map(entries.map((entry) => [stageKey(entry.cycle, entry.stage, entry.arm), entry]));
  return [...byStage.values()];
}

/** What the run did itself: without what the arms of a comparison did. */
export function ownLedger(run: RunRecord): LedgerEntry[] {
  return run.ledger.filter(({ arm }) => arm === undefined);
}

/** The newest entry of a stage whose output is as `schema` says; null without one. */
export function outputOf<T>(run: RunRecord, cycle: number, stage: StageName, schema: z.ZodType<T>): T | null {
  const entry = ownLedger(run).find((item) => item.cycle === cycle && item.stage === stage);
  return entry === undefined ? null : (schema.safeParse(entry.output).data ?? null);
}

/** Cycles with at least one finished stage, from 1. */
export function cyclesOf(run: RunRecord): number[] {
  return [...new Set(run.ledger.map((entry) => entry.cycle))].filter((cycle) => cycle > 0).sort((a, b) => a - b);
}
