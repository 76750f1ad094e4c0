/** The review queue's design and what verdicts on it say, against a population whose truth is known. */
import { describe, expect, test } from 'vitest';
import { readerErrorOf, readersKappa } from '../../../src/evaluation/verdicts/agreement.js';
import type { Estimate } from '../../../src/evaluation/verdicts/estimate.js';
import { reviewEstimates } from '../../../src/evaluation/verdicts/estimates.js';
import {
  drawQueue,
  queuePartOf,
  type QueueCandidate,
  type QueueItem,
} from '../../../src/evaluation/verdicts/queue-design.js';
import { standingVerdicts, type Verdict, type VerdictKind } from '../../../src/evaluation/verdicts/reader-verdict.js';
import { seededRandom } from '../../../src/random.js';

const tau = 2;
/** 240 candidates, right in two of three; R_φ tells them apart somewhat, and a policy was asked about every other. */
const population = Array.from({ length: 240 }, (_, number) => {
  const random = seededRandom('population', number);
  const right = random.next() < 2 / 3;
  const score = Math.max(-6, Math.min(10, (right ? 5 : 1) + 3 * random.normal()));
  const policy = number % 2 === 0 ? null : Number(random.next() < (right ? 0.8 : 0.3));
  const part = score > tau ? ('accepted' as const) : ('rejected' as const);
  return { id: `s${number}`, part, score, policy, stratum: `m${random.int(3) * random.int(3)}`, right };
});
const candidates = {
  accepted: population.filter(({ part }) => part === 'accepted').length,
  rejected: population.filter(({ part }) => part === 'rejected').length,
};
const rightOf = new Map(population.map(({ id, right }) => [id, right]));

const verdict = (item: string, kind: VerdictKind, reader = 'A', more: Partial<Verdict> = {}): Verdict => ({
  id: crypto.randomUUID(),
  item,
  reader,
  verdict: kind,
  at: '2026-01-01T00:00:00.000Z',
  seconds: 5,
  scoreSeen: false,
  strategy: 'random-accepted',
  probability: 0.5,
  ...more,
});
const judge = (items: readonly QueueItem[], says: (id: string) => boolean): Verdict[] =>
  items.map(({ id }) => verdict(id, says(id) ? 'accept' : 'wrong-answer'));
const holds = (estimate: Estimate | null, value: number): boolean =>
  estimate !== null && estimate.low <= value + 1e-9 && estimate.high >= value - 1e-9;

