/** What `medgr2 evaluate` prints about a model's answers: the data set they are of, and why a figure is missing. */
import { expect, test } from 'vitest';
import { evaluationText } from '../../src/cli/print/evaluation-text.js';
import { answerReport } from '../../src/evaluation/answer-report.js';
import { answerRows, type Prediction } from '../../src/evaluation/answer-questions.js';
import { makeSample } from '../helpers/sample.js';

const sample = makeSample();
const questions = [{ provenance: { ...sample.provenance, model: 'OmniMedVQA' } }];
const prediction: Prediction = {
  id: 'one',
  question: 'Where?',
  options: ['left', 'right'],
  answer: 'left',
  predicted: 'left',
  correct: true,
  completion: 'left',
  finished: true,
  modality: 'CT',
  questionType: 'other biological attributes',
  logLikelihoods: [-1, -2],
  meanLogLikelihoods: [-1, -2],
};
const printed = (by: 'mean' | 'none', predictions: Prediction[], of = questions): string =>
  evaluationText(answerReport(answerRows(predictions, by, of)), null);

test('the data set is that of the questions', () => {
  expect(printed('mean', [prediction])).toMatch(/^OmniMedVQA +1 +1 /m);
  expect(printed('mean', [prediction], [])).toMatch(/^unknown +1 +1 /m);
});

test('a missing AUROC says why', () => {
  expect(printed('none', [prediction])).toMatch(/^AUROC +– +needs likelihoods of the options$/m);
  expect(printed('mean', [prediction])).toMatch(/^AUROC +– +needs an option that is right in one question and wrong/m);
  const other = { ...prediction, id: 'two', answer: 'right', correct: false };
  expect(printed('mean', [prediction, other], [...questions, ...questions])).toMatch(/^AUROC +50\.00$/m);
});
