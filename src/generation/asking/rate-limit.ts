/**
 * Rate limit: requests and tokens a minute, and requests at once.
 * Lets requests start no faster than the provider allows: a stated rate of requests and tokens, and a concurrency that
 * adapts, halved when refusals (429, 503) pile up and raised again by answers. Waiting tries again are retry.ts's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProviderCallError } from '../../providers/call-error.js';
import type { Usage } from '../../providers/provider.js';

export interface GateOptions {
  /** Most requests at a time. */
  concurrency: number;
  requestsPerMinute?: number | undefined;
  /** Input and output together. */
  tokensPerMinute?: number | undefined;
  /** Longest pause for a provider that names one, in milliseconds. */
  longestPauseMs: number;
}

/** Of one request that was let through; exactly one of its methods is called when it ends. */
export interface Pass {
  answered(usage: Usage | null): void;
  failed(error: ProviderCallError | null): void;
}

export interface Gate {
  /** Resolves when a request may start; rejects when the signal aborts. */
  enter(signal: AbortSignal): Promise<Pass>;
  /** Requests at a time as of now. */
  readonly allowed: number;
}

/** Refusals among the latest outcomes that make the gate narrower: more than one in five of at least eight. */
const window = { most: 40, least: 8, share: 0.2 };
/** Tokens that a request is taken for until one was answered: an image, a prompt and a reply of common size. */
const firstGuess = 1_500;

export function createGate(options: GateOptions): Gate {
  const { concurrency, longestPauseMs } = options;
  const requests = pace(options.requestsPerMinute);
  const tokens = pace(options.tokensPerMinute);
  const waiting: (() => void)[] = [];
  const recent: boolean[] = [];
  let allowed = concurrency;
  let inFlight = 0;
  let pausedUntil = 0;
  let tokensEach = firstGuess;

  const leave = (refused: boolean): void => {
    inFlight--;
    recent.push(refused);
    if (recent.length > window.most) recent.shift();
    if (!refused) allowed = Math.min(concurrency, allowed + 1 / allowed);
    else if (recent.length >= window.least && recent.filter(Boolean).length > window.share * recent.length) {
      allowed = Math.max(1, allowed / 2);
      recent.length = 0;
    }
    for (let free = Math.floor(allowed) - inFlight; free > 0 && waiting.length > 0; free--) waiting.shift()?.();
  };
  const passOf = (guess: number): Pass => ({
    answered: (usage) => {
      if (usage !== null) {
        const used = usage.inputTokens + usage.outputTokens;
        tokens.correct(used - guess);
        tokensEach = tokensEach === firstGuess ? used : tokensEach * 0.9 + used * 0.1;
      }
      leave(false);
    },
    failed: (error) => {
      // A refused request used no tokens.
      tokens.correct(-guess);
      const refused = error?.failure === 'rate-limited' || error?.failure === 'overloaded';
      const asked = error?.failure === 'rate-limited' ? (error.retryAfterMs ?? 0) : 0;
      // The account as a whole is over its rate: others need not find that out one by one.
      if (asked <= longestPauseMs) pausedUntil = Math.max(pausedUntil, performance.now() + asked);
      leave(refused);
    },
  });
  return {
    get allowed() {
      return Math.floor(allowed);
    },
    enter: async (signal) => {
      while (inFlight >= Math.floor(allowed)) await turn(waiting, signal);
      inFlight++;
      const guess = tokensEach;
      const at = Math.max(requests.reserve(1), tokens.reserve(guess));
      try {
        for (let wait = 0; (wait = Math.max(at, pausedUntil) - performance.now()) > 0;)
          await sleep(wait, undefined, { signal });
        signal.throwIfAborted();
      } catch (aborted) {
        leave(false);
        throw aborted;
      }
      return passOf(guess);
    },
  };
}

/** Spaces out what is counted per minute, evenly: a provider counts in windows of its own that nobody knows. */
function pace(perMinute: number | undefined) {
  const each = perMinute === undefined ? 0 : 60_000 / perMinute;
  let next = 0;
  return {
    /** The time from which so much may be used. */
    reserve: (units: number): number => {
      const at = Math.max(performance.now(), next);
      next = at + units * each;
      return at;
    },
    correct: (units: number): void => {
      next += units * each;
    },
  };
}

function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const proceed = (): void => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      const place = waiting.indexOf(proceed);
      if (place !== -1) waiting.splice(place, 1);
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    waiting.push(proceed);
    signal.addEventListener('abort', stop, { once: true });
  });
}
