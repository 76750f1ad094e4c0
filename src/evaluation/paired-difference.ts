/**
 * Two models on the same questions: how much better the second is, how sure that is, and a test. Pure. Questions about one image
 * or patient are no independent evidence: they are drawn, and change sides, together.
 */
import { z } from 'zod';
import { seededRandom } from '../random.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { mcnemar } from './mcnemar.js';

export const pairedDifferenceSchema = z.object({
  /** Questions, and the images or patients that they are about. */
  n: z.int(),
  clusters: z.int(),
  /** Accuracy of the second less that of the first, in [-1, 1]. */
  difference: z.number(),
  /** 95 %; null without questions. */
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** Two-sided: McNemar's exact test, or its like where whole clusters change sides. */
  pValue: z.number(),
  test: z.enum(['mcnemar', 'cluster-sign-flip']),
});
export type PairedDifference = z.output<typeof pairedDifferenceSchema>;

/** One question as both models answered it. */
export interface PairedAnswer {
  first: boolean;
  second: boolean;
  /** Its image, or its patient. */
  cluster: string;
}

const both: Interval = { low: -1, high: 1 };

/** @param seed Of the bootstrap, and of the draws of the test. */
export function pairedDifference(pairs: readonly PairedAnswer[], seed = 0): PairedDifference {
  const gains = pairs.map(({ first, second }) => Number(second) - Number(first));
  const clusters = pairs.map(({ cluster }) => cluster);
  const count = new Set(clusters).size;
  const { interval } = bootstrapIntervals(pairs.length, (rows) => ({ interval: meanOf(gains, rows) }), {
    seed,
    clusters,
    bounds: both,
    resamples: pairs.length === 0 ? 0 : 2000,
  });
  const difference = pairs.length === 0 ? 0 : sum(gains) / pairs.length;
  const alone = count === pairs.length;
  return {
    n: pairs.length,
    clusters: count,
    difference,
    interval: interval ?? aboutConstant(difference, count),
    pValue: alone
      ? mcnemar(
          pairs.map(({ first }) => first),
          pairs.map(({ second }) => second),
        ).pValue
      : signFlip(gains, clusters, seed),
    test: alone ? 'mcnemar' : 'cluster-sign-flip',
  };
}

/** Better or worse beyond chance: both the test and the interval say so, since either alone is too sure of few clusters. */
export function verdictOf({ interval, pValue }: Pick<PairedDifference, 'interval' | 'pValue'>) {
  if (interval === null || pValue >= 0.05) return 'no different';
  return interval.low > 0 ? 'better' : interval.high < 0 ? 'worse' : 'no different';
}

/** Where all questions say the same, mostly that the two do not differ, a bootstrap has no width: the rule of three has. */
function aboutConstant(difference: number, clusters: number): Interval | null {
  if (clusters === 0) return null;
  const width = 1 - 0.025 ** (1 / clusters);
  return { low: Math.max(-1, difference - width), high: Math.min(1, difference + width) };
}

const draws = 10_000;

/** If the two were alike, each cluster's gain might as well have been its loss. */
function signFlip(gains: readonly number[], clusters: readonly string[], seed: number): number {
  const sums = [...Map.groupBy(gains.keys(), (row) => clusters[row]).values()]
    .map((rows) => sum(rows.map((row) => gains[row] as number)))
    .filter((gain) => gain !== 0);
  const seen = Math.abs(sum(sums));
  const random = seededRandom('sign flips', seed);
  let extreme = 0;
  for (let draw = 0; draw < draws; draw++) {
    let total = 0;
    for (const gain of sums) total += random.next() < 0.5 ? gain : -gain;
    if (Math.abs(total) >= seen) extreme++;
  }
  return (extreme + 1) / (draws + 1);
}

function meanOf(values: readonly number[], rows: Int32Array): number {
  let total = 0;
  for (const row of rows) total += values[row] as number;
  return total / rows.length;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
