/** One place that says a generation must stop, and why: the caller's signal, a defect, or a provider of no use. */
import { setMaxListeners } from 'node:events';
import { InterruptedError, Medgr2Error } from '../errors.js';

export interface Stop extends Disposable {
  /** Aborts when the generation must stop; the calls in flight listen to it. */
  readonly signal: AbortSignal;
  /** The first reason stays. */
  halt(reason: unknown): void;
  /** The reason, or null while there is none. */
  reason(): unknown;
}

/** @param work What is stopped, at the beginning of a sentence. */
export function createStop(callerSignal: AbortSignal | undefined, work: string): Stop {
  const controller = new AbortController();
  // Every request in flight listens, which is more than the ten that Node warns about.
  setMaxListeners(0, controller.signal);
  const halt = (reason: unknown): void => {
    if (!controller.signal.aborted) controller.abort(reason);
  };
  const interrupt = (): void => halt(interruption(callerSignal?.reason, work));
  if (callerSignal?.aborted) interrupt();
  callerSignal?.addEventListener('abort', interrupt, { once: true });
  return {
    signal: controller.signal,
    halt,
    reason: () => (controller.signal.aborted ? controller.signal.reason : null),
    [Symbol.dispose]: () => callerSignal?.removeEventListener('abort', interrupt),
  };
}

function interruption(reason: unknown, work: string): Medgr2Error {
  if (reason instanceof Medgr2Error) return reason;
  return new InterruptedError('generation-interrupted', `${work} was interrupted.`, {
    remedy: 'Run the same command again: it continues with the requests that are not answered yet.',
    cause: reason,
  });
}
