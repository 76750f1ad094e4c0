/**
 * Time limits that count only the time in which this process could run. One that was frozen (`docker pause`, a batch
 * system's suspend, a laptop's lid) wakes up with every ordinary timer overdue, though nobody was late.
 */

export interface AwakeTimer {
  cancel(): void;
}

/** Longest time between two looks at the clock, in milliseconds. */
const longestStep = 1_000;

/** Calls back once after so many milliseconds awake. It keeps Node alive, as setTimeout does. */
export function afterAwake(milliseconds: number, callback: () => void): AwakeTimer {
  const step = Math.min(longestStep, Math.max(1, milliseconds / 8));
  let left = milliseconds;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    left -= awakePart(now - last, step);
    last = now;
    // A timer may come a fraction of a millisecond early.
    if (left < 1) callback();
    else timer = setTimeout(look, Math.min(left, step));
  };
  let timer = setTimeout(look, Math.min(left, step));
  return { cancel: () => clearTimeout(timer) };
}

/** Of the time between two looks, what counts: a busy event loop is a little late, a frozen process much. */
export function awakePart(passed: number, step: number): number {
  return passed > 2 * step + longestStep ? step : passed;
}

/** Resolves after so many milliseconds awake; rejects with the signal's reason when it aborts. */
export function sleepAwake(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = afterAwake(milliseconds, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
