/** The state of a run as its folder tells it, for commands that look at a run once. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { medgr2 } from '../called-as.js';
import { Medgr2Error, messageOf, RunError } from '../errors.js';
import { formatCount } from '../format.js';
import { seedFolder, seedFolders, seedsIn } from '../loop/comparison/seed-folders.js';
import { holderOfRun } from '../loop/folder/open-run-folder.js';
import { readLedger, type LedgerEntry } from '../loop/folder/ledger.js';
import { holdsRun, runFiles } from '../loop/folder/run-folder.js';
import type { ProcessIdentity } from '../locks/process-identity.js';
import { afterEvent, endOfRun, noEvents, readResult, type RunEnd } from '../loop/result/run-end.js';
import { readSeedEvents } from '../tui/events/seed-events.js';
import { readEvents } from '../tui/events/follow-file.js';
import { reduce } from '../tui/state/reduce.js';
import { initialState, type ScreenState } from '../tui/state/screen-state.js';

/** @returns The absolute folder. @throws RunError where it holds no run and nobody is making one. */
export function expectRun(folder: string): string {
  const runDir = resolve(folder);
  const known = holdsRun(runDir) || (existsSync(runDir) && holderOfRun(runDir) !== null);
  if (known) return runDir;
  throw new RunError('no-run', `${runDir} holds no run`, {
    where: runDir,
    remedy: `Give the folder that \`${medgr2} run\` named; by default it is runs/<configuration>-<seed>.`,
  });
}

/** What a folder is to a person: a run, or a recipe with several seeds, each a run in it. */
export interface Watched {
  /** Absolute, of the one that is given. */
  folder: string;
  /** In order; empty of a run. */
  seeds: number[];
}

/** @throws RunError where the folder holds neither. */
export function expectWatched(given: string): Watched {
  const folder = resolve(given);
  const seeds = holdsRun(folder) ? [] : seedsIn(folder);
  return seeds.length === 0 ? { folder: expectRun(folder), seeds } : { folder, seeds };
}

/** Whether a process works on it: between two of its seeds, too. */
export const holderOfWatched = ({ folder, seeds }: Watched): ProcessIdentity | null =>
  holderOfRun(folder) ?? seeds.map((seed) => holderOfRun(seedFolder(folder, seed))).find((one) => one !== null) ?? null;

/** The run, or the runs of a recipe's seeds. @throws RunError where the folder holds neither. */
export function expectRuns(folder: string): string[] {
  const seeds = holdsRun(folder) ? [] : seedFolders(resolve(folder)).filter(holdsRun);
  return seeds.length === 0 ? [expectRun(folder)] : seeds;
}

/** The run that is meant where one is shown or stopped: of several seeds the one at work, else the last that was begun. */
export function expectOneRun(folder: string): string {
  const runs = expectRuns(folder);
  return runs.find((runDir) => holderOfRun(runDir) !== null) ?? runs.at(-1) ?? expectRun(folder);
}

export interface KnownState {
  /** By its events alone. */
  state: ScreenState;
  /** By its result and its events; null where it has not ended. */
  end: RunEnd | null;
  result: ReturnType<typeof readResult> | null;
  ledger: LedgerEntry[];
  /** What could not be read, as sentences. */
  gaps: string[];
}

/** Files that are lost or damaged are told in `gaps`, and what the others say is known all the same. */
export async function readState(runDir: string): Promise<KnownState> {
  const gaps: string[] = [];
  const of = <T>(file: string, read: (path: string) => T): T | null =>
    existsSync(join(runDir, file)) ? told(gaps, file, () => read(join(runDir, file))) : null;
  const result = of(runFiles.result, readResult);
  const found = of(runFiles.ledger, readLedger);
  if (found !== null && found.damagedLines.length > 0)
    gaps.push(unreadableLines(found.damagedLines.length, runFiles.ledger));
  const { state, ends, whole } = await readAllEvents(runDir, gaps);
  const end = endOfRun(result, ends, whole);
  return { state, end, result, ledger: [...(found?.entries.values() ?? [])], gaps };
}

/** The screen's state of a run, or of all seeds of a recipe together: what its grid is made of. */
export async function readGrid({ folder, seeds }: Watched): Promise<ScreenState> {
  const reader = seeds.length > 0 ? readSeedEvents(folder) : readEvents(join(folder, runFiles.events));
  let state: ScreenState = { ...initialState, seeds };
  try {
    for (let more = true; more;) {
      const read = await reader.read();
      state = read.events.reduce((before, event) => reduce(before, event), state);
      ({ more } = read);
    }
  } catch {
    // Told of each run, as a gap.
  } finally {
    await reader.close();
  }
  return state;
}

export const unreadableLines = (count: number, file: string): string =>
  `${formatCount(count, 'line')} of ${file} could not be read`;

async function readAllEvents(runDir: string, gaps: string[]) {
  let unreadable = 0;
  const reader = readEvents(join(runDir, runFiles.events), () => void (unreadable += 1));
  let [state, ends, readable] = [initialState, noEvents, true];
  try {
    for (let more = true; more;) {
      const read = await reader.read();
      for (const event of read.events) {
        state = reduce(state, event);
        ends = afterEvent(ends, event);
      }
      ({ more } = read);
    }
  } catch (error) {
    readable = false;
    gaps.push(gapOf(runFiles.events, error));
  } finally {
    await reader.close();
  }
  const works = holderOfRun(runDir) !== null;
  // A process that works may be in the middle of a line, or before its first.
  if (reader.torn() > 0 && !works) unreadable += 1;
  if (unreadable > 0) gaps.push(unreadableLines(unreadable, runFiles.events));
  else if (readable && state.lastEventAt === null && !works) gaps.push(`${runFiles.events} is missing or empty`);
  return { state, ends, whole: readable && unreadable === 0 };
}

function told<T>(gaps: string[], file: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    gaps.push(gapOf(file, error));
    return null;
  }
}

/** The first words alone: a schema has much to say of a file that is none of ours. */
function gapOf(file: string, error: unknown): string {
  const words = error instanceof Medgr2Error ? messageOf(error) : 'it is not as this version writes it';
  return `${file} cannot be read: ${words.split('\n')[0] ?? ''}`;
}
