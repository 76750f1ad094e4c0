/** Figures in words: one rule of rounding for all of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixed, formatTable, markdownTable, percent, percentPair, percentWithin, signedPoints } from '../src/format.js';

const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/percent.json'), 'utf8')) as [
  number,
  number,
  string,
][];

test.each(cases)(
  '%d with %d decimals, half up of the number that is meant, as Python has it',
  (share, digits, text) => {
    expect(percent(share, digits)).toBe(text);
  },
);

test('two shares have one unit, and an interval stands in brackets', () => {
  expect(percentPair(0.65, 0.9725, ' → ')).toBe('65.0 → 97.3 %');
  expect(percentPair(null, null, ' → ')).toBe('– → –');
  expect(percentWithin(0.9125, { low: 0.8835, high: 0.9345 })).toBe('91.3 % (88.4 to 93.5)');
  expect(percentWithin(0.5, null)).toBe('50.0 %');
});

test('a change has its sign, and none that is rounded to nothing is below nothing', () => {
  expect([0.9125 - 0.9, -0.0125, -0.0004, 0].map(signedPoints)).toEqual(['+1.3', '−1.3', '+0.0', '+0.0']);
  expect(fixed(12_345_678.5, 0)).toBe('12345679');
});

test('a column is as wide as its words are on a terminal, in any script', () => {
  const [head = '', wide = '', joined = ''] = formatTable([
    ['model', 'n'],
    ['強化學習', '7'],
    ['de\u0301but', '8'],
  ]).split('\n');
  expect([head, wide, joined]).toEqual(['model     n', '強化學習  7', 'de\u0301but     8']);
});

test('a cell of a card is text: no tag, no image, no further cell or row', () => {
  const rows = [['reader'], ['<img src="//x"> & ![x](//x)|y\r\nz']];
  expect(markdownTable('Who', rows).trim().split('\n').at(-1)).toBe('| &lt;img src="//x"> &amp; !\\[x](//x)\\|y z |');
});

test('no other place rounds by itself', () => {
  const source = join(import.meta.dirname, '../src');
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const rounding = names.filter((name) => readFileSync(join(source, name), 'utf8').includes('.toFixed('));
  expect(rounding).toEqual(['format.ts']);
});
