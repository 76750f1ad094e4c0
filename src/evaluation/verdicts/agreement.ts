/** How far two readers agree beyond chance: Cohen's kappa on the samples that both judged; and how often they err. Pure. */
import { bootstrapIntervals } from '../bootstrap.js';
import type { Estimate } from './estimate.js';
import { verdictKinds, type Verdict } from './reader-verdict.js';

/** Of the two readers who judged most samples in common; null where none did, or both said one and the same of all. */
export function readersKappa(standing: readonly Verdict[]): (Estimate & { readers: [string, string] }) | null {
  const shared = mostShared(standing);
  if (shared === null) return null;
  const { readers, pairs } = shared;
  const n = pairs.length;
  const all = agreementOf(pairs, Int32Array.from(pairs.keys()));
  const value = kappaOf(all);
  if (value === null) return null;
  const { kappa: drawn } = bootstrapIntervals(n, (rows) => ({ kappa: kappaOf(agreementOf(pairs, rows)) }), {
    seed: 0,
    // The page asks after every verdict: of thousands of pairs fewer draws are as telling.
    resamples: Math.max(200, Math.min(1000, Math.floor(500_000 / n))),
    bounds: { low: -1, high: 1 },
  });
  // Of readers who always agree every draw says the same: how often they might not is bounded by the rule of three.
  const { low, high } = drawn ?? { low: value - (1 - 0.025 ** (1 / n)) / (1 - all.chance), high: value };
  return { value, low: Math.max(-1, low), high, n, readers };
}

/** Fewer in common say nothing of how often a reader errs. */
const leastShared = 20;

/**
 * How often a reader accepts what is wrong or refuses what is right, from how often two of them differ in that: alike and apart in
 * their errors, they differ in 2·e·(1 − e) of the samples. Null where they share too few, or differ as by chance.
 */
export function readerErrorOf(standing: readonly Verdict[]): number | null {
  const pairs = mostShared(standing)?.pairs ?? new Uint8Array();
  const accept = verdictKinds.indexOf('accept');
  const differ =
    pairs.filter((pair) => (firstOf(pair) === accept) !== (secondOf(pair) === accept)).length / pairs.length;
  return pairs.length < leastShared || differ >= 0.5 ? null : (1 - Math.sqrt(1 - 2 * differ)) / 2;
}

const kinds = verdictKinds.length;
/** What both said of a sample, as one number: thousands of them are drawn a thousand times. */
const pairOf = (first: number, second: number): number => first * kinds + second;
const firstOf = (pair: number): number => Math.floor(pair / kinds);
const secondOf = (pair: number): number => pair % kinds;

function mostShared(standing: readonly Verdict[]): { readers: [string, string]; pairs: Uint8Array } | null {
  const byReader = Map.groupBy(
    standing.filter(({ verdict }) => verdict !== 'skip'),
    ({ reader }) => reader,
  );
  const said = [...byReader]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, given]) => {
      const kindOf = new Map(given.map(({ item, verdict }) => [item, verdictKinds.indexOf(verdict)]));
      return { name, kindOf };
    });
  let most: { readers: [string, string]; pairs: Uint8Array } | null = null;
  for (const [at, first] of said.entries())
    for (const second of said.slice(at + 1)) {
      const pairs = [...first.kindOf].flatMap(([item, kind]) => {
        const other = second.kindOf.get(item);
        return other === undefined ? [] : [pairOf(kind, other)];
      });
      if (pairs.length > (most?.pairs.length ?? 0))
        most = { readers: [first.name, second.name], pairs: Uint8Array.from(pairs) };
    }
  return most;
}

/** Shares in [0, 1]. */
interface Agreement {
  observed: number;
  /** How often they would agree if each said what it says as often as it does, of any sample. */
  chance: number;
}

function agreementOf(pairs: Uint8Array, rows: Int32Array): Agreement {
  const counts = new Uint32Array(kinds * kinds);
  for (const row of rows) {
    const pair = pairs[row] as number;
    counts[pair] = (counts[pair] as number) + 1;
  }
  const places = verdictKinds.map((_, kind) => kind);
  const count = (first: number, second: number): number => counts[pairOf(first, second)] as number;
  const total = (of: (kind: number) => number): number => places.reduce((sum, kind) => sum + of(kind), 0);
  return {
    observed: total((kind) => count(kind, kind)) / rows.length,
    chance:
      total((kind) => total((other) => count(kind, other)) * total((other) => count(other, kind))) / rows.length ** 2,
  };
}

/** Null where both always say one and the same: agreement by chance is then certain. */
const kappaOf = ({ observed, chance }: Agreement): number | null =>
  chance > 1 - 1e-12 ? null : (observed - chance) / (1 - chance);
