import { expect, it } from 'vitest';
import { answerReport, judgeAnswer, type AnswerRow } from '../../src/evaluation/answer-report.js';

const row: AnswerRow = {
  completion: 'Computed Tomography (CT) scan',
  answer: 'Computed Tomography (CT) scan',
  options: ['Computed Tomography (CT) scan', 'Magnetic Resonance Imaging (MRI)'],
  modality: 'CT',
  questionType: 'modality recognition',
  dataset: 'x',
};

it('reads letters, abbreviations and blocks by the rules of the reward', () => {
  expect(
    ['A', 'CT', '<think>MRI?</think><answer>A</answer>', 'CT scan'].map(
      (completion) => judgeAnswer({ ...row, completion }).correct,
    ),
  ).toEqual([true, true, true, true]);
  expect(judgeAnswer({ ...row, completion: 'B' })).toMatchObject({
    correct: false,
    predicted: 'magnetic resonance imaging mri',
  });
  expect(judgeAnswer({ ...row, completion: 'CT', answer: 'A' })).toMatchObject({
    correct: true,
    gold: 'computed tomography ct scan',
  });
  expect(judgeAnswer({ ...row, completion: '' })).toMatchObject({ correct: false, predicted: null });
  expect(judgeAnswer({ ...row, options: [], answer: 'yes', completion: 'Yes, it is.' })).toMatchObject({
    correct: true,
    predicted: 'yes',
  });
});

it('takes a right answer that the options lack as one more option', () => {
  const odd = { ...row, answer: 'Ultrasound' };
  expect(judgeAnswer({ ...odd, completion: 'ultrasound' })).toMatchObject({ correct: true, answerAmongOptions: false });
  expect(judgeAnswer({ ...odd, completion: 'B' })).toMatchObject({
    correct: false,
    predicted: 'magnetic resonance imaging mri',
  });
  expect(answerReport([odd], { resamples: 0 })).toMatchObject({ answerNotAmongOptions: 1 });
});

it('reports per group, counts what was not read, and has no NaN anywhere', () => {
  const rows: AnswerRow[] = [
    { ...row, likelihoods: [0.9, 0.1] },
    {
      ...row,
      completion: 'no idea',
      modality: 'MRI',
      likelihoods: { 'Computed Tomography (CT) scan': -3, 'Magnetic Resonance Imaging (MRI)': -1 },
    },
    { ...row, completion: 'B', answer: 'B', dataset: 'y', likelihoods: [0.5, 0.5] },
    { ...row, completion: 'A', answer: 'B', likelihoods: [0.5] },
  ];
  const report = answerReport(rows);
  expect(report).toMatchObject({
    n: 4,
    correct: 2,
    unparsed: 1,
    accuracy: 0.5,
    balancedAccuracy: 0.5,
    withLikelihoods: 3,
    auroc: 0.5,
  });
  expect(report.byModality).toMatchObject({
    CT: { n: 3, correct: 2 },
    MRI: { n: 1, accuracy: 0, unparsed: 1, macroF1: 0 },
  });
  expect(report.byDataset).toMatchObject({ x: { n: 3 }, y: { n: 1, accuracy: 1 } });
  // JSON writes NaN as null: only what may be null is null.
  expect(report.open).toBeNull();
  expect(JSON.stringify({ ...report, open: 0 })).not.toContain('null');
  expect(answerReport([row]).auroc).toBeNull();
  expect(() => answerReport([])).toThrow('no answers');
});
