/** `medgr2 stop`: asks the process of a run to stop, and waits until it has let go of the folder. */
import { setTimeout as sleep } from 'node:timers/promises';
import { medgr2, shellWord } from '../../called-as.js';
import { InterruptedError, RunError } from '../../errors.js';
import { holderOfRun } from '../../loop/folder/open-run-folder.js';
import { readRequest, requestOfRun } from '../../loop/folder/stop-requests.js';
import type { CommandIo } from '../command-io.js';
import { shownPath } from '../named-paths.js';
import { expectOneRun, expectWatched, holderOfWatched } from '../run-state.js';

/** @param afterStage Lets the stage at work end first, and does not wait for that. */
export async function stopCommand(folder: string, afterStage: boolean, io: CommandIo): Promise<void> {
  const watched = expectWatched(folder);
  const runDir = expectOneRun(folder);
  const holder = holderOfWatched(watched);
  if (holder === null)
    throw new RunError('not-running', `no process works on the run in ${runDir}`, {
      where: runDir,
      remedy: `Nothing needs to be stopped; \`${medgr2} status ${shellWord(shownPath(runDir))}\` tells how the run ended.`,
    });
  requestOfRun(runDir, afterStage ? 'stop-after-stage' : 'stop');
  if (afterStage) {
    io.out(`process ${holder.pid} on ${holder.host} stops after the stage at work`);
    return;
  }
  io.error(`stopping process ${holder.pid} on ${holder.host}: what is at work ends safely …`);
  while (holderOfWatched(watched) !== null) {
    askAtWork(folder);
    if (io.signal.aborted)
      throw new InterruptedError('stop-not-awaited', 'the run was asked to stop', {
        remedy: `\`${medgr2} status\` tells when it has.`,
      });
    await sleep(200);
  }
  io.out(`stopped; the same \`${medgr2} run\` command continues it`);
}

/** A seed that begins just now has cleared what was asked of it before. */
function askAtWork(folder: string): void {
  const runDir = expectOneRun(folder);
  if (holderOfRun(runDir) !== null && readRequest(runDir) === null) requestOfRun(runDir, 'stop');
}
