/**
 * What verdicts on a drawn queue say of all candidates: precision of what was accepted, recall of the filter; each verdict
 * weighted by the inverse of its inclusion probability (Hájek's ratio). Pure.
 *
 * The figures are of what the readers would say of every candidate. Where their own error is known (`readerError`), they are
 * turned into what is true of the candidates (Rogan and Gladen 1978).
 */
import { wilsonInterval } from '../wilson.js';
import type { Interval } from '../bootstrap.js';
import type { Estimate } from './estimate.js';
import { consensusOf, type Verdict } from './reader-verdict.js';
import { queueParts, type QueueItem, type QueuePart } from './queue-design.js';

/** The queue of one cycle, and how many candidates it was drawn from. */
export interface DrawnQueue {
  cycle: number;
  candidates: Readonly<Record<QueuePart, number>>;
  items: readonly QueueItem[];
}

export interface EstimateOptions {
  /** How often a reader says the wrong thing of a sample, of true and of wrong ones alike; in [0, 0.5). */
  readerError?: number | undefined;
}

/** @param queues Of one cycle or more; those without verdicts say nothing, and the figures are of the others. */
export function reviewEstimates(
  queues: readonly DrawnQueue[],
  standing: readonly Verdict[],
  { readerError = 0 }: EstimateOptions = {},
): { precision: Estimate | null; recall: Estimate | null } {
  const said = consensusOf(standing);
  const judged = queues.map((queue) => ({
    queue,
    items: queue.items.flatMap((item) => {
      const accepted = said.get(item.id)?.accepted;
      return accepted === undefined ? [] : [{ ...item, accepted }];
    }),
  }));
  const [accepted, rejected] = queueParts.map((part) => {
    const cells = judged.map(({ queue, items }) => ({
      size: queue.candidates[part],
      drawn: queue.items.filter((item) => item.part === part).length,
      items: items.filter((item) => item.part === part),
    }));
    return { ...shareOf(cells, readerError), whole: cells.every(({ size, items }) => size === 0 || items.length > 0) };
  }) as [Part, Part];
  return {
    precision: accepted.estimate,
    // A cycle of which one part is not judged at all would be missing from that part alone.
    recall: accepted.whole && rejected.whole ? recallOf(accepted, rejected) : null,
  };
}

interface Part {
  estimate: Estimate | null;
  /** Candidates that the estimate is of. */
  size: number;
  /** Every cycle has verdicts in it. */
  whole: boolean;
}

/** The judged items of one part of one cycle. */
interface Cell {
  /** Candidates that it was drawn from. */
  size: number;
  /** Items of the queue, judged or not. */
  drawn: number;
  items: readonly { probability: number; accepted: number }[];
}

function shareOf(cells: readonly Cell[], error: number): Omit<Part, 'whole'> {
  const known = cells.filter(({ items }) => items.length > 0);
  const size = sum(known.map((cell) => cell.size));
  const n = sum(known.map(({ items }) => items.length));
  if (n === 0) return { estimate: null, size };
  let [value, variance, kish] = [0, 0, 0];
  for (const { size: of, drawn, items } of known) {
    // The order is random: those who were judged so far are a random part of the queue.
    const seen = items.length / drawn;
    const all = sum(items.map(({ probability }) => 1 / probability));
    const mean = sum(items.map(({ probability, accepted }) => accepted / probability)) / all;
    const part = of / size;
    value += part * mean;
    for (const { probability, accepted } of items) {
      const weight = part / probability / all;
      const unseen = 1 - probability * seen;
      variance += weight ** 2 * unseen * (accepted - mean) ** 2 * (items.length / Math.max(1, items.length - 1));
      kish += weight ** 2 * unseen;
    }
  }
  // A reader errs anew with each verdict: that stays unsure even where all candidates are judged.
  const interval = shareInterval(value, { variance, kish, noise: (error * (1 - error)) / size });
  const right = (share: number): number => Math.min(1, Math.max(0, (share - error) / (1 - 2 * error)));
  return {
    estimate: { value: right(value), low: right(interval.low), high: right(interval.high), n },
    size,
  };
}

/** Wilson's interval at the number of plainly drawn rows that would be as unsure: by their weights, or by their spread. */
function shareInterval(
  value: number,
  { variance, kish, noise }: { variance: number; kish: number; noise: number },
): Interval {
  const spread = value * (1 - value);
  const unsure = spread > 0 ? Math.max(kish, variance / spread) + noise / spread : kish;
  // Every candidate was judged.
  if (unsure <= 0) return { low: value, high: value };
  const rows = 1 / unsure;
  return wilsonInterval(value * rows, rows) ?? { low: 0, high: 1 };
}

/** Accepted good ones among all good ones; its interval from those of the two shares (MOVER for a ratio: Donner and Zou 2012). */
function recallOf(accepted: Part, rejected: Part): Estimate | null {
  if (accepted.estimate === null || accepted.size === 0) return null;
  const none: Estimate = { value: 0, low: 0, high: 0, n: 0 };
  const a = scaled(accepted.estimate, accepted.size);
  const b = scaled(rejected.size === 0 ? none : (rejected.estimate ?? none), rejected.size);
  if (a.value + b.value === 0) return null;
  const n = accepted.estimate.n + (rejected.estimate?.n ?? 0);
  // lost / kept, of which recall is 1 / (1 + ratio).
  const bound = (lost: number, kept: number, sign: 1 | -1): number => {
    const product = a.value * b.value;
    const keptPart = kept * (2 * a.value - kept);
    const root = Math.sqrt(Math.max(0, product ** 2 - lost * (2 * b.value - lost) * keptPart));
    return keptPart <= 0 ? Number.POSITIVE_INFINITY : Math.max(0, (product + sign * root) / keptPart);
  };
  return {
    value: a.value / (a.value + b.value),
    low: 1 / (1 + bound(b.high, a.low, 1)),
    high: 1 / (1 + bound(b.low, a.high, -1)),
    n,
  };
}

const scaled = ({ value, low, high }: Estimate, by: number) => ({ value: value * by, low: low * by, high: high * by });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