describe('a queue', () => {
  test('leans to one thing alone where it is asked to, with the probabilities that go with it', () => {
    const only = { random: 0, disagreement: 1, 'near-threshold': 0, 'thin-stratum': 0 };
    const items = drawQueue(population, { size: 60, tau, seed: 1, shares: only });
    expect(new Set(items.map(({ why }) => why))).toEqual(new Set(['disagreement']));
    const plain = drawQueue(population, { size: 60, tau, seed: 1, shares: { ...only, random: 1, disagreement: 0 } });
    expect(new Set(plain.map(({ part, probability }) => `${part} ${probability.toFixed(6)}`)).size).toBe(2);
    // What is in dispute is wrong more often.
    const wrong = (shares: typeof only): number =>
      Array.from({ length: 40 }, (_, seed) => drawQueue(population, { size: 60, tau, seed, shares }))
        .flat()
        .filter(({ id }) => rightOf.get(id) === false).length;
    expect(wrong(only)).toBeGreaterThan(wrong({ ...only, random: 1, disagreement: 0 }));
  });

  test('is the same for the same candidates and seed, in whatever order they come, and of the size asked for', () => {
    const first = drawQueue(population, { size: 60, tau, seed: 1 });
    expect(drawQueue(population.toReversed(), { size: 60, tau, seed: 1 })).toEqual(first);
    expect(drawQueue(population, { size: 60, tau, seed: 2 })).not.toEqual(first);
    expect(new Set(first.map(({ id }) => id)).size).toBe(60);
    expect(first.filter(({ part }) => part === 'accepted')).toHaveLength(40);
    expect(new Set(first.map(({ why }) => why)).size).toBe(5);
    for (const { part, why } of first) if (why.startsWith('random')) expect(why).toBe(`random-${part}`);
  });

  test('holds each sample as often as its probability says', () => {
    const draws = 400;
    const seen = new Map<string, { times: number; probability: number }>();
    for (let seed = 0; seed < draws; seed++)
      for (const { id, probability } of drawQueue(population, { size: 60, tau, seed }))
        seen.set(id, { times: (seen.get(id)?.times ?? 0) + 1, probability });
    // The estimate of the population's size by each draw is right on average only where the probabilities are true.
    expect(seen.size).toBe(population.length);
    for (const { times, probability } of seen.values()) {
      const deviation = Math.sqrt(draws * probability * (1 - probability)) + 1e-9;
      expect(Math.abs(times - draws * probability) / deviation).toBeLessThan(4.5);
    }
  });

  test('is of what the filter took and of what anything refused; duplicates are D_gen’s already', () => {
    const parts = ['accepted', 'below-threshold', 'gate-failed', 'my-filter', 'overlap', 'near-duplicate', undefined];
    expect(parts.map(queuePartOf)).toEqual(['accepted', 'rejected', 'rejected', 'rejected', null, null, null]);
  });

  test('leans to disagreement, to τ and to thin strata', () => {
    const rows: QueueCandidate[] = Array.from({ length: 100 }, (_, at) => ({
      id: `${at}`,
      part: 'accepted',
      score: at === 1 ? 2.01 : 10,
      policy: at === 0 ? 0 : 1,
      stratum: at === 2 ? 'thin' : 'thick',
    }));
    const times = [0, 0, 0, 0];
    for (let seed = 0; seed < 200; seed++)
      for (const { id } of drawQueue(rows, { size: 15, tau, seed })) if (Number(id) < 4) times[Number(id)]!++;
    const [disagreed, near, thin, plain] = times as [number, number, number, number];
    expect(Math.min(disagreed, near)).toBeGreaterThan(190);
    expect(thin).toBeGreaterThan(3 * plain);
  });

  test('is all there is where that is less, and empty where there is nothing', () => {
    const few = drawQueue(population.slice(0, 7), { size: 60, tau, seed: 1 });
    expect(few.map(({ probability }) => probability)).toEqual(Array(7).fill(1));
    expect(drawQueue([], { size: 60, tau, seed: 1 })).toEqual([]);
    const oneSided = population.filter(({ part }) => part === 'rejected');
    expect(drawQueue(oneSided, { size: 20, tau, seed: 1 })).toHaveLength(20);
  });
});

describe('estimates', () => {
  const truth = {
    precision: population.filter(({ part, right }) => part === 'accepted' && right).length / candidates.accepted,
    recall:
      population.filter(({ part, right }) => part === 'accepted' && right).length /
      population.filter(({ right }) => right).length,
  };

  test('hold the truth in 93 of 100 draws and more, also of a reader who errs', () => {
    const count = { precision: 0, recall: 0, ofReader: 0, uncorrected: 0, withError: 0 };
    const draws = 150;
    let mean = 0;
    for (let seed = 0; seed < draws; seed++) {
      const random = seededRandom('reader', seed);
      const says = new Map(population.map(({ id, right }) => [id, random.next() < 0.05 ? !right : right]));
      const items = drawQueue(population, { size: 60, tau, seed });
      const queue = [{ cycle: 1, candidates, items }];
      const sure = reviewEstimates(
        queue,
        judge(items, (id) => rightOf.get(id) === true),
      );
      const erring = judge(items, (id) => says.get(id) === true);
      const accepted = population.filter(({ part }) => part === 'accepted');
      const ofReader = accepted.filter(({ id }) => says.get(id)).length / accepted.length;
      const raw = reviewEstimates(queue, erring).precision;
      count.precision += Number(holds(sure.precision, truth.precision));
      count.recall += Number(holds(sure.recall, truth.recall));
      count.ofReader += Number(holds(raw, ofReader));
      count.withError += Number(
        holds(reviewEstimates(queue, erring, { readerError: 0.05 }).precision, truth.precision),
      );
      mean += (sure.precision?.value ?? 0) / draws;
    }
    for (const name of ['precision', 'recall', 'ofReader', 'withError'] as const)
      expect(count[name] / draws, name).toBeGreaterThanOrEqual(0.93);
    expect(mean).toBeCloseTo(truth.precision, 1.7);
  });

  test('are exact where everything was judged, and null where nothing was', () => {
    const items = drawQueue(population, { size: 1000, tau, seed: 1 });
    const queue = [{ cycle: 1, candidates, items }];
    const { precision, recall } = reviewEstimates(
      queue,
      judge(items, (id) => rightOf.get(id) === true),
    );
    for (const [found, value] of [
      [precision, truth.precision],
      [recall, truth.recall],
    ] as const) {
      expect(found?.value).toBeCloseTo(value, 9);
      expect(found?.low).toBeCloseTo(value, 9);
      expect(found?.high).toBeCloseTo(value, 9);
    }
    expect(reviewEstimates(queue, [])).toEqual({ precision: null, recall: null });
    const skipped = items.map(({ id }) => verdict(id, 'skip'));
    expect(reviewEstimates(queue, skipped)).toEqual({ precision: null, recall: null });
    const half = judge(items.filter(({ part }) => part === 'accepted').slice(0, 30), () => true);
    const some = reviewEstimates(queue, half);
    expect(some.recall).toBeNull();
    expect(some.precision).toMatchObject({ value: 1, high: 1, n: 30 });
    expect(some.precision?.low).toBeLessThan(0.95);
  });
});

