/**
 * Opens, runs and ends a run.
 * One attempt at the work of a run folder: the folder locked and opened with all that stages need, the work done, and its
 * end told by event and error, whichever way it comes. Recipes and stages alone both run within this.
 */
import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import { diskError } from '../disk.js';
import { InterruptedError, messageOf, PausedError } from '../errors.js';
import { openTrackers } from './trackers/open-trackers.js';
import { openSinks } from './parts/event-sinks.js';
import type { LoopParts, RunParts } from './parts/loop-parts.js';
import { recordParts } from './parts/recorded-parts.js';
import type { LoopEngine, RunContext } from './run-context.js';
import type { RunEvent, TimedEvent } from './run-events.js';
import { openEvents } from './folder/event-file.js';
import { openWhenNeeded } from './run-engine.js';
import { openOutputChecks } from './folder/output-hashes.js';
import { openLedger, type Ledger } from './folder/ledger.js';
import { openModelContents } from './inputs/model-content.js';
import { openRunFolder } from './folder/open-run-folder.js';
import { listenForRequests } from './folder/stop-requests.js';
import { runFiles } from './folder/run-folder.js';
import { startStageClock } from './stage-clock.js';
import { emptyLog } from './guards/alarm.js';

/** How a run is watched and stopped, and where its folder is. */
export interface RunOptions {
  /** Folder of the run; made where it is missing, continued where it holds a run. */
  runDir: string;
  /** Parts of the loop that are replaced or added. */
  parts?: LoopParts | undefined;
  /** Called with every event, after it is in events.jsonl. If it throws or rejects, the run goes on, with a warning. */
  onEvent?: ((event: TimedEvent) => unknown) | undefined;
  /** Stops the run: a job at work saves its checkpoint first, and replies that came are kept. The same call later continues. */
  signal?: AbortSignal | undefined;
  /** An engine of the caller's own, which stays open; by default one is opened when needed, and closed. */
  engine?: LoopEngine | undefined;
  /** Finished stages whose inputs changed are done again; else the run stops and names what changed. */
  redo?: boolean | undefined;
  /** The next cycle that begins learns from the verdicts of experts (verdicts.jsonl). */
  withVerdicts?: boolean | undefined;
  /** A run goes on with other versions of what it computes with; else it stops and names them. */
  allowVersionChange?: boolean | undefined;
}

/** How an attempt ended. */
export type EndStatus = Extract<RunEvent, { type: 'run-end' }>['status'];

/** What an attempt has before its data are read. */
export type OpenedRun = Omit<RunContext, 'data' | 'gold' | 'images'>;

export interface Attempt<Result> {
  /** What is stopped, as an error says it: `the run`. */
  what: string;
  /** As `settleParts` made them of the options and the configuration. */
  parts: RunParts;
  /** What a person is to know from the start. */
  warnings?: readonly string[] | undefined;
  /** What screens draw before it happens. */
  shape?: Pick<Extract<RunEvent, { type: 'run-start' }>, 'plan' | 'arms'>;
  work(opened: OpenedRun): Promise<Result>;
  /** Called before the end is told. */
  ended?(status: EndStatus, error: string | null): void;
}

/**
 * @param runDir Absolute.
 * @throws InterruptedError when stopped by the signal or by a request; whatever the work throws. The folder can be
 * continued in each case.
 */
export async function attempt<Result>(
  config: Config,
  runDir: string,
  options: RunOptions,
  { what, parts, warnings = [], shape = {}, work, ended }: Attempt<Result>,
): Promise<Result> {
  // Closed from last to first: the engine, then what listens, then the lock.
  await using held = new AsyncDisposableStack();
  const { lock, told } = openRunFolder(runDir, config);
  held.use(lock);
  const holds = lock.confirm;
  const started = performance.now();
  const clock = startStageClock();
  const requests = held.use(listenForRequests(runDir, anyOf(options.signal, lock.lost)));
  const { signal } = requests;
  const hear = (event: TimedEvent): unknown => {
    sinks.tell(event);
    return options.onEvent?.(event);
  };
  const emit: RunContext['emit'] = openEvents(join(runDir, runFiles.events), hear, holds);
  const warn = (message: string): void => emit({ type: 'warning', message });
  // What is said before the run's first event comes after it.
  let heard = (message: string): void => void told.push(message);
  const sinkFiles = { events: join(runDir, runFiles.events), positions: join(runDir, runFiles.sinks) };
  const sinks = held.use(openSinks(parts.sinks, sinkFiles, (message) => heard(message)));
  const { redo = false, withVerdicts = false, allowVersionChange = false } = options;
  const engine = held.use(
    openWhenNeeded(runDir, options.engine, config.executor, { signal, emit, holds, allowVersionChange }),
  );
  const end = (status: EndStatus, error: string | null): void => {
    holds();
    ended?.(status, error);
    emit({ type: 'run-end', status, seconds: Math.round(performance.now() - started) / 1000, error });
  };
  try {
    held.use(await openTrackers(config, runDir, (message) => heard(message), signal));
    const ledger = openLedger(join(runDir, runFiles.ledger), holds);
    const outputs = openOutputChecks();
    const { seed, cycles } = config;
    emit({ type: 'run-start', runDir, seed, cycles, ...shape, resumed: ledger.size > 0 });
    heard = warn;
    for (const message of [...told, ...damageOf(ledger), ...warnings]) warn(message);
    recordParts(runDir, parts, { begun: ledger.size > 0, redo, holds, told: warn });
    const result = await work({
      config,
      parts,
      arm: null,
      runDir,
      engine: engine.open,
      ledger,
      guardLog: emptyLog(),
      holds,
      redo,
      withVerdicts,
      outputs,
      models: openModelContents(join(runDir, runFiles.models), outputs, { holds }),
      signal,
      emit,
      beforeStage: (next) => requests.beforeStage(next, emit),
      clock,
      now: () => new Date().toISOString(),
    });
    end('complete', null);
    return result;
  } catch (thrown) {
    const error = lock.lost.aborted ? lock.lost.reason : diskError(thrown);
    // Whatever the disk makes of this end, what ended the run is what the person is told.
    const tell = (status: EndStatus, message: string | null): void => {
      try {
        end(status, message);
      } catch {}
    };
    if (lock.lost.aborted) throw error;
    if (signal.aborted) {
      tell('interrupted', null);
      throw new InterruptedError('interrupted', `${what} was stopped`, {
        cause: error,
        where: runDir,
        remedy: 'Give the same command again to continue it.',
      });
    }
    // A pause on purpose, as when the budget is spent, is no failure.
    if (error instanceof PausedError) tell('interrupted', error.message);
    else tell('failed', messageOf(error));
    throw error;
  }
}

const anyOf = (given: AbortSignal | undefined, lost: AbortSignal): AbortSignal =>
  given === undefined ? lost : AbortSignal.any([given, lost]);

function damageOf({ damagedLines }: Ledger): string[] {
  if (damagedLines.length === 0) return [];
  return [
    `${runFiles.ledger} was damaged in line ${damagedLines.join(', ')} and was written anew from the others ` +
      `(as it was: ${runFiles.ledger}.damaged); what it said stands in the folders of the stages, too`,
  ];
}
