import { beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.js';
import {
  fourGrades,
  gradeSamples,
  loadWordNet,
  type GradedRow,
  type Sense,
  type Thesaurus,
} from '../../src/grading/index.js';
import { articleFor, inflect, readings, withCaseOf } from '../../src/grading/inflection.js';
import { argueFor } from '../../src/grading/wrong-answer.js';
import { rewordLightly } from '../../src/grading/reword.js';
import { seededRandom } from '../../src/random.js';
import { extract, isCorrect } from '../../src/reward/reading/extract.js';
import type { Sample } from '../../src/sample.js';
import { makeSample } from '../helpers/sample.js';

let wordnet: Thesaurus;
beforeAll(() => {
  wordnet = loadWordNet();
});

const texts = [
  'First the whole image is inspected. The upper left quadrant contains a mass.',
  'The right lung shows a thin pleural line with an area of increased lucency, and no mass beyond it.',
  'A round, dark area near the edge enhances strongly, which points to a mass.',
  'There is a large opacity obscuring the heart border, suggesting a mass.',
];
function corpus(count: number): Sample[] {
  return Array.from({ length: count }, (_, i) =>
    makeSample({
      id: `s${i}`,
      imageHash: `image-${i >> 1}`,
      question: i % 2 === 0 ? 'Which finding does the image show?' : 'Which organ is shown?',
      questionType: i % 2 === 0 ? 'disease diagnosis' : 'anatomy identification',
      options: i % 2 === 0 ? ['cyst', 'mass', 'no mass', 'PET-CT'] : [],
      answer: i % 2 === 0 ? 'mass' : (['liver', 'spleen', 'left lung'][i % 3] as string),
      rationale: texts[i % texts.length] as string,
    }),
  );
}

describe('WordNet', () => {
  it('knows senses, most frequent first', () => {
    const [first] = wordnet.senses('boundary', 'noun');
    expect(first?.words).toEqual(expect.arrayContaining(['boundary', 'bound', 'bounds']));
    expect(wordnet.senses('liver', 'noun')[0]?.anatomical).toBe(true);
    expect(wordnet.senses('qwertz', 'noun')).toEqual([]);
    expect(wordnet.usage('qwertz', 'verb')).toBe(0);
    for (const word of ['a', 'zymotic', 'aa', 'zyrian', '.22-caliber']) {
      expect(wordnet.senses(word, 'adj').length + wordnet.senses(word, 'noun').length).toBeGreaterThan(0);
    }
    expect(first && wordnet.frequency('boundary', 'noun', first)).toBeGreaterThan(0);
  });

  it('explains where it is missing', () => {
    expect(() => loadWordNet('/nowhere').senses('word', 'noun')).toThrow(DataError);
  });
});

describe('inflection', () => {
  it.each([
    ['show', 'third', 'shows'],
    ['carry', 'third', 'carries'],
    ['carry', 'past', 'carried'],
    ['define', 'past', 'defined'],
    ['define', 'gerund', 'defining'],
    ['stop', 'past', 'stopped'],
    ['occur', 'past', 'occurred'],
    ['enter', 'past', 'entered'],
    ['play', 'gerund', 'playing'],
    ['mimic', 'gerund', 'mimicking'],
    ['branch', 'plural', 'branches'],
    ['boundary', 'plural', 'boundaries'],
    ['find', 'past', null],
    ['focus', 'plural', null],
    ['leaf', 'plural', null],
  ] as const)('%s, %s: %s', (lemma, form, expected) => {
    expect(inflect(lemma, form)).toBe(expected);
  });

  it('reads forms back', () => {
    for (const [word, lemma, form] of [
      ['stopped', 'stop', 'past'],
      ['defining', 'define', 'gerund'],
      ['bodies', 'body', 'plural'],
      ['carried', 'carry', 'past'],
    ]) {
      expect(readings(word as string)).toContainEqual({ lemma, form });
    }
  });

  it('keeps case and finds articles', () => {
    expect(withCaseOf('Mass', 'cyst')).toBe('Cyst');
    expect(withCaseOf('MASS', 'cyst')).toBe('CYST');
    expect(['MRI', 'CT', 'ulcer', 'uniform', 'X-ray', 'hour'].map(articleFor)).toEqual([
      'an',
      'a',
      'an',
      'a',
      'an',
      'an',
    ]);
  });
});

describe('rewording', () => {
  it('changes two or three words and none that carry the claim', () => {
    for (const [i, rationale] of texts.entries()) {
      const sample = makeSample({
        question: 'Which finding does the image show?',
        options: ['mass', 'cyst'],
        answer: 'mass',
        rationale,
      });
      const reworded = rewordLightly(sample, wordnet, seededRandom(i)) ?? '';
      const [before, after] = [rationale.split(' '), reworded.split(' ')];
      expect(after.length).toBe(before.length);
      const changed = before.filter((word, at) => word !== after[at] && !/^an?$/i.test(word)).length;
      expect(changed).toBeGreaterThanOrEqual(1);
      expect(changed).toBeLessThanOrEqual(3);
      for (const word of ['mass', 'no', 'upper', 'left', 'right', 'lung']) {
        expect(after.join(' ').match(new RegExp(`\\b${word}\\b`, 'g'))).toEqual(
          before.join(' ').match(new RegExp(`\\b${word}\\b`, 'g')),
        );
      }
    }
  });

  it('puts articles and inflections right', () => {
    const sense = (id: number, ...words: string[]): Sense => ({
      id,
      words,
      glossStems: new Set(),
      anatomical: false,
      similar: [],
    });
    const known: Record<string, Sense[]> = {
      'noun area': [sense(1, 'area', 'zone')],
      'noun zone': [sense(1, 'area', 'zone')],
      'verb carry': [sense(2, 'carry', 'convey')],
      'verb convey': [sense(2, 'carry', 'convey')],
    };
    const small: Thesaurus = {
      senses: (lemma, pos) => known[`${pos} ${lemma}`] ?? [],
      usage: () => 1,
      frequency: () => 1,
      similar: () => [],
    };
    const sample = { question: 'What?', options: [], answer: 'fat' };
    const reword = (rationale: string) => rewordLightly({ ...sample, rationale }, small, seededRandom(1));
    expect(reword('An area that carries fat.')).toBe('A zone that conveys fat.');
    expect(reword('It conveys fat to a zone.')).toBe('It conveys fat to an area.');
    expect(reword('The fat is carried.')).toBe('The fat is conveyed.');
  });

  it('says when there is nothing to reword', () => {
    expect(rewordLightly(makeSample({ rationale: 'The answer is MRI.' }), wordnet, seededRandom(1))).toBeNull();
  });
});

describe('arguing for a wrong answer', () => {
  it.each([
    ['mass', 'cyst', 'A mass is seen; the mass is round.', 'A cyst is seen; the cyst is round.'],
    ['mass', 'no lesion', 'It contains a mass.', 'It contains no lesion.'],
    ['no lesion', 'hemorrhage', 'No lesion is seen.', 'A hemorrhage is seen.'],
    ['MRI', 'CT', 'An MRI rather than a CT.', 'A CT rather than an MRI.'],
    ['mass', 'no mass', 'A mass fills it.', 'No mass fills it.'],
    ['Liver', 'Spleen', 'Liver tissue; the liver edge.', 'Spleen tissue; the spleen edge.'],
    ['CT', 'PET-CT', 'Typical of CT, not of PET-CT.', 'Typical of PET-CT, not of CT.'],
    ['2', '3', 'There are 2 of 12.', 'There are 3 of 12.'],
    ['Yes', 'No', 'A line is present.', 'A line is absent.'],
    ['no', 'yes', 'There is no fracture.', 'There is a fracture.'],
    ['yes', 'no', 'It shows an effusion, so yes.', 'It shows no effusion, so no.'],
  ])('%s -> %s', (answer, wrong, rationale, expected) => {
    expect(argueFor({ answer, rationale }, wrong)).toBe(expected);
  });
});

describe('the graded set', () => {
  const samples = corpus(60);
  const grader = fourGrades({ thesaurus: wordnet });
  const make = (seed = 1) => gradeSamples(samples, { seed, grader });
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  const kindOf = (rows: GradedRow[], kind: GradedRow['kind']): GradedRow[] => rows.filter((row) => row.kind === kind);

  it('is the same for the same seed and another for another', async () => {
    expect(await make()).toEqual(await make());
    expect(await make(2)).not.toEqual(await make());
  });

  it('splits by image', async () => {
    const { train, heldOut } = await make();
    const held = new Set(heldOut.map((row) => row.imageHash));
    expect(held.size).toBe(6);
    expect(train.some((row) => held.has(row.imageHash))).toBe(false);
  });

  it('gives every row an id of its own, and no response twice to a sample', async () => {
    const rows = await make().then(({ train, heldOut }) => [...train, ...heldOut]);
    expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
    expect(new Set(rows.map((row) => `${row.sampleId}\n${row.response}`)).size).toBe(rows.length);
  });

  it('grades by kind: right where it should be right, wrong where it should be wrong', async () => {
    const { train, skipped } = await make();
    for (const row of train) {
      const sample = byId.get(row.sampleId) as Sample;
      const right = isCorrect(row.response, sample);
      if (row.kind === 'original' || row.kind === 'synonym')
        expect(right && extract(row.response, sample.options).wellFormed).toBe(true);
      if (row.kind === 'mismatch' || row.kind === 'irrelevant') expect(right).toBe(false);
      if (row.kind === 'mismatch') expect(extract(row.response, sample.options).answer).not.toBeNull();
    }
    const counts = Object.fromEntries(
      ['original', 'synonym', 'deletion', 'mismatch', 'irrelevant'].map((kind) => [kind, kindOf(train, kind).length]),
    );
    expect(counts).toEqual({ original: 48, synonym: 48, deletion: 48, mismatch: 96, irrelevant: 48 });
    expect(skipped).toEqual({ synonym: 0, deletion: 0, mismatch: 0, irrelevant: 0 });
    expect(new Set(train.map((row) => `${row.kind} ${row.grade}`)).size).toBe(5);
  });

  it('deletes a third to a half of the words', async () => {
    for (const row of kindOf((await make()).train, 'deletion')) {
      const count = (text: string): number => text.match(/[A-Za-z]+/g)?.length ?? 0;
      const thought = /<think>(.*)<\/think>/.exec(row.response)?.[1] ?? '';
      const share = 1 - count(thought) / count(byId.get(row.sampleId)?.rationale ?? '');
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.6);
    }
  });

  it('counts what it cannot make', async () => {
    const lonely = [makeSample({ rationale: '', options: [], answer: 'liver' })];
    const { train, skipped } = await gradeSamples(lonely, { seed: 1, heldOut: 0, grader });
    expect(train.map((row) => row.kind)).toEqual(['original']);
    expect(skipped).toEqual({ synonym: 1, deletion: 1, mismatch: 2, irrelevant: 1 });
  });

  it('grades 2,000 samples fast', async () => {
    const many = corpus(2000);
    const before = process.cpuUsage();
    await gradeSamples(many, { seed: 1, heldOut: 0.1, grader });
    // Takes about 0.6 s of a processor.
    expect(process.cpuUsage(before).user).toBeLessThan(8e6);
  });
});
