/** The report's section on a judge: in words, beside R_φ, and by the truth where it is known; none where none was asked. */
import { expect, test } from 'vitest';
import { judgeFigures } from '../../src/loop/judge/judge-figures.js';
import type { RunFigures } from '../../src/report/data/run-figures.js';
import { judge } from '../../src/report/sections/judge-section.js';

const said = [true, true, false, null].map((passed) => ({
  passed,
  points: passed === null ? null : 1,
  failedGates: passed === false ? ['one-answer'] : [],
}));
const figuresOf = (correct: boolean | null) =>
  judgeFigures(
    said,
    said.map(() => ({ score: 3, correct })),
    { tau: 0, minPoints: 0.6 },
  );
const run = (judged: object) => ({ run: { name: 'mine', result: { cycles: [judged] } } }) as unknown as RunFigures;
const textOf = (found: RunFigures): string => judge([found])?.body.text.replaceAll(/\s+/g, ' ') ?? '';

test('says who let what pass, and what it was worth', () => {
  const text = textOf(run({ cycle: 2, judge: figuresOf(true) }));
  expect(text).toContain('Cycle 2: the judge let 2 of 3 pass, and gave 1 no verdict; it and R_φ agree on 66.7 %');
  expect(text).toContain('one-answer 1');
  expect(text).toContain('of all right ones');
});

test('says nothing of a truth that nobody knows, and of a run without a judge nothing at all', () => {
  expect(textOf(run({ cycle: 1, judge: figuresOf(null) }))).not.toContain('of all right ones');
  expect(judge([run({ cycle: 1 })])).toBeNull();
});
