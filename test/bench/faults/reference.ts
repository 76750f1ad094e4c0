/**
 * The undisturbed run of a configuration, and copies of its folder at every stage's end and every checkpoint: all processes
 * are stopped there, the folder is copied, and they go on. Such a copy is what a power cut at that moment leaves.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { writeJson } from '../../../src/loop/folder/run-folder.js';
import { attempt, type AttemptEnd, type AttemptOptions } from './attempt.js';
import { differencesBetween, type Folder } from './compare.js';
import { familyOf, signalAll } from './acts/processes.js';

export interface Snapshot {
  /** `07-cycle-1-sft-checkpoint-2`; the folder's name below `snapshots`. */
  name: string;
  /** Whether a stage has just ended, so that what comes next starts from nothing half done. */
  whole: boolean;
}

export interface Reference {
  /** Folder of the finished undisturbed run. */
  dir: string;
  /** Path that the snapshots were made at; nothing is there any more. */
  madeAt: string;
  events: TimedEvent[];
  snapshots: Snapshot[];
  snapshotDir(snapshot: Snapshot): string;
  /** Seconds of the undisturbed run, and of the command on the finished folder. */
  seconds: number;
  finishedSeconds: number;
}

interface Stored extends Pick<Reference, 'events' | 'snapshots' | 'seconds' | 'finishedSeconds'> {}

export interface ReferenceOptions {
  /** Folder of the reference; read back where an earlier bench left it whole. */
  dir: string;
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Whether a run without the stops for snapshots is compared with it first, which takes as long again. */
  twice: boolean;
}

/** @throws Error where two runs differ: then nothing could be told by comparing. */
export async function makeReference(options: ReferenceOptions): Promise<Reference> {
  const { dir } = options;
  const record = join(dir, 'reference.json');
  const stored = existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as Stored) : await make(options);
  if (!existsSync(record)) writeJson(record, stored);
  return {
    ...stored,
    dir: join(dir, 'finished'),
    madeAt: join(dir, 'made-at'),
    snapshotDir: ({ name }) => join(dir, 'snapshots', name),
  };
}

async function make({ dir, command, env, twice }: ReferenceOptions): Promise<Stored> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'snapshots'), { recursive: true });
  const [madeAt, finished, undisturbed] = [join(dir, 'made-at'), join(dir, 'finished'), join(dir, 'undisturbed')];
  const expectDone = async (runDir: string, options: AttemptOptions = {}): Promise<AttemptEnd> => {
    const end = await attempt([...command, '--run-dir', runDir], { ...options, env });
    if (end.code !== 0) throw new Error(`the undisturbed run ended with code ${end.code}:\n${end.stderr}`);
    return end;
  };
  const before = twice ? await expectDone(undisturbed) : null;
  const snapshots: Snapshot[] = [];
  const stopped = await expectDone(madeAt, {
    onEvent: (event, running) => {
      const name = snapshotName(event);
      if (name === null) return;
      const family = familyOf(running.pid);
      signalAll(family, 'SIGSTOP');
      const numbered = `${String(snapshots.length).padStart(2, '0')}-${name}`;
      cpSync(madeAt, join(dir, 'snapshots', numbered), { recursive: true, preserveTimestamps: true });
      snapshots.push({ name: numbered, whole: event.type === 'stage-end' });
      signalAll(family, 'SIGCONT');
    },
  });
  const names = (folder: string): Folder => ({ dir: folder, names: [folder] });
  const differences = before === null ? [] : await differencesBetween(names(undisturbed), names(madeAt));
  if (differences.length > 0)
    throw new Error(`two undisturbed runs differ, so nothing can be compared here:\n${differences.join('\n')}`);
  const { seconds, events } = before ?? stopped;
  const { seconds: finishedSeconds } = await expectDone(madeAt);
  rmSync(undisturbed, { recursive: true, force: true });
  renameSync(madeAt, finished);
  return { events, snapshots, seconds, finishedSeconds };
}

function snapshotName(event: TimedEvent): string | null {
  if (event.type === 'stage-end') return `cycle-${event.cycle}-${event.stage}`;
  if (event.type !== 'job' || event.event.type !== 'checkpoint') return null;
  return `cycle-${event.cycle}-${event.stage}-checkpoint-${event.event.step}`;
}
