/**
 * The undisturbed run of a configuration, and copies of its folder at every stage's end and every checkpoint: all processes
 * are stopped there, the folder is copied, and they go on. Such a copy is what a power cut at that moment leaves.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TimedEvent } from '../../../src/loop/events.js';
import { writeJson } from '../../../src/loop/run-folder.js';
import { attempt } from './attempt.js';
import { differencesBetween } from './compare.js';
import { familyOf, signalAll } from './processes.js';

export interface Snapshot {
  /** `07-cycle-1-sft-checkpoint-2`; the folder's name below `snapshots`. */
  name: string;
  /** Its place among the reference's events. */
  event: number;
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

/**
 * Runs twice, once undisturbed and once for the snapshots; read back where an earlier bench left it.
 * @throws Error where the two differ: then nothing could be told by comparing.
 */
export async function makeReference(
  dir: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Reference> {
  const record = join(dir, 'reference.json');
  const stored = existsSync(record)
    ? (JSON.parse(readFileSync(record, 'utf8')) as Stored)
    : await make(dir, command, env);
  if (!existsSync(record)) writeJson(record, stored);
  return {
    ...stored,
    dir: join(dir, 'finished'),
    madeAt: join(dir, 'made-at'),
    snapshotDir: ({ name }) => join(dir, 'snapshots', name),
  };
}

async function make(dir: string, command: readonly string[], env: NodeJS.ProcessEnv): Promise<Stored> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'snapshots'), { recursive: true });
  const [madeAt, finished, undisturbed] = [join(dir, 'made-at'), join(dir, 'finished'), join(dir, 'undisturbed')];
  const expectDone = async (runDir: string, onEvent?: Parameters<typeof attempt>[1]) => {
    const end = await attempt([...command, '--run-dir', runDir], { env, ...onEvent });
    if (end.code !== 0) throw new Error(`the undisturbed run ended with code ${end.code}:\n${end.stderr}`);
    return end;
  };
  const { seconds, events } = await expectDone(undisturbed);
  const snapshots: Snapshot[] = [];
  await expectDone(madeAt, {
    onEvent: (event, running) => {
      const name = snapshotName(event);
      if (name === null) return;
      const family = familyOf(running.pid);
      signalAll(family, 'SIGSTOP');
      const numbered = `${String(snapshots.length).padStart(2, '0')}-${name}`;
      cpSync(madeAt, join(dir, 'snapshots', numbered), { recursive: true, preserveTimestamps: true });
      snapshots.push({ name: numbered, event: running.events.length - 1, whole: event.type === 'stage-end' });
      signalAll(family, 'SIGCONT');
    },
  });
  const differences = await differencesBetween(
    { dir: undisturbed, names: [undisturbed] },
    { dir: madeAt, names: [madeAt] },
  );
  if (differences.length > 0)
    throw new Error(`two undisturbed runs differ, so nothing can be compared here:\n${differences.join('\n')}`);
  const again = await expectDone(madeAt);
  rmSync(undisturbed, { recursive: true });
  renameSync(madeAt, finished);
  return { events, snapshots, seconds, finishedSeconds: again.seconds };
}

function snapshotName(event: TimedEvent): string | null {
  if (event.type === 'stage-end') return `cycle-${event.cycle}-${event.stage}`;
  if (event.type !== 'job' || event.event.type !== 'checkpoint') return null;
  return `cycle-${event.cycle}-${event.stage}-checkpoint-${event.event.step}`;
}