describe('standing verdicts', () => {
  test('are the newest of each reader; what was taken back gives way to the one before', () => {
    const [first, second, other] = [verdict('x', 'accept'), verdict('x', 'skip'), verdict('x', 'accept', 'B')];
    const undo = { id: crypto.randomUUID(), undo: second.id, reader: 'A', at: first.at };
    expect(standingVerdicts([first, other, second])).toEqual([other, second]);
    expect(standingVerdicts([first, other, second, undo])).toEqual([first, other]);
    const copies = [first, other, second, first, other];
    expect(standingVerdicts(copies), 'an older line that stands twice').toEqual([other, second]);
  });
});

describe('kappa', () => {
  /** `both`, `onlyFirst`, `onlySecond` and `neither` accept. */
  const table = (both: number, onlyFirst: number, onlySecond: number, neither: number): Verdict[] =>
    (
      [
        ['accept', 'accept', both],
        ['accept', 'wrong-answer', onlyFirst],
        ['wrong-answer', 'accept', onlySecond],
        ['wrong-answer', 'wrong-answer', neither],
      ] as const
    ).flatMap(([a, b, count]) =>
      Array.from({ length: count }, (_, at) => `${a} ${b} ${at}`).flatMap((item) => [
        verdict(item, a, 'A'),
        verdict(item, b, 'B'),
      ]),
    );

  test('is as in the literature', () => {
    // 20 yes and 15 no in common, 5 and 10 apart: 0.4 (Cohen's textbook example).
    const found = readersKappa(table(20, 5, 10, 15));
    expect(found?.value).toBeCloseTo(0.4, 9);
    expect(found).toMatchObject({ n: 50, readers: ['A', 'B'] });
    // The asymptotic interval is 0.4 ± 0.25.
    expect(found?.low).toBeCloseTo(0.15, 1);
    expect(found?.high).toBeCloseTo(0.65, 1);
  });

  test('goes with how often a reader errs', () => {
    // Of readers who err in one of ten, independently, 18 of 100 verdicts differ.
    expect(readerErrorOf(table(41, 9, 9, 41))).toBeCloseTo(0.1, 9);
    expect(readerErrorOf(table(10, 0, 0, 10))).toBe(0);
    expect(readerErrorOf(table(5, 1, 1, 5))).toBeNull();
    expect(readerErrorOf(table(5, 8, 8, 5))).toBeNull();
  });

  test('has a width where all agree, and is null where nothing varies or nobody shares', () => {
    const agreed = readersKappa(table(6, 0, 0, 6));
    expect(agreed).toMatchObject({ value: 1, high: 1 });
    expect(agreed?.low).toBeLessThan(0.6);
    expect(readersKappa(table(9, 0, 0, 0))).toBeNull();
    expect(readersKappa([verdict('x', 'accept', 'A'), verdict('y', 'accept', 'B')])).toBeNull();
  });
});
