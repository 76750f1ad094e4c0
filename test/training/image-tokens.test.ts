/** The image-token budget: Qwen2-VL's arithmetic, and refusal before Python starts of what cannot fit. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkImageBudget, readVisionLimits } from '../../src/sdk/image-budget.js';
import { imageTokens, mostImageTokens } from '../../src/training/image-tokens.js';

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

describe('the budget', () => {
  let folder: string;
  let image: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
    image = path.join(folder, 'large.png');
    await sharp({ create: { width: 1400, height: 1400, channels: 3, background: 'gray' } })
      .png()
      .toFile(image);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('of the shipped model is read from its folder; a model elsewhere is not judged', async () => {
    expect(await readVisionLimits('phantom')).toEqual({
      tokenSide: 28,
      minPixels: 7056,
      maxPixels: 7056,
      context: 2048,
    });
    expect(await readVisionLimits('someone/a-model')).toBeNull();
    await expect(checkImageBudget([image], { model: 'phantom', completion: 256 })).resolves.toBeUndefined();
  });

  test('that an image breaks is refused with what would do', async () => {
    const model = { path: 'phantom', maxPixels: 2_000_000 };
    await expect(checkImageBudget([image], { model, completion: 256 })).rejects.toMatchObject({
      code: 'image-tokens',
      where: image,
      message: expect.stringContaining('takes 2500 tokens, and the model reads 2048 with a completion of 256'),
    });
    const cut = { length: 8, option: 'trl.max_length' };
    await expect(checkImageBudget([image], { model: 'phantom', completion: 0, cut })).rejects.toThrow(
      /9 tokens.*max_length cuts/,
    );
  });
});
