/** The report says of each cycle what GRPO could gain, in words and figures; a run that did not look has no such section. */
import { expect, test } from 'vitest';
import { sampledReport } from '../../src/evaluation/sampled/sampled-report.js';
import { headroomOf } from '../../src/evaluation/sampled/headroom-verdict.js';
import { readHeadroom } from '../../src/report/data/cycle-headroom.js';
import type { RunFigures } from '../../src/report/data/run-figures.js';
import type { RunRecord } from '../../src/report/data/run-record.js';
import { tableNamed } from './page-parts.js';
import { headroom } from '../../src/report/sections/headroom-section.js';

const report = sampledReport(
  Array.from({ length: 20 }, (_, index) => ({
    image: String(index),
    modality: index < 5 ? 'CT' : 'MRI',
    questionType: 'disease diagnosis',
    greedy: index < 10,
    samples: [true, false].map((correct) => ({ correct, answer: correct ? 'a' : 'b', score: correct ? 9 : -6 })),
  })),
);
const output = { headroom: headroomOf(report), report };
const entry = (cycle: number, stage: string, of: unknown) => ({ cycle, stage, output: of });

const recordOf = (ledger: object[]): RunRecord =>
  ({ name: 'mine', ledger, result: { cycles: [{ cycle: 2, grpoSkipped: 'GRPO is left out: so it is' }] } }) as never;

test('of the ledger’s entries those that are whole are read, with what was done about them', () => {
  const run = recordOf([
    entry(2, 'headroom', output),
    entry(1, 'headroom', output),
    entry(3, 'headroom', {}),
    entry(1, 'sft', output),
  ]);
  expect(readHeadroom(run).map(({ cycle, skipped }) => [cycle, skipped])).toEqual([
    [1, null],
    [2, 'GRPO is left out: so it is'],
  ]);
});

test('is a sentence for each cycle, a column each in one table, and its groups to be opened', () => {
  const run = { run: recordOf([]), headroom: [{ cycle: 1, skipped: null, ...output }] } as unknown as RunFigures;
  const text = headroom([run])?.body.text ?? '';
  expect(text).toContain('<p>Cycle 1: GRPO has room: pass@2 100.0 %, best by R_φ 100.0 %, greedy 50.0 %.</p>');
  expect(text).toContain('pass@2');
  const [whole, groups] = [tableNamed(text, 'Samples of held-out questions, mine'), text.split('<details>')[1] ?? ''];
  expect(whole.head).toEqual(['figure', 'cycle 1']);
  expect(whole.rows[0]).toEqual(['questions', '20']);
  expect(whole.rows.some(([name]) => name === 'MRI')).toBe(false);
  expect(
    tableNamed(groups, 'Samples of held-out questions of cycle 1, mine').rows.map((row) => row.slice(0, 2)),
  ).toEqual(
    expect.arrayContaining([
      ['CT', '5'],
      ['MRI', '15'],
    ]),
  );
  expect(text).toMatch(/50\.0[^<]*\(2\d\.\d/);
  expect(headroom([{ ...run, headroom: [] }])).toBeNull();
});
