/** Which samples a stage of an arm learns from. */
import { describe, expect, test } from 'vitest';
import { selectionSchema } from '../../src/config/sections/recipe.js';
import { selectSamples } from '../../src/loop/comparison/select-samples.js';
import { makeSample } from '../helpers/sample.js';

describe('selectSamples', () => {
  const samples = Array.from({ length: 8 }, (_, i) => ({
    ...makeSample({
      id: `s${i}`,
      question: `What is seen at ${i}?`,
      modality: i < 4 ? ('CT' as const) : ('MRI' as const),
    }),
    score: i,
  }));
  const select = (selection: object, seed = 0, tau: number | null = 4) =>
    selectSamples({ selection: selectionSchema.parse(selection), samples, tau, seed, where: 'test' }).map(
      ({ id }) => id,
    );

  test('the best first; random ones by seed, the few among the many', () => {
    expect(select({ from: 'candidates', take: 'top', size: 2 })).toEqual(['s7', 's6']);
    const few = select({ from: 'candidates', take: 'random', size: 3 });
    const many = select({ from: 'candidates', take: 'random', size: 6 });
    expect(many.slice(0, 3)).toEqual(few);
    expect(select({ from: 'candidates', take: 'random', size: 6 }, 1)).not.toEqual(many);
  });

  test('above τ, of a domain, and nothing twice', () => {
    expect(select({ from: 'accepted' })).toEqual(['s5', 's6', 's7']);
    expect(select({ modality: 'CT' })).toEqual(['s0', 's1', 's2', 's3']);
    expect(select({ modality: ['CT', 'MRI'] })).toHaveLength(8);
    expect(() => select({ modality: 'OCT' })).toThrow(/no sample is left for test/);
    expect(() => select({ strategy: 'direct' })).toThrow(/no sample is left/);
  });
});
