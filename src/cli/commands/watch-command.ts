/** `medgr2 watch`: shows a run from its folder alone, while it goes, after it ended, or played back. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holderOfRun } from '../../loop/folder/open-run-folder.js';
import { isComparison } from '../../loop/result/run-end.js';
import { readOrNull, runFiles } from '../../loop/folder/run-folder.js';
import { pooledComparisonSchema } from '../../loop/comparison/pooled-comparison.js';
import { seedsFile } from '../../loop/comparison/seed-folders.js';
import type { Source } from '../../tui/events/feed.js';
import { lineTeller } from '../../tui/event-lines.js';
import { followFile, followSeeds, replayFile, replaySeeds, type Replay } from '../../tui/events/event-sources.js';
import type { CommandIo } from '../command-io.js';
import { onScreen } from '../on-screen.js';
import { expectOneRun, expectWatched, holderOfWatched, readState, type Watched } from '../run-state.js';
import { comparisonText } from '../print/comparison-text.js';
import { seedsText } from '../print/seeds-text.js';
import { summaryOf } from '../print/summary-text.js';

export interface WatchCommand {
  folder: string;
  /** Times as fast as the run went; null follows the run instead. */
  replay: number | null;
  json: boolean;
  plain: boolean;
}

export async function watchCommand({ folder, replay, json, plain }: WatchCommand, io: CommandIo): Promise<void> {
  const watched = expectWatched(folder);
  const runDir = expectOneRun(folder);
  const { source, played } = sourceOf(watched, replay);
  const holder = holderOfWatched(watched);
  // The screen knows events alone: of a run whose end they do not tell, lines and the result are shown instead.
  const known = holder === null && replay === null ? await readState(runDir) : null;
  const drawn = known === null || known.end === null || known.end.status === known.state.status;
  if (io.terminal === undefined || json || plain || !drawn) {
    await printEvents(source, { json, follows: () => replay === null && holderOfWatched(watched) !== null }, io).catch(
      (error: unknown) => {
        if (!existsSync(join(runDir, runFiles.result))) throw error; // told as a gap below
      },
    );
  } else {
    await onScreen(io.terminal, io, {
      source,
      // A replay of a run that was killed ends where the run did.
      isAlive: () => played?.atEnd() === false || holderOfWatched(watched) !== null,
      gpu: replay === null && holder?.host === hostname(),
      work: (leave) => Promise.race([leave, aborted(io.signal)]),
    });
  }
  if (watched.seeds.length > 0 && !json && tellSeeds(watched, io)) return;
  await tellEnd(runDir, json, io);
}

function sourceOf({ folder, seeds }: Watched, replay: number | null): { source: Source; played: Replay | null } {
  const events = join(folder, runFiles.events);
  const several = seeds.length > 0;
  if (replay === null) return { source: several ? followSeeds(folder, seeds) : followFile(events), played: null };
  const played = several ? replaySeeds(folder, seeds, replay) : replayFile(events, replay);
  return { source: played, played };
}

/** What several seeds came to together. @returns Whether they are done. */
function tellSeeds(watched: Watched, io: CommandIo): boolean {
  if (holderOfWatched(watched) !== null) return false;
  const pooled = readOrNull(join(watched.folder, seedsFile), pooledComparisonSchema);
  if (pooled === null) return false;
  io.out(seedsText(pooled, watched.folder));
  return true;
}

/** Lines until the run ends, its process is gone, or the person stops watching. */
async function printEvents(
  source: Source,
  { json, follows }: { json: boolean; follows: () => boolean },
  io: CommandIo,
): Promise<void> {
  const tell = lineTeller();
  try {
    while (!io.signal.aborted) {
      const goesOn = follows();
      const { events, more, ended } = await source.read();
      for (const event of events) {
        const line = json ? JSON.stringify(event) : tell(event);
        if (line !== null) io.out(line);
      }
      if (ended === true || (ended === undefined && !more && !goesOn)) return;
      if (!more) await sleep(200, undefined, { signal: io.signal }).catch(() => {});
    }
  } finally {
    await source.close();
  }
}

/** What the events may not have said: how the run ended by its result, and what of them could not be read. */
async function tellEnd(runDir: string, json: boolean, io: CommandIo): Promise<void> {
  if (holderOfRun(runDir) !== null) return;
  const { end, result, gaps } = await readState(runDir);
  for (const gap of gaps) io.error(`warning: ${gap}`);
  if (json || end === null || result === null) return;
  if (end.status !== 'complete' && gaps.length > 0)
    io.out(end.status === 'failed' ? `the run failed: ${end.error ?? ''}` : 'the run was stopped');
  if (end.status === 'complete')
    io.out(isComparison(result) ? comparisonText(result, runDir) : summaryOf(result, runDir));
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
