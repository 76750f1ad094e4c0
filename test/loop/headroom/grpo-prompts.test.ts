/** Which questions GRPO asks: never one that measures, never one that SFT has learned, and no answer that nobody vouches for. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { grpoPrompts, type PromptSources } from '../../../src/loop/headroom/grpo-prompts.js';
import { heldImages, trustedQuestions } from '../../../src/loop/headroom/held-images.js';
import { unlearnedOf } from '../../../src/loop/headroom/unlearned.js';
import type { Modality, Sample } from '../../../src/sample.js';
import { makeSample } from '../../helpers/sample.js';

const hash = (name: string): string => name.padEnd(64, '0');
const sample = (id: string, of: Partial<Sample> = {}): Sample => {
  const image = of.image ?? id;
  return makeSample({ id, image, imageHash: hash(image), question: `Which of ${id}?`, ...of });
};
const written = (id: string, of: Partial<Sample> = {}): Sample =>
  sample(id, { ...of, provenance: { ...makeSample().provenance, cycle: 1 } });
const image = (name: string, modality: Modality = 'MRI') => ({ image: name, imageHash: hash(name), modality });

const seed = [
  sample('t-mri', { modality: 'MRI', questionType: 'disease diagnosis', options: ['mass', 'cyst'], answer: 'mass' }),
  sample('t-ct', { modality: 'CT', questionType: 'modality recognition', options: ['CT', 'MRI'], answer: 'CT' }),
];
const learned = [written('a'), written('b')];
const sources = (of: Partial<PromptSources> = {}): PromptSources => ({
  cycle: 1,
  learned,
  written: [written('r1', { image: 'a' }), written('r2'), written('r3')],
  seed,
  pool: [image('a'), image('p1'), image('p2', 'CT'), image('p3', 'OCT'), image('r2')],
  isHeld: () => false,
  ...of,
});
const promptsOf = (grpo: string, of: Partial<PromptSources> = {}) =>
  grpoPrompts(
    parseConfig(`grpo: ${grpo}`, { file: 'x.yaml', set: grpo.includes('batchSize') ? [] : ['grpo.batchSize=8'] }),
    sources(of),
  );
const idsOf = (samples: readonly Sample[]): string[] => samples.map(({ id }) => id);

describe('accepted', () => {
  test('is D_gen as it stands, every answer compared with', () => {
    expect(promptsOf('{ prompts: accepted }')).toEqual({ samples: learned, trusted: null, sources: { accepted: 2 } });
  });
});

describe('fresh', () => {
  test('asks what was rejected and images nobody has asked about, without any answer', () => {
    const { samples, trusted, sources: counts } = promptsOf('{ prompts: fresh }');
    expect(counts).toEqual({ rejected: 3, templates: 2 });
    expect(idsOf(samples).slice(0, 3).toSorted()).toEqual(['r1', 'r2', 'r3']);
    expect(trusted).toEqual(new Set());
    for (const { answer, rationale } of samples) expect([answer, rationale]).toEqual(['', '']);
    // Each pool image the question of a trusted sample of its own modality; an OCT none, since none is known.
    const templates = samples.slice(3).toSorted((one, other) => one.image.localeCompare(other.image));
    expect(templates.map(({ image: name, question, options }) => [name, question, options])).toEqual([
      ['p1', 'Which of t-mri?', ['mass', 'cyst']],
      ['p2', 'Which of t-ct?', ['CT', 'MRI']],
    ]);
    for (const { provenance } of samples.slice(3)) expect(provenance).toMatchObject({ provider: 'template', cycle: 1 });
  });

  test('a question that SFT has learned is not asked again, in whatever case it is written', () => {
    const known = written('r2-again', { image: 'r2', question: 'WHICH of r2?' });
    expect(idsOf(promptsOf('{ prompts: fresh }', { learned: [...learned, known] }).samples)).not.toContain('r2');
  });

  test('nothing about an image that measures is asked, wherever it would come from', () => {
    const held = new Set(['a', 'r3', 'p2', 't-mri'].map(hash));
    const all = '{ prompts: fresh, fresh: { from: [rejected, templates, trusted] } }';
    const { samples } = promptsOf(all, { isHeld: (imageHash) => held.has(imageHash) });
    expect(samples.filter(({ imageHash }) => held.has(imageHash))).toEqual([]);
    expect(idsOf(samples)).toContain('r2');
    expect(idsOf(samples)).toContain('t-ct');
  });

  test('trusted samples keep their answers, and only theirs are compared with', () => {
    const { samples, trusted } = promptsOf('{ prompts: fresh, fresh: { from: [trusted, rejected] } }');
    expect(idsOf(samples).toSorted()).toEqual(['r1', 'r2', 'r3', 't-ct', 't-mri']);
    expect(idsOf(samples.slice(0, 2)).toSorted()).toEqual(['t-ct', 't-mri']);
    expect(trusted).toEqual(new Set(['t-mri', 't-ct']));
    expect(samples.find(({ id }) => id === 't-mri')?.answer).toBe('mass');
  });

  test('asks as many as its steps take, and a later source only where those before it are too few', () => {
    const few = (grpo: string) => promptsOf(`{ prompts: fresh, numGenerations: 2, batchSize: 2, ${grpo} }`).sources;
    expect(few('maxSteps: 2')).toEqual({ rejected: 2 });
    expect(few('maxSteps: 4')).toEqual({ rejected: 3, templates: 1 });
    expect(few('maxSteps: 9, fresh: { from: [templates] }')).toEqual({ templates: 2 });
  });

  test('what fills not even one step is filled up with what was learned', () => {
    const { sources: counts, trusted } = promptsOf('{ prompts: fresh, numGenerations: 2, batchSize: 8 }', { pool: [] });
    expect(counts).toEqual({ accepted: 2, rejected: 3 });
    expect(trusted).toEqual(new Set(['a', 'b']));
  });

  test('where there is nothing fresh, what was learned is asked', () => {
    const none = promptsOf('{ prompts: fresh }', { written: [], pool: [] });
    expect(none.trusted).toBeNull();
    expect(idsOf(none.samples).toSorted()).toEqual(['a', 'b']);
  });

  test('the same cycle asks the same, another other questions', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      sample(`t${index}`, { modality: 'MRI', questionType: 'disease diagnosis' }),
    );
    const pool = Array.from({ length: 30 }, (_, index) => image(`p${index}`));
    const of = (cycle: number) =>
      promptsOf('{ prompts: fresh }', { seed: many, pool, cycle }).samples.map(({ question }) => question);
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });
});

test('mixed compares with the answers that were accepted, and with no other', () => {
  const { samples, trusted, sources: counts } = promptsOf('{ prompts: mixed }');
  expect(counts).toEqual({ accepted: 2, rejected: 3, templates: 2 });
  expect(trusted).toEqual(new Set(['a', 'b']));
  expect(samples.filter(({ answer }) => answer !== '').map(({ id }) => id)).toHaveLength(2);
});

test('what cannot be rewarded is refused, and questions of nothing measure nothing', () => {
  const read = (grpo: string) => parseConfig(`grpo: ${grpo}`, { file: 'x.yaml' });
  expect(() => read('{ prompts: fresh, rewards: { alpha: 0 } }')).toThrow('only R_φ can reward them');
  expect(() => read('{ prompts: fresh, rewards: { alpha: 0 }, fresh: { from: [trusted] } }')).not.toThrow();
  expect(() => read('{ when: headroom, headroom: { questions: 0 } }')).toThrow('nothing can be said of headroom');
});

describe('what measures', () => {
  const asked = [sample('q1')];
  const heldOut = [sample('g1')];
  const patients = new Map([
    [hash('q1'), 'ANNA'],
    [hash('g1'), 'BERT'],
    [hash('other-of-anna'), 'ANNA'],
    [hash('other-of-bert'), 'BERT'],
    [hash('of-carl'), 'CARL'],
  ]);

  test('is held by image and by patient; an image without a patient is nobody’s', () => {
    const isHeld = heldImages({ test: asked, patients }, heldOut);
    expect(['q1', 'g1', 'other-of-anna', 'other-of-bert'].map((name) => isHeld(hash(name)))).toEqual(
      Array(4).fill(true),
    );
    expect(['of-carl', 'unknown'].map((name) => isHeld(hash(name)))).toEqual([false, false]);
    expect(heldImages({ test: asked }, [])(hash('unknown'))).toBe(false);
  });

  test('questions before GRPO are held-out trusted ones that SFT has not learned, the same in each cycle', () => {
    const config = parseConfig('', { file: 'x.yaml' });
    const data = { seed: [...heldOut, sample('g2'), sample('s1')] } as never;
    const held = [sample('g1'), sample('g2')];
    expect(idsOf(trustedQuestions({ config, data }, held, [], 9)).toSorted()).toEqual(['g1', 'g2']);
    expect(idsOf(trustedQuestions({ config, data }, held, [sample('g2')], 9))).toEqual(['g1']);
    expect(trustedQuestions({ config, data }, held, [], 1)).toHaveLength(1);
  });
});

test('what D_gen takes in a later cycle is no longer unlearned', () => {
  const one = unlearnedOf({ samples: [], from: [] }, [written('a'), written('b')], [written('a')], 'f1');
  expect(idsOf(one.samples)).toEqual(['b']);
  const two = unlearnedOf(one, [written('c')], [written('a'), written('b')], 'f2');
  expect([idsOf(two.samples), two.from]).toEqual([['c'], ['f1', 'f2']]);
});
