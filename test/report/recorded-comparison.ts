/** What a recipe came to, as its result.json says it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  comparisonResultSchema,
  type ArmResult,
  type ComparisonResult,
} from '../../src/loop/comparison/comparison-result.js';

const cell = (n: number, correct: number) => ({
  n,
  correct,
  unparsed: 1,
  accuracy: correct / n,
  balancedAccuracy: null,
  macroF1: 0.25,
  weightedF1: null,
});

export const arm = (name: string, correct: number): ArmResult => ({
  name,
  label: `model <${name}>`,
  group: name === 'base' ? 'zero-shot' : null,
  startsFrom: 'phantom',
  trained: [],
  ...cell(20, correct),
  auroc: null,
  intervals: { accuracy: { low: 0.1, high: 0.9 }, balancedAccuracy: null, macroF1: null },
  byModality: { CT: cell(10, correct - 5), MRI: cell(10, 5) },
  byQuestionType: {},
  seconds: {},
  paths: { model: 'm', predictions: 'p' },
});

const flows = { n: 20, correctToCorrect: 8, wrongToCorrect: 6, correctToWrong: 2, wrongToWrong: 4 };
const point = { arm: 'tuned', n: 20, interval: null, precision: 0.5 };
export const gridCell = { arm: 'tuned', trained: 'CT', n: 10, correct: 5, accuracy: 0.5 };
export const comparison: ComparisonResult = {
  recipe: 'transfer',
  status: 'complete',
  seed: 3,
  notice: 'Phantoms are no medical evidence.',
  testQuestions: 20,
  arms: [arm('base', 10), arm('tuned', 14)],
  curves: [
    {
      series: 'top',
      label: 'TopK',
      points: [
        { ...point, size: 32, accuracy: 0.5 },
        { ...point, size: 64, accuracy: 0.7 },
      ],
    },
    { series: 'all', label: 'all', points: [{ ...point, size: 128, accuracy: 0.6 }] },
  ],
  grid: {
    by: 'modality',
    trained: ['CT'],
    tested: ['CT', 'MRI'],
    cells: [
      { ...gridCell, tested: 'CT', gain: 0.2 },
      { ...gridCell, tested: 'MRI', gain: -0.1 },
    ],
  },
  transitions: [
    { first: 'base', second: 'tuned', overall: flows, byModality: { CT: flows }, byQuestionType: {}, pValue: 0.2891 },
  ],
  seconds: {},
  totalSeconds: 61,
  warnings: [],
  error: null,
};

/** A folder of one seed. @param correct Right answers of the tuned arm, of 20. */
export function writeComparison(dir: string, seed: number, correct: number): void {
  mkdirSync(dir, { recursive: true });
  const value: ComparisonResult = { ...comparison, seed, arms: [arm('base', 10), arm('tuned', correct)] };
  writeFileSync(join(dir, 'result.json'), JSON.stringify(comparisonResultSchema.parse(value)));
  writeFileSync(join(dir, 'config.yaml'), `seed: ${seed}\n`);
}
