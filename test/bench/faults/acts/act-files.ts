/** Files and folders of a run that are damaged, moved and copied between two commands, and disks that take nothing more. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { meet } from './act-process.js';
import { damageFile, filesOf, pickFile } from './damage.js';
import { namesOf } from '../judge.js';
import type { Act } from './kinds.js';
import { familyOf, signalAll } from './processes.js';
import type { Snapshot } from '../reference.js';
import type { Outcome, TrialRun } from '../trial-run.js';

export async function damaged(run: TrialRun, { damage, when }: Extract<Act, { type: 'damage' }>): Promise<Outcome> {
  const from = when === 'end' ? 'finished' : anySnapshot(run);
  run.restore(from);
  run.startedFrom = from;
  const { file: draw, place } = run.trial.draw;
  const file = pickFile(run.runDir, damage, { file: draw, place });
  damageFile(join(run.runDir, file), damage, place);
  const restore = (): void => cpSync(join(run.source(from), file), join(run.runDir, file), { force: true });
  const outcome = await run.goOn({ names: namesOf(file) }, { restore });
  return { ...outcome, detail: `${file}${from === 'finished' ? '' : ` at ${from.name}`}: ${outcome.detail}` };
}

export async function onDisk(run: TrialRun, { problem }: Extract<Act, { type: 'disk' }>): Promise<Outcome> {
  const from = anySnapshot(run);
  mkdirSync(run.runDir);
  if (!mount('-t', 'tmpfs', '-o', 'size=1g,mode=700', 'tmpfs', run.runDir))
    return { result: 'skipped', detail: 'only root may mount a small disk' };
  try {
    run.restore(from);
    run.startedFrom = from;
    const remount = (options: string): void => {
      if (!mount('-o', `remount,${options}`, run.runDir)) throw new Error(`cannot remount ${run.runDir}`);
    };
    remount(problem === 'full' ? `size=${sizeOnDisk(run.runDir) + roomLeft(run)}` : 'ro');
    const outcome = await run.goOn(
      { names: [run.runDir] },
      { lift: () => remount(problem === 'full' ? 'size=1g' : 'rw') },
    );
    return { ...outcome, detail: `at ${from.name}: ${outcome.detail}` };
  } finally {
    execFileSync('umount', [run.runDir]);
  }
}

export async function movedOrCopied(
  run: TrialRun,
  { change, when }: Extract<Act, { type: 'folder' }>,
): Promise<Outcome> {
  if (when === 'end') {
    run.restore('finished');
    run.startedFrom = 'finished';
  } else {
    await meet(run, { moment: 'random', draw: run.trial.draw.moment, delay: 100 }, (running) => {
      signalAll(familyOf(running.pid), 'SIGKILL');
      return Promise.resolve(true);
    });
  }
  const there = join(run.dir, 'elsewhere', 'run');
  mkdirSync(join(run.dir, 'elsewhere'));
  if (change === 'moved') renameSync(run.runDir, there);
  else {
    cpSync(run.runDir, there, { recursive: true });
    rmSync(run.runDir, { recursive: true });
  }
  run.runDir = there;
  run.names.unshift(there);
  return run.goOn();
}

function anySnapshot({ reference: { snapshots }, trial: { draw } }: TrialRun): Snapshot {
  // All but the last: nothing is left to do after it.
  return snapshots[Math.floor(draw.moment * (snapshots.length - 1))] as Snapshot;
}

/** Bytes that fit before the disk is full: less than a model, mostly. */
const roomLeft = ({ trial: { draw } }: TrialRun): number => Math.floor(draw.time ** 3 * 24 * 1024 * 1024);

/** A tmpfs counts whole pages, and some for folders. */
function sizeOnDisk(dir: string): number {
  const page = 4096;
  return filesOf(dir).reduce((sum, file) => sum + Math.ceil(statSync(join(dir, file)).size / page) * page, 64 * page);
}

function mount(...values: string[]): boolean {
  try {
    execFileSync('mount', values, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
