/** The image-token budget: Qwen2-VL's arithmetic, and refusal before Python starts of what cannot fit. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../src/dataset/tables/table.js';
import { checkJobImages, readVisionLimits } from '../../src/job-spec/checks/job-images.js';
import { imageTokens, limitedTo, mostImageTokens, qwenLimits } from '../../src/job-spec/checks/image-tokens.js';
import type { AnySpec } from '../../src/job-spec/checks/image-token-budget.js';

const limits = { tokenSide: 28, minPixels: 56 * 56, maxPixels: 1_003_520, context: 2048 };

describe('tokens of an image', () => {
  test.each([
    // Worked out by hand: 640 × 480 is 23 × 17 squares of 28 pixels.
    [{ width: 224, height: 224 }, 64],
    [{ width: 640, height: 480 }, 23 * 17],
    [{ width: 4000, height: 3000 }, 41 * 30],
    [{ width: 20, height: 20 }, 4],
  ])('%j takes %i', (size, tokens) => {
    expect(imageTokens(size, limits)).toBe(tokens);
    expect(tokens).toBeLessThanOrEqual(mostImageTokens(limits));
  });
});

describe('tokens as transformers’ smart_resize has them', () => {
  test.each([
    [512, 512, 3136, 12_845_056, 324],
    [1000, 700, 3136, 401_408, 486],
    [30, 30, 3136, 12_845_056, 4],
    [84, 84, 7056, 7056, 9],
    [2000, 150, 3136, 401_408, 355],
    [1024, 1024, 3136, 401_408, 484],
  ])('%d x %d within %d to %d pixels: %d', (width, height, minPixels, maxPixels, tokens) => {
    expect(imageTokens({ width, height }, { tokenSide: 28, minPixels, maxPixels })).toBe(tokens);
  });

  test('a limit below the model’s minimum takes its place', () => {
    expect(limitedTo(limits, 1000)).toMatchObject({ minPixels: 1000, maxPixels: 1000 });
    expect(limitedTo(limits, undefined)).toBe(limits);
  });
});

describe('the budget', () => {
  let folder: string;
  let image: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
    image = path.join(folder, 'large.png');
    await sharp({ create: { width: 1400, height: 1400, channels: 3, background: 'gray' } })
      .png()
      .toFile(image);
    await writeParquet(path.join(folder, 'rows.parquet'), [{ image }], { image: 'VARCHAR' });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('of GLM-4V counts an image once, as its processor counts it twice', async () => {
    const model = path.join(folder, 'glm');
    await mkdir(model);
    const vision = { patch_size: 14, spatial_merge_size: 2 };
    const config = { text_config: { max_position_embeddings: 512 }, vision_config: vision };
    const size = { shortest_edge: 12_544, longest_edge: 50_176 };
    const processor = { image_processor_type: 'Glm4vImageProcessor', temporal_patch_size: 2, size };
    await writeFile(path.join(model, 'config.json'), JSON.stringify(config));
    await writeFile(path.join(model, 'preprocessor_config.json'), JSON.stringify(processor));
    const found = await readVisionLimits(model);
    expect(found).toMatchObject({ minPixels: 6272, maxPixels: 25_088 });
    // What transformers' own processor gives for this size.
    expect(imageTokens({ width: 400, height: 300 }, found!)).toBe(24);
  });

  test('of the shipped model is read from its folder; a model elsewhere is not judged', async () => {
    expect(await readVisionLimits('phantom')).toEqual({
      tokenSide: 28,
      minPixels: 7056,
      maxPixels: 7056,
      context: 2048,
    });
    expect(await readVisionLimits('someone/a-model')).toBeNull();
    expect(await readVisionLimits('Qwen/Qwen2.5-VL-7B-Instruct')).toEqual(qwenLimits);
  });

  test('of a downloaded Qwen2.5-VL is read from its files, whose layout is an earlier one', async () => {
    const model = path.join(folder, 'qwen');
    await mkdir(model);
    const config = { max_position_embeddings: 128_000, vision_config: { patch_size: 14, spatial_merge_size: 2 } };
    await writeFile(path.join(model, 'config.json'), JSON.stringify(config));
    const processor = { min_pixels: 3136, max_pixels: 12_845_056, patch_size: 14, merge_size: 2 };
    await writeFile(path.join(model, 'preprocessor_config.json'), JSON.stringify(processor));
    expect(await readVisionLimits(model)).toEqual(qwenLimits);
  });

  const spec = (more: object): AnySpec =>
    ({
      outDir: folder,
      data: path.join(folder, 'rows.parquet'),
      seed: 0,
      model: { path: 'phantom', maxPixels: 2_000_000 },
      ...more,
    }) as AnySpec;

  test.each([
    [
      { kind: 'grpo', rewards: [] },
      /takes 2500 tokens, and the model reads 2048 with a completion of 256/,
      /^Set model.maxPixels to 1404144 or less, or lower trl.max_completion_length\.$/,
    ],
    [
      {
        kind: 'grpo',
        rewards: [],
        model: { path: 'elsewhere' },
        rewardModel: { path: 'phantom', maxPixels: 2_000_000 },
      },
      /takes 2500 tokens/,
      /maxPixels/,
    ],
    [{ kind: 'complete', maxNewTokens: 2048 }, /completion of 2048/, /^Lower maxNewTokens\.$/],
    [{ kind: 'score' }, /takes 2500 tokens/, /^Set model.maxPixels to \d+ or less\.$/],
    [
      { kind: 'sft', model: { path: 'phantom' }, trl: { max_length: 8 } },
      /9 tokens, and trl.max_length cuts rows to 8/,
      /^Set model.maxPixels to \d+ or less, or raise trl.max_length\.$/,
    ],
  ])('that an image breaks is refused with what would do: %j', async (more, message, remedy) => {
    await expect(checkJobImages(spec(more))).rejects.toMatchObject({
      code: 'image-tokens',
      where: image,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  test('that no image can break needs no rows', async () => {
    const fits = { kind: 'sft', model: { path: 'phantom' }, data: path.join(folder, 'none.parquet') };
    await expect(checkJobImages(spec(fits))).resolves.toBeUndefined();
  });
});
