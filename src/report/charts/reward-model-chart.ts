/** A reward model on held-out graded texts: where each grade's scores lie, and how often a score means a right text. */
import type { RewardModelFigures } from '../data/reward-models.js';
import { count, decimal, percent } from '../numbers.js';
import type { Chart } from './chart.js';
import { rowNames, scoreAxis, scoreDomain, shareAxis, tauLine } from './marks.js';
import { colour } from './palette.js';

/** What the four grades are; see src/grading. */
const gradeNames: Readonly<Record<string, string>> = {
  '10': '10 original',
  '6': '6 synonyms',
  '0': '0 phrases deleted',
  '-6': '\u22126 mismatch',
};

export const modelName = ({ cycle, ofVerdicts }: Pick<RewardModelFigures, 'cycle' | 'ofVerdicts'>): string =>
  ofVerdicts
    ? `reward model after the verdicts before cycle ${cycle}`
    : cycle === 0
      ? 'first reward model'
      : `reward model after cycle ${cycle}`;

export function gradeCalibration(model: RewardModelFigures): Chart {
  const { report, grades } = model;
  const label = (grade: number): string => gradeNames[String(grade)] ?? decimal(grade, 0);
  const values = grades.map((item) => ({ ...item, label: label(item.grade) }));
  const y = rowNames(
    'label',
    values.map((item) => item.label),
  );
  return {
    title: `Scores per grade: ${modelName(model)}`,
    note: `Bars hold the middle half, points are means, diamonds the grade itself. Rank correlation ${decimal(report.spearman)}, pairs in the right order ${percent(report.pairwiseAccuracy)}.`,
    height: 210,
    spec: {
      data: { values },
      layer: [
        {
          mark: { type: 'bar', height: 14, color: colour('gained') },
          encoding: { y, x: scoreAxis('low', 'roomy'), x2: { field: 'high' } },
        },
        {
          mark: {
            type: 'point',
            shape: 'diamond',
            size: 90,
            filled: false,
            strokeWidth: 1.8,
            color: colour('wrong'),
            opacity: 1,
          },
          encoding: { y, x: scoreAxis('grade', 'roomy') },
        },
        {
          mark: { type: 'point', filled: true, size: 70, color: colour('right'), opacity: 1 },
          encoding: { y, x: scoreAxis('mean', 'roomy') },
        },
      ],
    },
    legend: [
      { label: 'mean score', colour: colour('right'), shape: 'circle' },
      { label: 'middle half', colour: colour('gained'), shape: 'area' },
      { label: 'grade', colour: colour('wrong'), shape: 'diamond', hollow: true },
    ],
    table: {
      head: ['grade', 'texts', 'mean score', 'quarter below', 'quarter above'],
      rows: grades.map(({ grade, n, mean, low, high }) => [
        label(grade),
        count(n),
        decimal(mean),
        ...(n === 0 ? ['–', '–'] : [decimal(low), decimal(high)]),
      ]),
    },
  };
}

const countMark = { type: 'text', dy: -6, fontSize: 11 } as const;

export function reliability(model: RewardModelFigures): Chart | null {
  const { report } = model;
  const bins = report.reliability.filter(({ n }) => n > 0);
  if (bins.length === 0) return null;
  const x = { ...scoreAxis('from'), bin: { binned: true, step: 2 } };
  return {
    title: `What a score is worth: ${modelName(model)}`,
    note: `Share of held-out texts that are right, by score; numbers are texts. At τ: precision ${percent(report.precision)}, recall ${percent(report.recall)}.`,
    height: 210,
    spec: {
      layer: [
        {
          data: { values: bins },
          mark: { type: 'bar', color: colour('gained'), binSpacing: 2 },
          encoding: { x, x2: { field: 'to' }, y: shareAxis('positiveShare') },
        },
        ...tauLine(report.tau),
        {
          data: {
            values: bins.map(({ from, to, n, positiveShare }) => ({ at: (from + to) / 2, n: count(n), positiveShare })),
          },
          encoding: {
            x: { field: 'at', type: 'quantitative', scale: { domain: scoreDomain, nice: false } },
            y: shareAxis('positiveShare'),
            text: { field: 'n' },
          },
          // The rim keeps τ's line, which may pass behind a number, out of its digits.
          layer: [
            { mark: { ...countMark, fill: colour('card'), stroke: colour('card'), strokeWidth: 4 } },
            { mark: { ...countMark, fill: colour('muted') } },
          ],
        },
      ],
    },
    table: {
      head: ['score from', 'to', 'texts', 'mean score', 'right'],
      rows: report.reliability.map(({ from, to, n, meanScore, positiveShare }) => [
        decimal(from, 0),
        decimal(to, 0),
        count(n),
        decimal(meanScore),
        percent(positiveShare),
      ]),
    },
  };
}
