/** Runs beside each other on the same test questions: the difference of their policies, its interval and test. */
import { expect, test } from 'vitest';
import { mcnemar } from '../../src/evaluation/mcnemar.js';
import { runsApart, type AnsweredRun } from '../../src/report/answers/runs-apart.js';
import type { Answer, Evaluation } from '../../src/report/data/evaluations.js';

function run(name: string, right: readonly boolean[], imageOf = (at: number): string => `image ${at}`): AnsweredRun {
  const answers = right.map((correct, at): Answer => ({
    id: `test-${at}`,
    correct,
    predicted: 'a',
    modality: 'CT',
    questionType: 'disease diagnosis',
  }));
  return {
    run: { name },
    standing: { cycle: 2, method: 'GRPO', answers } as Partial<Evaluation> as Evaluation,
    tests: new Map(
      answers.map(({ id }, at) => [id, { imageHash: imageOf(at), question: 'Which?', options: [], answer: 'a' }]),
    ),
  };
}

const upTo = (count: number): boolean[] => Array.from({ length: 40 }, (_, at) => at < count);

test('of the same questions the difference is paired: its figures are those of McNemar on both answers', () => {
  const { differences, others } = runsApart([run('one', upTo(20)), run('two', upTo(32))]);
  expect(others).toEqual([]);
  expect(differences).toHaveLength(1);
  const [found] = differences;
  expect(found).toMatchObject({ first: 'one, cycle 2 GRPO', second: 'two, cycle 2 GRPO', n: 40, clusters: 40 });
  expect(found?.difference).toBeCloseTo(12 / 40);
  expect(found?.pValue).toBe(mcnemar(upTo(20), upTo(32)).pValue);
  expect(found?.interval?.low).toBeGreaterThan(0.1);
  expect(found?.interval?.high).toBeLessThan(0.5);
});

test('questions about one image are no independent evidence', () => {
  const byFour = (at: number): string => `image ${Math.floor(at / 4)}`;
  const [alone] = runsApart([run('one', upTo(20)), run('two', upTo(32))]).differences;
  const [together] = runsApart([run('one', upTo(20), byFour), run('two', upTo(32), byFour)]).differences;
  expect(together?.clusters).toBe(10);
  expect(together?.pValue).toBeGreaterThan(alone?.pValue ?? 1);
});

test('questions that only share their numbers are no pair, nor are those whose texts are gone', () => {
  const elsewhere = run('elsewhere', upTo(32), (at) => `other ${at}`);
  const fewer = run('fewer', upTo(32).slice(1));
  const without = { ...run('without', upTo(32)), tests: new Map() };
  const base = run('options', upTo(32));
  const wider = {
    ...base,
    tests: new Map([...base.tests].map(([id, asked]) => [id, { ...asked, options: ['a', 'b'] }])),
  };
  for (const other of [elsewhere, fewer, without, wider]) {
    expect(runsApart([run('one', upTo(20)), other])).toEqual({ differences: [], others: [['one', other.run.name]] });
  }
});

test('of many runs each stands beside the first alone, and what was not measured beside none', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => run(`run ${at}`, upTo(at)));
  expect(runsApart(names(5)).differences).toHaveLength(10);
  expect(runsApart(names(7)).differences.map(({ first }) => first)).toEqual(
    Array.from({ length: 6 }, () => 'run 0, cycle 2 GRPO'),
  );
  expect(runsApart([run('one', upTo(3)), { ...run('two', upTo(3)), standing: null }])).toEqual({
    differences: [],
    others: [],
  });
});
