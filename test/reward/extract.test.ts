import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answersMatch, extract, isCorrect } from '../../src/reward/reading/extract.js';
import { normalize } from '../../src/reward/words/normal-text.js';

interface Case {
  name: string;
  text: string;
  options: string[];
  answer: string | null;
  wellFormed: boolean;
}
const cases = JSON.parse(readFileSync(new URL('../golden/extract.json', import.meta.url), 'utf8')) as Case[];

describe('extract', () => {
  it.each(cases)('$name', ({ text, options, answer, wellFormed }) => {
    expect(extract(text, options)).toEqual({ answer, wellFormed });
  });

  it('holds the format to the kind asked for', () => {
    expect(extract('<answer>CT</answer>', ['CT'], 'think-answer').wellFormed).toBe(false);
    expect(extract('<think>x</think><answer>CT</answer>', ['CT'], 'answer-only').wellFormed).toBe(false);
  });

  it('reads back every option of real questions from its words and from its letter', () => {
    const sets = [
      ['Positron Emission Tomography (PET) scan', 'Microscopy', 'Ultrasound', 'Nuclear medicine scan'],
      ['MR (Mag-netic Resonance Imaging)', 'CT(Computed Tomography)', 'X-Ray', 'Fundus Photography'],
      ['Grade 1', 'Grade 2', 'Grade 3', 'No grade'],
      ['Left', 'Right', 'Left and right', 'Neither'],
      ['yes', 'no'],
      ['No', 'Yes', 'Not sure'],
      ['B-cell lymphoma', 'A', 'Hepatitis B', 'I'],
    ];
    for (const options of sets) {
      options.forEach((option, i) => {
        const letter = String.fromCharCode(65 + i);
        expect(extract(`<answer>${option}</answer>`, options).answer).toBe(option);
        expect(extract(`<answer>${letter}) ${option}</answer>`, options).answer).toBe(option);
        expect(extract(`The answer is ${letter}) ${option}`, options).answer).toBe(option);
      });
    }
  });
});

describe('answersMatch', () => {
  it('compares options, not spellings', () => {
    expect(answersMatch('ct.', 'CT', ['CT', 'MRI'])).toBe(true);
    expect(answersMatch('A', 'CT', ['CT', 'MRI'])).toBe(true);
    expect(answersMatch('MRI', 'CT', ['CT', 'MRI'])).toBe(false);
    expect(answersMatch('PET', 'PET', ['CT', 'MRI'])).toBe(false);
  });

  it('compares open answers by their normal form', () => {
    expect(answersMatch('The Liver.', 'liver', [])).toBe(true);
    expect(answersMatch('two', '2', [])).toBe(true);
    expect(answersMatch('Yes, a small one', 'yes', [])).toBe(true);
    expect(answersMatch('No, it is clear', 'yes', [])).toBe(false);
    expect(answersMatch('No fracture', 'no', [])).toBe(false);
    expect(answersMatch('left lung', 'lung', [])).toBe(false);
    expect(answersMatch('...', '???', [])).toBe(false);
  });
});

it('counts a completion without an answer as not correct', () => {
  expect(isCorrect('<think>', { options: [], answer: 'x' })).toBe(false);
});

it('normalises signs, blanks and numbers', () => {
  expect(normalize('  T2–weighted;  5.0 cm, -3, HER2+ ')).toBe('t2 weighted 5 cm - 3 her2 +');
});

it('reads degenerate completions in good time', () => {
  // The processor's time, which other programs on the machine do not lengthen.
  const start = process.cpuUsage();
  for (const piece of ['<think>', '<answer>', '<', '</', 'the answer is ', 'CT ', 'option ', 'A ', '\\boxed', '\n']) {
    extract(piece.repeat(20_000 / piece.length), ['CT', 'MRI', 'upper left']);
  }
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(6000);
});
