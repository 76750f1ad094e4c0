/** The state of a run as its folder tells it, for commands that look at a run once. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RunError } from '../errors.js';
import { holderOfRun } from '../loop/folder/open-run-folder.js';
import { runFiles } from '../loop/folder/run-folder.js';
import { readEvents } from '../tui/events/follow-file.js';
import { reduce } from '../tui/state/reduce.js';
import { initialState, type ScreenState } from '../tui/state/screen-state.js';

/** @returns The absolute folder. @throws RunError where it holds no run and nobody is making one. */
export function expectRun(folder: string): string {
  const runDir = resolve(folder);
  const known = existsSync(join(runDir, runFiles.events)) || (existsSync(runDir) && holderOfRun(runDir) !== null);
  if (known) return runDir;
  throw new RunError('no-run', `${runDir} holds no run`, {
    where: runDir,
    remedy: 'Give the folder that `medgr2 run` named; by default it is runs/<configuration>-<seed>.',
  });
}

export async function readState(runDir: string): Promise<ScreenState> {
  const reader = readEvents(join(runDir, runFiles.events));
  let state = initialState;
  try {
    for (let more = true; more;) {
      const read = await reader.read();
      for (const event of read.events) state = reduce(state, event);
      ({ more } = read);
    }
  } finally {
    await reader.close();
  }
  return state;
}
