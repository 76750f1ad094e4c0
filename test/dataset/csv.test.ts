/** CSV and lists of JSON: values come back as they were written, and each row knows the line on which it begins. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/dataset/csv.js';
import { elementLines } from '../../src/dataset/json-list.js';
import { parseListText } from '../../src/dataset/import/list-text.js';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const field = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', ';', '|', '\t', '"', '\n', '\r\n', 'é', '1') });

describe('CSV', () => {
  test('gives back every value, whatever it holds, with its physical line', () => {
    const table = fc.record({
      rows: fc.array(fc.tuple(field, field, field), { maxLength: 8 }),
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n'),
    });
    fc.assert(
      fc.property(table, ({ rows, delimiter, end }) => {
        const records = [['x', 'y', 'z'], ...rows].map((values) => values.map(quoted).join(delimiter));
        const { records: read, bad } = parseCsv(records.join(end));
        expect(bad).toEqual([]);
        expect(read.map(({ fields }) => Object.values(fields).map((value) => value ?? ''))).toEqual(rows);
        let line = 1;
        const lines = records.map((record) => {
          const own = line;
          line += `${record}\n`.split('\n').length - 1;
          return own;
        });
        expect(read.map((record) => record.line)).toEqual(lines.slice(1));
      }),
    );
  });

  test.each([
    ['a,b\n1,2\n3\n4,5\n', [3]],
    ['a,b\n1,2\n', []],
    ['a,b\n1,2,3\n4,5\n', [2]],
    ['a,b\n1,2,,\n4,5\n', []],
    ['a,b\n"1,2\n3,4\n5,6\n', [2]],
    ['a,b\n"1"x,2\n3,4\n', [2]],
    ['a;b\n"x\ny";2\n3\n', [4]],
    ['sep=;\na;b\n1;2\n3\n', [4]],
  ])('%j: bad lines %j, all others read', (text, lines) => {
    const { records, bad } = parseCsv(text);
    expect(bad.map(({ line }) => line)).toEqual(lines);
    for (const { reason } of bad) expect(reason).toMatch(/fields|quote/);
    expect(records.length).toBeGreaterThan(0);
  });

  test('names columns that have none or stand twice', () => {
    expect(parseCsv('a,,a\n1,2,3').columns).toEqual(['a', 'column 2', 'a (again)']);
  });
});

test('elements of a JSON list are found on their lines, whatever stands in them', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), fc.boolean(), (rows, inside) => {
      const text = JSON.stringify(inside ? { data: rows } : rows, null, 2);
      const lines = elementLines(text, inside ? 1 : 0);
      expect(lines).toHaveLength(rows.length);
      const all = text.split('\n');
      for (const line of lines) expect(all[line - 1]?.trim().startsWith('{')).toBe(true);
    }),
  );
});

describe('lists as text', () => {
  test.each([
    ['["a", "b"]', ['a', 'b']],
    [`['a', "it's"]`, ['a', "it's"]],
    [`('a', 'b',)`, ['a', 'b']],
    [`['it\\'s', 'x\\ny']`, ["it's", 'x\ny']],
    [`['a' 'b']`, ['a', 'b']],
    ['[1, 2.5, True, None]', [1, 2.5, true, null]],
    [`{'A': 'x', 'B': 'y'}`, { A: 'x', B: 'y' }],
    [`[{'k': 'A', 'text': 'x'}]`, [{ k: 'A', text: 'x' }]],
    ['[]', []],
  ])('%s', (text, expected) => expect(parseListText(text)).toEqual(expected));

  test.each(['[a, b]', '["a"', 'a, b', '"a"', '{"A": "x", "y"}', '["a"] b'])('%s is none', (text) =>
    expect(parseListText(text)).toBeNull(),
  );
});
