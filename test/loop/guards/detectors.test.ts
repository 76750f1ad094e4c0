/** Each detector on figures that should alarm and on figures that should not; what it needs to be sure, and what it says. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairedDifference } from '../../../src/evaluation/paired-difference.js';
import { answerBias, generatedPlaces } from '../../../src/loop/guards/answer-bias.js';
import {
  acceptanceFallen,
  commonTexts,
  modalityDrift,
  oneTemplate,
  repeated,
} from '../../../src/loop/guards/dataset-guards.js';
import { collapsed, overOptimised, unreadAnswers } from '../../../src/loop/guards/policy-guards.js';
import { failedProbes, uselessRewardModel, type ReportFigures } from '../../../src/loop/guards/reward-model-guards.js';
import { seededRandom } from '../../../src/random.js';
import type { Modality, Sample } from '../../../src/sample.js';
import { makeSample as sampleOf } from '../../helpers/sample.js';

describe('a reward model', () => {
  const good: ReportFigures = {
    spearman: 0.8,
    pairwiseAccuracy: 0.9,
    intervals: { spearman: { low: 0.75, high: 0.85 }, pairwiseAccuracy: { low: 0.87, high: 0.93 } },
    reached: true,
    precision: 0.96,
    accepted: 60,
    wanted: 0.95,
  };
  const intervals = (low: number, pairs = 0.87) => ({
    spearman: { low, high: 0.9 },
    pairwiseAccuracy: { low: pairs, high: 1 },
  });

  test('that orders texts is quiet', () => {
    expect(uselessRewardModel(good)).toBeNull();
  });
  test.each([
    [
      'whose interval holds chance',
      { spearman: 0.3, intervals: intervals(-0.1) },
      /rank correlation 0\.300, 95 %: -0\.100/,
    ],
    ['that is turned round', { spearman: -0.7, intervals: intervals(-0.8) }, /does not order/],
    ['that gives one score to all', { spearman: null, intervals: null }, /not defined/],
    [
      'that cannot tell two answers to one question apart',
      { intervals: intervals(0.7, 0.45) },
      /no more often than chance/,
    ],
    [
      'whose τ is out of reach',
      { reached: false, precision: 0.6, accepted: 100 },
      /no threshold.*95\.0 %.*60\.0 % on 100/,
    ],
  ])('%s alarms', (_, change, message) => {
    expect(uselessRewardModel({ ...good, ...change })).toMatchObject({
      guard: 'uselessRewardModel',
      message: expect.stringMatching(message) as string,
    });
  });
  test('that missed the precision by a text or two, or has a τ of its own, is quiet', () => {
    expect(uselessRewardModel({ ...good, reached: false, precision: 0.9, accepted: 10 })).toBeNull();
    expect(uselessRewardModel({ ...good, reached: false, precision: 0.1, accepted: 100, wanted: null })).toBeNull();
  });
  test('of which no held-out text has a score is not said to order none', () => {
    expect(uselessRewardModel({ ...good, rows: 0, spearman: null, intervals: null })?.message).toMatch(
      /no held-out text/,
    );
  });
  test('of a report without intervals is judged by its figures', () => {
    expect(uselessRewardModel({ ...good, intervals: null })).toBeNull();
    expect(uselessRewardModel({ ...good, intervals: null, spearman: 0.05 })).not.toBeNull();
  });

  test('is told what it falls for, where that is no accident', () => {
    expect(failedProbes({ filler: { n: 40, right: 18 }, hedge: { n: 40, right: 40 } })).toBeNull();
    expect(failedProbes({ filler: { n: 40, right: 2 }, hedge: { n: 40, right: 40 } })).toMatchObject({
      message: expect.stringMatching(/filler \(the better text won in 2 of 40\)/) as string,
    });
    expect(failedProbes({ filler: { n: 4, right: 0 } })).toBeNull();
    expect(failedProbes({})).toBeNull();
  });
});

describe('one place of the answer', () => {
  const places = (chosen: number[], expected: number[]) =>
    chosen.map((count, index) => ({ chosen: count, expected: expected[index] ?? 0 }));

  test('that takes all alarms, by its letter', () => {
    expect(answerBias('the policy after SFT', places([0, 60, 0, 0], [15, 15, 15, 15]))).toMatchObject({
      message: 'the policy after SFT gives option B in 100 % of 60 answers, where 25 % would be right',
    });
  });
  test('is no news where the key has it too, or where answers are few', () => {
    expect(answerBias('x', places([50, 10], [48, 12]))).toBeNull();
    expect(answerBias('x', places([12, 0], [3, 9]))).toBeNull();
    expect(answerBias('x', [])).toBeNull();
  });
  test('a generator that chooses among its options by chance is quiet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const random = seededRandom('places', seed);
        const samples = Array.from({ length: 200 }, () => {
          const options = ['a', 'b', 'c', 'd'].slice(0, 2 + random.int(3));
          return { options, answer: random.pick(options) };
        });
        expect(answerBias('the generator', generatedPlaces(samples))).toBeNull();
        const always = samples.map(({ options }) => ({ options, answer: options[0] ?? '' }));
        expect(answerBias('the generator', generatedPlaces(always))?.guard).toBe('answerBias');
      }),
      { numRuns: 20 },
    );
  });
  test('a generator that says yes as often as the trusted samples do is quiet', () => {
    const saying = (yes: number, of: number) =>
      Array.from({ length: of }, (_, n) => ({ options: ['yes', 'no'], answer: n < yes ? 'yes' : 'no' }));
    expect(answerBias('the generator', generatedPlaces(saying(88, 100), saying(42, 50)))).toBeNull();
    expect(answerBias('the generator', generatedPlaces(saying(88, 100), saying(25, 50)))?.guard).toBe('answerBias');
    // A handful says nothing of what is usual.
    expect(answerBias('the generator', generatedPlaces(saying(88, 100), saying(5, 5)))?.guard).toBe('answerBias');
  });
  test('open questions have no places', () => {
    expect(generatedPlaces([{ options: [], answer: 'two' }])).toEqual([]);
  });
});

describe('what was generated', () => {
  const trusted = Array.from({ length: 40 }, (_, n) =>
    sampleOf({
      id: `t${n}`,
      question: `Question of kind ${'abcdefghij'[n % 10]}?`,
      rationale: `Seen ${n % 7} of ${'xyz'[n % 3]}.`,
    }),
  );
  test('in one form alarms, whichever part is the same', () => {
    const question = trusted.map((sample) => ({ ...sample, question: 'Which modality is this?' }));
    const rationale = trusted.map((sample) => ({ ...sample, rationale: `It is clearly ${sample.answer}.` }));
    expect(oneTemplate(question, trusted)?.figures).toMatchObject({ of: 'question', share: 1 });
    expect(oneTemplate(rationale, trusted)?.figures).toMatchObject({ of: 'rationale', share: 1 });
    expect(oneTemplate(trusted, trusted)).toBeNull();
  });
  test('of one type of question is compared with trusted ones of that type', () => {
    const asked = (questionType: Sample['questionType'], question: string, count: number) =>
      Array.from({ length: count }, (_, n) => sampleOf({ id: `${question}${n}`, questionType, question }));
    const mixed = [
      ...trusted.map((sample) => ({ ...sample, questionType: 'disease diagnosis' as const })),
      ...asked('modality recognition', 'Which modality?', 6),
      ...asked('modality recognition', 'How was it made?', 6),
    ].map((sample, n) => ({ ...sample, answer: `answer ${'abcdefghij'[n % 10]}`, rationale: '' }));
    const narrow = mixed.slice(-12).flatMap((sample) => [sample, sample]);
    expect(oneTemplate(narrow, mixed)).toBeNull();
    expect(oneTemplate([...narrow, ...mixed.slice(0, 4)], mixed)).not.toBeNull();
    expect(oneTemplate(narrow, mixed.slice(0, 40))?.figures).toMatchObject({ of: 'question', share: 0.5 });
  });
  test('answers named in a rationale do not make it another one', () => {
    const [one, other] = [
      { question: 'q', options: ['cyst', 'mass'], answer: 'cyst', rationale: 'The cyst is plain.' },
      { question: 'q', options: ['cyst', 'mass'], answer: 'mass', rationale: 'The mass is plain.' },
    ];
    expect(commonTexts([one, other]).find(({ of }) => of === 'rationale')?.share).toBe(1);
  });
  test('a data set of yes and no is not one template', () => {
    const yesNo = trusted.map((sample, n) => ({ ...sample, answer: n % 2 ? 'yes' : 'no' }));
    expect(oneTemplate(yesNo, yesNo)).toBeNull();
  });

  test('twice alarms', () => {
    expect(repeated({ accepted: 45, overlapping: 5, nearDuplicates: 0 })).toBeNull();
    expect(repeated({ accepted: 10, overlapping: 30, nearDuplicates: 10 })?.message).toMatch(/80 % of the 50/);
    expect(repeated({ accepted: 0, overlapping: 0, nearDuplicates: 0 })).toBeNull();
    // What a judge or a filter of a person's own refuses (here 80 of 100) repeats nothing.
    const judged = { candidates: 100, belowThreshold: 0, accepted: 20, overlapping: 0, nearDuplicates: 0 };
    expect(repeated(judged)).toBeNull();
  });

  const ofModality = (modality: Modality, count: number) => Array.from({ length: count }, () => ({ modality }));
  test('of one modality, where there were two, alarms', () => {
    const candidates = [...ofModality('CT', 60), ...ofModality('MRI', 60)];
    expect(modalityDrift(candidates, [...ofModality('CT', 30), ...ofModality('MRI', 25)])).toBeNull();
    expect(modalityDrift(candidates, ofModality('CT', 40))?.message).toMatch(/(CT|MRI) is 50 %/);
    expect(modalityDrift(candidates, ofModality('CT', 5))).toBeNull();
  });

  test('and accepted much less than before alarms', () => {
    const of = (below: number) => ({ candidates: 300, belowThreshold: below, accepted: 0 });
    expect(acceptanceFallen(null, of(290))).toBeNull();
    expect(acceptanceFallen(of(150), of(180))).toBeNull();
    expect(acceptanceFallen(of(150), of(280))?.message).toMatch(/7 % .* 50 % did in the cycle before/);
    expect(acceptanceFallen(of(290), of(150))).toBeNull();
    // The lowest healthy loop and the highest spoilt one that bench:guards saw.
    expect(acceptanceFallen(of(150), of(223))).toBeNull();
    expect(acceptanceFallen(of(150), of(256))).not.toBeNull();
  });
});

describe('a policy', () => {
  test('that cannot be read alarms', () => {
    expect(unreadAnswers('the policy', { n: 100, unparsed: 3 })).toBeNull();
    expect(unreadAnswers('the policy', { n: 100, unparsed: 30 })?.message).toMatch(/30 of 100/);
    expect(unreadAnswers('the policy', { n: 0, unparsed: 0 })).toBeNull();
    // One slip is a tenth and more of few questions.
    expect(unreadAnswers('the policy', { n: 8, unparsed: 1 })).toBeNull();
    expect(unreadAnswers('the policy', { n: 5, unparsed: 5 })?.message).toMatch(/5 of 5/);
  });

  const random = seededRandom('over-optimised');
  const clusters = Array.from({ length: 120 }, (_, n) => `image ${n}`);
  const before = clusters.map(() => 5 + random.normal());
  const higher = before.map((score) => score + 2 + 0.3 * random.normal());
  const answersOf = (lost: number, won: number) =>
    pairedDifference(
      clusters.map((cluster, n) => ({ first: n < 80, second: n < 80 - lost || (n >= 80 && n < 80 + won), cluster })),
    );
  test('that is liked better and is worse alarms', () => {
    const found = overOptimised({ before, after: higher, clusters, answers: answersOf(15, 0) });
    expect(found?.message).toMatch(/by 2\.\d\d on average\) and fewer are right \(−?-?12\.5 points\)/);
  });
  test('that is liked better by the same everywhere, and is worse, alarms', () => {
    const same = before.map(() => 4);
    const found = overOptimised({ before: same, after: same.map(() => 7), clusters, answers: answersOf(80, 0) });
    expect(found?.figures).toMatchObject({ rewardGain: 3, rewardGainLow: 3 });
  });
  test.each([
    ['liked better and right more often', higher, answersOf(0, 15)],
    ['liked better and as right', higher, answersOf(2, 2)],
    ['liked no better and worse', before, answersOf(15, 0)],
  ])('that is %s is quiet', (_, after, answers) => {
    expect(overOptimised({ before, after, clusters, answers })).toBeNull();
  });
  test('whose answers no reward model could read is quiet', () => {
    const nothing = clusters.map(() => null);
    expect(overOptimised({ before: nothing, after: nothing, clusters, answers: answersOf(15, 0) })).toBeNull();
  });

  const found = (course: Parameters<typeof collapsed>[0], was = 100, is = 100) =>
    collapsed(course, { characters: was }, { characters: is }).filter((alarm) => alarm !== null);
  test('whose groups are dead, whose entropy is gone or whose length ran away alarms, each by itself', () => {
    const usual = { deadGroups: 0.4, entropy: { first: 0.3, last: 0.2 } };
    expect(found(usual)).toEqual([]);
    expect(found({ deadGroups: null, entropy: null })).toEqual([]);
    expect(found({ ...usual, deadGroups: 1 })[0]?.message).toMatch(/100\.0 % of its groups/);
    expect(found({ ...usual, entropy: { first: 0.5, last: 0.001 } })[0]?.message).toMatch(/entropy/);
    expect(found(usual, 100, 400)[0]?.message).toMatch(/longer: 100 characters on average before, 400 after/);
    expect(found(usual, 100, 10)[0]?.message).toMatch(/shorter/);
    expect(collapsed(usual, null, null).filter((alarm) => alarm !== null)).toEqual([]);
  });
});
