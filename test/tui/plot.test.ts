/** Curves, bars and histograms as text. */
import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../src/tui/parts/layout.js';
import { parseGpus } from '../../src/tui/gpu-use.js';
import { bar, histogram, plot, rangeOf } from '../../src/tui/parts/plot.js';
import { compact } from '../../src/format.js';

describe('plot', () => {
  test('a rising line goes from the lower left to the upper right corner', () => {
    const rows = plot(
      [
        {
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
      { width: 4, height: 2, steps: [0, 1], values: [0, 1] },
    );
    const text = rows.map((row) => row.map((segment) => segment.text).join(''));
    expect(text).toEqual(['  ⡠⠊', '⡠⠊  '].map((line) => expect.stringMatching(new RegExp(`^.{${line.length}}$`))));
    expect(text[0]?.startsWith('  ')).toBe(true);
    expect(text[1]?.endsWith('  ')).toBe(true);
    expect(text[1]?.[0]).not.toBe(' ');
    expect(text[0]?.at(-1)).not.toBe(' ');
  });

  test('what lies behind is faint, except where the curve itself is', () => {
    const [row] = plot(
      [
        {
          faint: true,
          points: [
            [0, 0.5],
            [1, 0.5],
          ],
        },
        {
          points: [
            [0, 0.5],
            [0.2, 0.5],
          ],
        },
      ],
      { width: 10, height: 1, steps: [0, 1], values: [0, 1] },
    );
    expect(row?.map((segment) => segment.faint)).toEqual([false, true]);
  });

  test('one value, or none, has a range too', () => {
    expect(rangeOf([{ points: [[1, 3]] }])).toEqual([2.5, 3.5]);
    expect(rangeOf([])).toEqual([0, 1]);
  });
});

test('bars and histograms', () => {
  expect(bar(0.5, 4)).toBe('██░░');
  expect(bar(7, 2)).toBe('██');
  expect(histogram([0, 4, 8], 1)).toEqual([' ▄█']);
  expect(histogram([8, 4], 2)).toEqual(['█ ', '██']);
});

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
  [40, 12],
])('the rows of a terminal of %d × %d are shared out without a rest', (columns, rows) => {
  for (const cycles of [0, 1, 4, 30]) {
    const { panel, table, log } = layoutOf(rows, cycles);
    expect(panel + table + log + 6).toBe(rows);
    expect(panel).toBeGreaterThanOrEqual(Math.min(9, rows - 6));
  }
});

test('nvidia-smi: numbers, and 0 for what a GPU does not report', () => {
  expect(parseGpus('0, 87, 31744, 81920\n1, [N/A], 0, 81920\n')).toEqual([
    { index: 0, percent: 87, usedGiB: 31, totalGiB: 80 },
    { index: 1, percent: 0, usedGiB: 0, totalGiB: 80 },
  ]);
});

test('counts in few characters', () => {
  expect([0, 999, 14_234, 999_999, 3_100_000, null].map((value) => compact(value))).toEqual([
    '0',
    '999',
    '14.2k',
    '1.0M',
    '3.1M',
    '–',
  ]);
});
