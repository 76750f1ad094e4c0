/** Tokens of an image by each family's own rule: those that its processor makes (test/py/models/image_rules_golden.py). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { imageRuleOf, limitedRule, type ImageFiles } from '../../src/job-spec/checks/image-rule-of.js';
import { mostTokens, tokensOf, type ImageRule } from '../../src/job-spec/checks/image-rules.js';

interface Golden extends ImageFiles {
  family: string;
  maxPixels: number | null;
  cases: [width: number, height: number, tokens: number][];
}
const file = path.join(import.meta.dirname, '..', 'golden', 'image-rules.json');
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden[];

const ruleOf = (files: ImageFiles): ImageRule => {
  const rule = imageRuleOf(files);
  if (rule === null) throw new Error('no rule');
  return rule;
};

describe('each family, as its processor does', () => {
  test.each(golden)('$family within $maxPixels', ({ maxPixels, cases, ...files }) => {
    const rule = limitedRule(ruleOf(files), maxPixels ?? undefined);
    const found = cases.map(([width, height]) => [width, height, tokensOf({ width, height }, rule)]);
    expect(found).toEqual(cases);
    expect(Math.max(...cases.map(([, , tokens]) => tokens))).toBeLessThanOrEqual(mostTokens(rule));
  });

  test('every family of the bench is there, with more than one figure where sizes matter', () => {
    expect(new Set(golden.map(({ family }) => family)).size).toBe(12);
    const varied = golden.filter(({ cases }) => new Set(cases.map(([, , tokens]) => tokens)).size > 1);
    expect(new Set(varied.map(({ family }) => family)).size).toBeGreaterThanOrEqual(8);
  });
});

describe('files as the hub has them, by their makers’ figures', () => {
  test.each<[string, ImageFiles, number]>([
    [
      'LLaVA-1.5: 24 x 24',
      {
        config: { model_type: 'llava', vision_config: { patch_size: 14 } },
        preprocessor: { crop_size: { height: 336, width: 336 }, size: { shortest_edge: 336 } },
        processor: { patch_size: 14, num_additional_image_tokens: 1, vision_feature_select_strategy: 'default' },
      },
      576,
    ],
    [
      'Gemma 3: 256',
      {
        config: { model_type: 'gemma3', mm_tokens_per_image: 256 },
        preprocessor: { size: { height: 896, width: 896 } },
        processor: null,
      },
      256,
    ],
    [
      'InternVL3: two by two tiles of 256 and the whole',
      {
        config: { model_type: 'internvl' },
        preprocessor: { size: { height: 448, width: 448 }, min_patches: 1, max_patches: 4, crop_to_patches: true },
        processor: { image_seq_length: 256 },
      },
      2 + 5 * 256,
    ],
    [
      'Qwen2.5-VL: 36 x 36',
      {
        config: { model_type: 'qwen2_5_vl' },
        preprocessor: { min_pixels: 3136, max_pixels: 12_845_056, patch_size: 14, merge_size: 2 },
        processor: null,
      },
      37 * 37,
    ],
  ])('%s', (_, files, tokens) => {
    expect(tokensOf({ width: 1024, height: 1024 }, ruleOf(files))).toBe(tokens);
  });

  test('what is not known has no rule', () => {
    expect(imageRuleOf({ config: { model_type: 'pixtral' }, preprocessor: {}, processor: null })).toBeNull();
    expect(imageRuleOf({ config: { model_type: 'qwen2_vl' }, preprocessor: null, processor: null })).toBeNull();
    expect(imageRuleOf({ config: null, preprocessor: null, processor: null })).toBeNull();
  });
});
