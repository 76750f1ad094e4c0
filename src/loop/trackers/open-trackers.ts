/**
 * Tells each of a run's trackers by a process of Python's that reads events.jsonl (py/medgr2/trackers): what it does, and whether it
 * lives, is no matter of the run, nor of another tracker. It starts before any stage, so that a client that is not installed is said while nothing has been spent;
 * opened they are beside the run, whose first events they are told then.
 */
import { execa } from 'execa';
import { join } from 'node:path';
import { z } from 'zod';
import { ensurePython } from '../../bridge/environment/make-environment.js';
import { killGroup } from '../../bridge/process/supervisor-process.js';
import { pythonVariables } from '../../bridge/environment/python-variables.js';
import { medgr2 } from '../../called-as.js';
import type { Config } from '../../config/schema.js';
import { onlineVariables, trackersOf, type Tracker } from '../../config/trackers.js';
import { BridgeError, ConfigError } from '../../errors.js';
import { untilAborted } from '../../reward/reward-time-limit.js';
import { runFiles } from '../folder/run-folder.js';
import { shownSettings } from './shown-settings.js';
import { jsonOrNull } from '../../json-text.js';

/** Milliseconds that a tracker gets to write, or send, what is left when the run is over. */
const longestFarewell = 120_000;

const lineSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ missing: z.string() }),
  z.object({ failed: z.string(), message: z.string() }),
  z.object({ late: z.string(), seconds: z.number() }),
]);

export interface Trackers extends AsyncDisposable {
  readonly count: number;
}

/**
 * @param told Hears once of each tracker that cannot begin, failed on the way, or takes long.
 * @throws ConfigError `tracker-variable` where one is to be told online and its variables are empty.
 * @throws BridgeError `python-package-missing` where a client is not installed.
 * @throws The signal's reason when it aborts before that is known.
 */
export async function openTrackers(
  config: Config,
  runDir: string,
  told: (message: string) => void,
  signal: AbortSignal,
): Promise<Trackers> {
  const trackers = trackersOf(config.trackers);
  if (trackers.length === 0) return { count: 0, [Symbol.asyncDispose]: async () => {} };
  checkVariables(trackers);
  const python = await ensurePython({ signal });
  const given = { python, runDir, settings: shownSettings(config), told };
  const open = trackers.map((tracker) => startTracker(tracker, given));
  try {
    await untilAborted(() => Promise.all(open.map(({ installed }) => installed)), signal);
  } catch (error) {
    for (const one of open) one.kill();
    throw error;
  }
  return {
    count: trackers.length,
    [Symbol.asyncDispose]: async () => void (await Promise.all(open.map((one) => one.farewell()))),
  };
}

interface Given {
  python: string;
  runDir: string;
  /** JSON of name -> value. */
  settings: string;
  told: (message: string) => void;
}

function startTracker(tracker: Tracker, { python, runDir, settings, told }: Given) {
  const { kind } = tracker;
  const child = execa(
    python,
    ['-P', '-m', 'medgr2', 'track', runDir, '--tracker', JSON.stringify(tracker), '--config', settings],
    {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: { file: join(runDir, runFiles.logs, 'trackers.log'), append: true },
      lines: true,
      buffer: false,
      reject: false,
      detached: true, // Ctrl-C is for the run, which tells its end
      env: pythonVariables(python),
      extendEnv: false,
    },
  );
  // With the servers that a client has started, which hold its output open.
  const end = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  // When the run's events have ended, standard error is what is left.
  let tell = told;
  let isLate = false;
  const installed = Promise.withResolvers<void>();
  installed.promise.catch(() => {}); // of several that are missing one is told
  const listening = (async () => {
    for await (const line of child.iterable()) {
      const { data } = lineSchema.safeParse(jsonOrNull(line));
      if (data === undefined) continue; // a client's own words
      if ('ready' in data) installed.resolve();
      else if ('missing' in data) installed.reject(notInstalled(data.missing));
      else if ('failed' in data) tell(`the tracker ${kind} failed and hears no more: ${data.message}`);
      else
        tell(
          `the tracker ${kind} has given no answer for ${data.seconds} s: the run goes on without it; what it has not heard is told ` +
            'when it answers, or when the same command is given again',
        );
    }
    const { exitCode } = await child;
    installed.resolve();
    if (isLate)
      tell(
        `the tracker ${kind} was not done within ${longestFarewell / 1000} s; what it has not heard is told when the same command is given again`,
      );
    else if (exitCode !== 0)
      tell(
        `the tracker ${kind} hears no more: its process ended (exit code ${exitCode}); see ${runFiles.logs}/trackers.log`,
      );
  })();
  listening.catch(() => {});
  return {
    installed: installed.promise,
    kill: (): void => {
      tell = () => {};
      end();
    },
    farewell: async (): Promise<void> => {
      tell = (message) => process.emitWarning(message);
      child.stdin.end();
      const late = setTimeout(() => {
        isLate = true;
        end();
      }, longestFarewell);
      await listening.catch(() => {});
      clearTimeout(late);
    },
  };
}

function checkVariables(trackers: readonly Tracker[]): void {
  for (const { kind, online } of trackers) {
    const empty = online ? onlineVariables[kind].filter((name) => (process.env[name] ?? '') === '') : [];
    if (empty.length > 0)
      throw new ConfigError(
        'tracker-variable',
        `${kind} is to be told online, and ${empty.join(' and ')} is not set.`,
        {
          remedy: `Set ${empty.join(' and ')} in the environment, or leave online: true out: figures are then files in the run folder.`,
        },
      );
  }
}

const notInstalled = (name: string): BridgeError =>
  new BridgeError('python-package-missing', `A tracker needs the Python package \`${name}\`.`, {
    tried: 'tell trackers',
    remedy: `Run \`${medgr2} setup --with trackers\`, or leave trackers out.`,
  });
