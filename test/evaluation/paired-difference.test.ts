/** The difference between two models on the same questions: against McNemar, by simulation, and where images repeat. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mcnemar } from '../../src/evaluation/mcnemar.js';
import { pairedDifference, verdictOf, type PairedAnswer } from '../../src/evaluation/paired-difference.js';
import { seededRandom } from '../../src/random.js';

const answers = fc.array(fc.record({ first: fc.boolean(), second: fc.boolean() }), { minLength: 1, maxLength: 60 });
const alone = (pairs: readonly { first: boolean; second: boolean }[]): PairedAnswer[] =>
  pairs.map((pair, index) => ({ ...pair, cluster: `image ${index}` }));

describe('one question an image', () => {
  test('is McNemar, and the interval holds the difference', () => {
    fc.assert(
      fc.property(answers, (pairs) => {
        const found = pairedDifference(alone(pairs));
        const exact = mcnemar(
          pairs.map(({ first }) => first),
          pairs.map(({ second }) => second),
        );
        expect(found).toMatchObject({ n: pairs.length, clusters: pairs.length, pValue: exact.pValue, test: 'mcnemar' });
        expect(found.difference).toBeCloseTo((exact.onlySecond - exact.onlyFirst) / pairs.length, 12);
        expect(found.interval?.low).toBeLessThanOrEqual(found.difference);
        expect(found.interval?.high).toBeGreaterThanOrEqual(found.difference);
      }),
      { numRuns: 30 },
    );
  });

  test('turned round it says the opposite', () => {
    fc.assert(
      fc.property(answers, (pairs) => {
        const turned = pairs.map(({ first, second }) => ({ first: second, second: first }));
        const [one, other] = [pairedDifference(alone(pairs)), pairedDifference(alone(turned))];
        expect(other.difference).toBeCloseTo(-one.difference, 12);
        expect(other.pValue).toBeCloseTo(one.pValue, 12);
      }),
      { numRuns: 20 },
    );
  });

  test('models that never differ are no different, and the interval has a width all the same', () => {
    const found = pairedDifference(alone(Array.from({ length: 100 }, () => ({ first: true, second: true }))));
    expect(found).toMatchObject({ difference: 0, pValue: 1 });
    expect(found.interval?.high).toBeCloseTo(0.0362, 3);
    expect(verdictOf(found)).toBe('no different');
  });

  test('nothing asked is nothing known', () => {
    expect(pairedDifference([])).toMatchObject({ n: 0, difference: 0, interval: null, pValue: 1 });
    expect(verdictOf(pairedDifference([]))).toBe('no different');
  });
});

describe('several questions an image', () => {
  /** `images` of eight questions each; all questions of an image change together. */
  const copied = (images: number, worse: number): PairedAnswer[] =>
    Array.from({ length: 8 * images }, (_, n) => {
      const image = Math.floor(n / 8);
      return { first: true, second: image >= worse, cluster: `image ${image}` };
    });

  test('eight answers that change together are one piece of evidence, not eight', () => {
    const clustered = pairedDifference(copied(20, 2));
    const counted = pairedDifference(copied(20, 2).map((pair, n) => ({ ...pair, cluster: `question ${n}` })));
    expect(verdictOf(counted)).toBe('worse'); // 16 of 160 made wrong
    expect(verdictOf(clustered)).toBe('no different'); // 2 of 20 images
    expect(clustered).toMatchObject({ n: 160, clusters: 20, test: 'cluster-sign-flip' });
    const width = ({ interval }: typeof clustered) => (interval?.high ?? 0) - (interval?.low ?? 0);
    expect(width(clustered)).toBeGreaterThan(2 * width(counted));
  });

  test('models that are alike are told apart by chance in about one of twenty', () => {
    const random = seededRandom('alike');
    const trials = 200;
    let told = 0;
    for (let trial = 0; trial < trials; trial++) {
      const pairs = Array.from({ length: 40 }, (_, image) => {
        const [first, second] = [random.next() < 0.7, random.next() < 0.7];
        return Array.from({ length: 3 }, () => ({ first, second, cluster: `image ${image}` }));
      }).flat();
      if (verdictOf(pairedDifference(pairs, trial)) !== 'no different') told += 1;
    }
    expect(told / trials).toBeLessThan(0.09);
  });

  test('a true difference is found', () => {
    const random = seededRandom('better');
    const pairs = Array.from({ length: 240 }, (_, n) => ({
      first: random.next() < 0.6,
      second: random.next() < 0.85,
      cluster: `image ${Math.floor(n / 2)}`,
    }));
    expect(verdictOf(pairedDifference(pairs))).toBe('better');
  });
});
