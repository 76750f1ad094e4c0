/** How far two readers agree beyond chance: Cohen's kappa on the samples that both judged; and how often they err. Pure. */
import { bootstrapIntervals } from '../bootstrap.js';
import type { Estimate } from './estimate.js';
import type { Verdict } from './reader-verdict.js';

/** Of the two readers who judged most samples in common; null where none did, or both said one and the same of all. */
export function readersKappa(standing: readonly Verdict[]): (Estimate & { readers: [string, string] }) | null {
  const shared = mostShared(standing);
  if (shared === null) return null;
  const { readers, pairs } = shared;
  const all = Int32Array.from(pairs.keys());
  const value = kappaOf(pairs, all);
  if (value === null) return null;
  const n = pairs.length;
  const { kappa: drawn } = bootstrapIntervals(n, (rows) => ({ kappa: kappaOf(pairs, rows) }), {
    seed: 0,
    bounds: { low: -1, high: 1 },
  });
  // Of readers who always agree every draw says the same: how often they might not is bounded by the rule of three.
  const { low, high } = drawn ?? {
    low: Math.min(value, value - (1 - 0.025 ** (1 / n)) / (1 - byChance(pairs, all))),
    high: value,
  };
  return { value, low: Math.max(-1, low), high, n, readers };
}

/** Fewer in common say nothing of how often a reader errs. */
const leastShared = 20;

/**
 * How often a reader accepts what is wrong or refuses what is right, from how often two of them differ in that: alike and apart in
 * their errors, they differ in 2·e·(1 − e) of the samples. Null where they share too few, or differ as by chance.
 */
export function readerErrorOf(standing: readonly Verdict[]): number | null {
  const pairs = mostShared(standing)?.pairs ?? [];
  const differ = pairs.filter(([a, b]) => (a === 'accept') !== (b === 'accept')).length / pairs.length;
  return pairs.length < leastShared || differ >= 0.5 ? null : (1 - Math.sqrt(1 - 2 * differ)) / 2;
}

type Pair = readonly [string, string];

function mostShared(standing: readonly Verdict[]): { readers: [string, string]; pairs: Pair[] } | null {
  const byReader = Map.groupBy(
    standing.filter(({ verdict }) => verdict !== 'skip'),
    ({ reader }) => reader,
  );
  const names = [...byReader.keys()].toSorted();
  const said = new Map(
    names.map((name) => [name, new Map((byReader.get(name) ?? []).map(({ item, verdict }) => [item, verdict]))]),
  );
  let most: { readers: [string, string]; pairs: Pair[] } | null = null;
  for (const [at, first] of names.entries())
    for (const second of names.slice(at + 1)) {
      const pairs = [...(said.get(first) ?? [])].flatMap(([item, verdict]): Pair[] => {
        const other = said.get(second)?.get(item);
        return other === undefined ? [] : [[verdict, other]];
      });
      if (pairs.length > (most?.pairs.length ?? 0)) most = { readers: [first, second], pairs };
    }
  return most;
}

/** Null where both always say one and the same: agreement by chance is then certain. */
function kappaOf(pairs: readonly Pair[], rows: Int32Array): number | null {
  const chance = byChance(pairs, rows);
  if (chance > 1 - 1e-12) return null;
  let agreed = 0;
  for (const row of rows) if (pairs[row]?.[0] === pairs[row]?.[1]) agreed++;
  return (agreed / rows.length - chance) / (1 - chance);
}

function byChance(pairs: readonly Pair[], rows: Int32Array): number {
  const [first, second] = [new Map<string, number>(), new Map<string, number>()];
  for (const row of rows) {
    const [a, b] = pairs[row] as Pair;
    first.set(a, (first.get(a) ?? 0) + 1);
    second.set(b, (second.get(b) ?? 0) + 1);
  }
  return [...first].reduce((sum, [kind, count]) => sum + count * (second.get(kind) ?? 0), 0) / rows.length ** 2;
}
