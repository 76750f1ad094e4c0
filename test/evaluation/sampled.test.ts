/** Figures of sampled answers against what a naive enumeration of all draws says, and what must hold of them whatever was drawn. */
import { array, assert as holds, constant, constantFrom, integer, option, property, record, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bestOfK,
  drawsOf,
  majority,
  passAtK,
  type SampledAnswer,
} from '../../src/evaluation/sampled/sampled-figures.js';
import { sampledReport, type SampledQuestion } from '../../src/evaluation/sampled/sampled-report.js';
import { headroomOf, headroomWords } from '../../src/evaluation/sampled/headroom-verdict.js';

/** All ways to take `k` of the items, each once. */
function subsets<T>(items: readonly T[], k: number): T[][] {
  if (k === 0) return [[]];
  return items.flatMap((item, at) => subsets(items.slice(at + 1), k - 1).map((rest) => [item, ...rest]));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What one right answer is called: `right`; wrong ones have names of their own. */
const answer = record({
  answer: constantFrom('right', 'left', 'up', null),
  score: option(integer({ min: -2, max: 2 }), { nil: null }),
});
const answers = array(answer, { minLength: 1, maxLength: 7 }).map((drawn) =>
  drawn.map((one): SampledAnswer => ({ ...one, correct: one.answer === 'right' })),
);
const withK = answers.chain((drawn) => tuple(constant(drawn), integer({ min: 1, max: drawn.length })));

describe('against the enumeration of all draws', () => {
  test('pass@k', () => {
    holds(
      property(withK, ([drawn, k]) => {
        const naive = mean(subsets(drawn, k).map((some) => (some.some(({ correct }) => correct) ? 1 : 0)));
        expect(passAtK(drawn.length, drawn.filter(({ correct }) => correct).length, k)).toBeCloseTo(naive, 12);
      }),
    );
  });

  test('best of k by R_φ, ties and texts without a score among them', () => {
    holds(
      property(withK, ([drawn, k]) => {
        const scoreOf = ({ score }: SampledAnswer): number => score ?? Number.NEGATIVE_INFINITY;
        const naive = mean(
          subsets(drawn, k).map((some) => {
            const top = Math.max(...some.map(scoreOf));
            return mean(some.filter((one) => scoreOf(one) === top).map(({ correct }) => (correct ? 1 : 0)));
          }),
        );
        const known = drawn.some(({ score }) => score !== null);
        expect(bestOfK(drawn, k)).toEqual(known ? expect.closeTo(naive, 12) : null);
      }),
    );
  });

  test('majority: who has the most votes, a tie drawn by lot', () => {
    holds(
      property(answers, (drawn) => {
        const votes = (name: string): number => drawn.filter((one) => one.answer === name).length;
        const names = ['right', 'left', 'up'];
        const most = Math.max(...names.map(votes));
        const winners = names.filter((name) => votes(name) === most && most > 0);
        expect(majority(drawn)).toBeCloseTo(winners.includes('right') ? 1 / winners.length : 0, 12);
      }),
    );
  });
});

test('more draws never pass less often, and nobody chooses better than there is to choose', () => {
  holds(
    property(answers, (drawn) => {
      const n = drawn.length;
      const correct = drawn.filter((one) => one.correct).length;
      const passes = Array.from({ length: n }, (_, k) => passAtK(n, correct, k + 1));
      expect(passes[0]).toBeCloseTo(correct / n, 12);
      for (const [at, value] of passes.entries()) {
        expect(value).toBeGreaterThanOrEqual((passes[at - 1] ?? 0) - 1e-12);
        expect(bestOfK(drawn, at + 1) ?? 0).toBeLessThanOrEqual(value + 1e-12);
      }
    }),
  );
});

test('draws are powers of two, and all', () => {
  expect([1, 2, 3, 8, 12].map(drawsOf)).toEqual([[], [2], [2, 3], [2, 4, 8], [2, 4, 8, 12]]);
});

const question = (
  of: Partial<SampledQuestion> & { right: number; wrong: number; tells?: boolean },
): SampledQuestion => {
  const { right, wrong, tells = true, ...rest } = of;
  const sample = (correct: boolean): SampledAnswer => ({
    correct,
    answer: correct ? 'right' : 'left',
    score: tells === correct ? 5 : -5,
  });
  const samples = [
    ...Array.from({ length: right }, () => sample(true)),
    ...Array.from({ length: wrong }, () => sample(false)),
  ];
  return { image: 'one', modality: 'CT', questionType: 'disease diagnosis', greedy: false, ...rest, samples };
};

describe('the report', () => {
  const questions = Array.from({ length: 40 }, (_, index) =>
    question({
      right: 1,
      wrong: 3,
      image: `image-${index}`,
      greedy: index % 2 === 0,
      modality: index < 10 ? 'MRI' : 'CT',
    }),
  );

  test('has every figure overall and by group, and intervals that hold it', () => {
    const report = sampledReport(questions);
    expect(report).toMatchObject({ n: 40, samples: 4, images: 40, unread: 0, unscored: 0 });
    const names = ['greedy', 'acc@1', 'pass@2', 'pass@4', 'majority@4', 'best@2', 'best@4'];
    for (const group of [report, report.byModality['MRI'], report.byQuestionType['disease diagnosis']])
      expect(Object.keys(group?.figures ?? {})).toEqual(names);
    const { greedy, ...figures } = report.figures;
    expect(figures['acc@1']?.value).toBeCloseTo(0.25, 12);
    expect(figures['pass@2']?.value).toBeCloseTo(0.5, 12);
    expect(figures['best@4']?.value).toBe(1);
    expect(figures['majority@4']?.value).toBe(0);
    expect(greedy?.value).toBe(0.5);
    expect(greedy?.interval?.low).toBeGreaterThan(0.3);
    expect(greedy?.interval?.high).toBeLessThan(0.7);
    expect(report.gains['majority@4']?.value).toBe(-0.5);
    expect(report.gains['majority@4']?.interval?.low).toBeLessThan(-0.5);
  });

  test('questions of one image are one draw: an interval over few images is wide, over one there is none', () => {
    const onFour = questions.map((one, index) => ({ ...one, image: `image-${index % 4}` }));
    const width = (of: readonly SampledQuestion[]): number => {
      const interval = sampledReport(of).figures['greedy']?.interval;
      return interval === null || interval === undefined ? 0 : interval.high - interval.low;
    };
    expect(width(onFour)).toBeGreaterThan(width(questions) * 1.5);
    expect(width(questions.map((one) => ({ ...one, image: 'same' })))).toBe(0);
  });

  test('leaves out what was not asked for, and refuses what cannot be compared', () => {
    const bare = questions.map((one) => ({
      ...one,
      greedy: null,
      samples: one.samples.map((sample) => ({ ...sample, score: null })),
    }));
    expect(Object.keys(sampledReport(bare).figures)).toEqual(['acc@1', 'pass@2', 'pass@4', 'majority@4']);
    expect(sampledReport(bare).gains).toEqual({});
    expect(() => sampledReport([])).toThrow('no sampled answers');
    expect(() => sampledReport([question({ right: 1, wrong: 1 }), question({ right: 1, wrong: 2 })])).toThrow(
      '2 samples',
    );
  });
});

describe('whether GRPO has room', () => {
  const many = (of: Parameters<typeof question>[0]): SampledQuestion[] =>
    Array.from({ length: 30 }, (_, index) => question({ ...of, image: `image-${index}`, greedy: index < 20 }));

  test.each([
    ['room', { right: 1, wrong: 3 }, 'GRPO has room: pass@4 100.0 %, best by R_φ 100.0 %, greedy 66.7 %'],
    [
      'blind',
      { right: 1, wrong: 3, tells: false },
      'R_φ cannot tell: pass@4 100.0 %, best by R_φ 0.0 %, greedy 66.7 %',
    ],
    ['none', { right: 0, wrong: 4 }, 'GRPO has no room: pass@4 0.0 %, greedy 66.7 %'],
  ] as const)('%s', (verdict, of, words) => {
    const headroom = headroomOf(sampledReport(many(of)));
    expect(headroom.verdict).toBe(verdict);
    expect(headroomWords(headroom)).toBe(words);
  });

  test('a gain that may be chance is none', () => {
    const few = [
      question({ right: 1, wrong: 3 }),
      ...many({ right: 4, wrong: 0 }).map((one) => ({ ...one, greedy: true })),
    ];
    expect(headroomOf(sampledReport(few)).verdict).toBe('none');
  });
});
