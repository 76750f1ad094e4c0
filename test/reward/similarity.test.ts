/** ROUGE-L against the figures of Python's rouge-score 0.1.2 (rougeL, no stemmer); token F1 by hand. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rougeL, tokenF1 } from '../../src/reward/text-similarity.js';

const golden = JSON.parse(readFileSync(new URL('../golden/rouge.json', import.meta.url), 'utf8')) as {
  text: string;
  key: string;
  rougeL: number;
}[];

it('ROUGE-L is rouge-score’s', () => {
  expect(golden).toHaveLength(40);
  for (const { text, key, rougeL: expected } of golden) expect(rougeL(text, key)).toBeCloseTo(expected, 9);
});

it('token F1 counts each shared word as often as both have it', () => {
  expect(tokenF1('a mass, a cyst', 'a mass')).toBeCloseTo(2 / 3, 12);
  expect(tokenF1('mass', 'cyst')).toBe(0);
  expect(tokenF1('Left  lung.', 'left LUNG')).toBe(1);
  expect(tokenF1('mass mass mass', 'mass')).toBe(0.5);
  expect(tokenF1('', '')).toBe(1);
  expect(tokenF1('', 'mass')).toBe(0);
});
