/** When and how the simulated teacher fails: decided by the request's content, so that the same request fails alike. */
import { seededRandom } from '../../random.js';

/** Shares of requests in [0, 1]. The first four exclude each other and hold for every try; all default to 0. */
export interface FaultRates {
  /** The reply is cut JSON or plain prose. */
  malformed?: number;
  /** A candidate without text. */
  empty?: number;
  /** The prompt is refused. */
  blocked?: number;
  /** The reply ends at the token limit. */
  truncated?: number;
  /** 503 or 429 with RetryInfo, on the first try of a request only. */
  overloaded?: number;
  /** 500, on the first try only. */
  failing?: number;
  /** No answer at all, on the first try only: the client has to cut it. */
  stalled?: number;
}

export type LastingFault = 'malformed' | 'empty' | 'blocked' | 'truncated';
const lastingFaults = ['malformed', 'empty', 'blocked', 'truncated'] as const;

/** The fault that every try of this request meets, or null. */
export function lastingFault(rates: FaultRates, seed: number, contentKey: string): LastingFault | null {
  let draw = seededRandom(seed, 'lasting fault', contentKey).next();
  for (const fault of lastingFaults) {
    draw -= rates[fault] ?? 0;
    if (draw < 0) return fault;
  }
  return null;
}

/** The refusal that the first try of this request meets, or null. */
function overload(rates: FaultRates, seed: number, contentKey: string): 503 | 429 | null {
  const random = seededRandom(seed, 'overload', contentKey);
  if (random.next() >= (rates.overloaded ?? 0)) return null;
  return random.next() < 0.5 ? 503 : 429;
}

/** What the first try of this request meets in place of an answer, or null. */
export function firstTryFault(rates: FaultRates, seed: number, contentKey: string): 503 | 429 | 500 | 'stalled' | null {
  const refusal = overload(rates, seed, contentKey);
  if (refusal !== null) return refusal;
  const draw = seededRandom(seed, 'first try', contentKey).next();
  const failing = rates.failing ?? 0;
  if (draw < failing) return 500;
  return draw < failing + (rates.stalled ?? 0) ? 'stalled' : null;
}

/** A reply no parser can use: JSON cut off within, or prose in its place. */
export function malformed(json: string, seed: number, contentKey: string): string {
  const random = seededRandom(seed, 'malformed', contentKey);
  if (random.next() < 0.3) return 'I am sorry, I can only describe the image in general terms.';
  return json.slice(0, 2 + random.int(Math.max(1, json.length - 3)));
}

export interface Latency {
  /** Median, in milliseconds. */
  median: number;
  /** Standard deviation of the logarithm; 0 gives the same latency always, 0.5 a long tail. */
  sigma: number;
}

/** Log-normal, drawn from the request's content. */
export function latencyOf(latency: Latency, seed: number, contentKey: string): number {
  if (latency.sigma === 0) return latency.median;
  return latency.median * Math.exp(latency.sigma * seededRandom(seed, 'latency', contentKey).normal());
}
