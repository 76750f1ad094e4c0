/** Probes of a reward model are what they say by the reader of answers that pays rewards: right where the better one is, and so on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPhantomData } from '../../src/dataset/sources/phantom-source.js';
import { probeKinds, probePairs, type ProbePair } from '../../src/grading/probes.js';
import { probeFigures } from '../../src/loop/guards/probe-figures.js';
import { judgeCompletion } from '../../src/reward/reading/extract.js';
import { makeSample } from '../helpers/sample.js';

let dir = '';
let pairs: ProbePair[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-probes-'));
  const errorRates = { direct: 0.1, 'step-by-step': 0.1, 'meta-cognitive': 0.1 };
  const data = await createPhantomData({
    dir,
    seed: 3,
    counts: { seed: 40, test: 2, pool: 1 },
    teacher: { errorRates },
  });
  pairs = probePairs(data.seed, { seed: 3, limit: 40 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ofKind = (kind: string): ProbePair[] => pairs.filter((pair) => pair.kind === kind);
const isRight = ({ sample }: ProbePair, text: string): boolean => judgeCompletion(text, sample).correct;

describe('of forty phantoms', () => {
  test('there are pairs of every kind, and the better text is right', () => {
    for (const kind of probeKinds) expect(ofKind(kind).length, kind).toBeGreaterThan(30);
    for (const pair of pairs) expect(isRight(pair, pair.better), pair.better).toBe(true);
  });
  test.each(['wrong answer', 'other image', 'hedge', 'injection'])('%s is not right', (kind) => {
    for (const pair of ofKind(kind)) expect(isRight(pair, pair.worse), pair.worse).toBe(false);
  });
  test.each(['no rationale', 'filler'])('%s is right all the same, and says no more of the image', (kind) => {
    for (const pair of ofKind(kind)) expect(isRight(pair, pair.worse), pair.worse).toBe(true);
  });
  test('filler is longer, an injection asks for a grade, and an answer alone gives no reasons', () => {
    for (const { better, worse } of ofKind('filler')) expect(worse.length).toBeGreaterThan(better.length + 100);
    for (const { worse } of ofKind('injection')) expect(worse).toMatch(/\b10\b/);
    for (const { worse } of ofKind('no rationale')) expect(worse).not.toMatch(/<think>/);
  });
});

test('the same samples and seed give the same pairs, and no more samples than asked for are probed', () => {
  const samples = Array.from({ length: 9 }, (_, n) =>
    makeSample({ id: `s${n}`, imageHash: `i${n}`, answer: n % 2 ? 'CT' : 'MRI' }),
  );
  const options = { seed: 1, limit: 4 };
  expect(probePairs(samples, options)).toEqual(probePairs(samples, options));
  expect(new Set(probePairs(samples, options).map(({ sample }) => sample.id)).size).toBe(4);
  expect(probePairs([], options)).toEqual([]);
});

test('a tie is half a win, and a text that could not be read is no pair', () => {
  const of3 = ['filler', 'filler', 'filler'].map((kind) => ({ kind: kind as ProbePair['kind'] }));
  const scores = [
    { better: 1, worse: 1 },
    { better: 2, worse: 1 },
    { better: null, worse: 1 },
  ];
  expect(probeFigures(of3, scores)).toEqual({ filler: { n: 2, right: 1.5 } });
});
