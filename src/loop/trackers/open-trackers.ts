/**
 * Tells a run's trackers by a process of Python's that reads events.jsonl (py/medgr2/trackers): what it does, and whether it lives, is
 * no matter of the run. It starts before any stage, so that a tracker that cannot be told is said while nothing has been spent.
 */
import { execa } from 'execa';
import { join } from 'node:path';
import { z } from 'zod';
import { ensurePython } from '../../bridge/environment/make-environment.js';
import { pythonVariables } from '../../bridge/environment/python-variables.js';
import { medgr2 } from '../../called-as.js';
import type { Config } from '../../config/schema.js';
import { onlineVariables, trackersOf, type Tracker } from '../../config/trackers.js';
import { BridgeError, ConfigError } from '../../errors.js';
import { runFiles } from '../folder/run-folder.js';
import { shownSettings } from './shown-settings.js';

/** Milliseconds that a tracker gets to write, or send, what is left when the run is over. */
const longestFarewell = 120_000;

const lineSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ failed: z.string(), message: z.string() }),
]);

export interface Trackers extends AsyncDisposable {
  readonly count: number;
}

/**
 * @param told Hears once of a tracker that failed on the way.
 * @throws ConfigError `tracker-variable` where one is to be told online and its variables are empty.
 * @throws BridgeError `python-package-missing` where a client is not installed, `tracker-failed` where it cannot begin.
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
  const child = execa(
    python,
    ['-P', '-m', 'medgr2', 'track', runDir, '--trackers', JSON.stringify(trackers), '--config', shownSettings(config)],
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
  // When the run's events have ended, standard error is what is left.
  let tell = told;
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  const listening = (async () => {
    for await (const line of child.iterable()) {
      const parsed = lineSchema.safeParse(asJson(line));
      if (!parsed.success) continue; // a client's own words
      if ('ready' in parsed.data) ready.resolve();
      else ready.reject(refusal(parsed.data, runDir));
      if ('failed' in parsed.data)
        tell(`the tracker ${parsed.data.failed} failed and hears no more: ${parsed.data.message}`);
    }
    const { exitCode } = await child;
    ready.reject(refusal({ failed: 'start', message: `it ended with exit code ${exitCode}` }, runDir));
    if (exitCode !== 0)
      tell(`trackers hear no more: their process ended (exit code ${exitCode}); see ${runFiles.logs}/trackers.log`);
  })();
  listening.catch(() => {});
  await ready.promise;
  return {
    count: trackers.length,
    [Symbol.asyncDispose]: async () => {
      tell = (message) => process.emitWarning(message);
      child.stdin.end();
      const late = setTimeout(() => child.kill('SIGKILL'), longestFarewell);
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

function refusal({ failed, message }: { failed: string; message: string }, runDir: string): BridgeError {
  const where = join(runDir, runFiles.logs, 'trackers.log');
  if (failed === 'package')
    return new BridgeError('python-package-missing', `A tracker needs the Python package \`${message}\`.`, {
      tried: 'tell trackers',
      where,
      remedy: `Run \`${medgr2} setup --with trackers\`, or leave trackers out.`,
    });
  return new BridgeError('tracker-failed', `A tracker cannot be told: ${message}.`, {
    tried: 'tell trackers',
    where,
    remedy: 'Mend what the log of the trackers says, or leave trackers out.',
  });
}

function asJson(line: unknown): unknown {
  try {
    return JSON.parse(String(line));
  } catch {
    return null;
  }
}
