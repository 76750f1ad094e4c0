/** What a plan knows of models that are no Qwen2.5-VL: their own rule of image tokens, and in words what is taken for what. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planText } from '../../../src/cli/print/plan-text.js';
import { configSchema } from '../../../src/config/schema.js';
import { defaultAssumptions, devices } from '../../../src/loop/estimate/assumptions.js';
import { planRun } from '../../../src/loop/estimate/estimate-run.js';
import { passTokens, scoresBytes } from '../../../src/loop/estimate/gpu-memory.js';
import { cachedFolder, modelOf } from '../../../src/loop/estimate/model-facts.js';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'medgr2-models-'));
});
afterAll(() => rmSync(home, { recursive: true }));

/** LLaVA-1.5 as the hub has it, with four bytes of weights in place of 14 GB. */
function writeLlava(folder: string, billions: number): string {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('config.json', { model_type: 'llava', text_config: { vocab_size: 32_064 }, vision_config: { patch_size: 14 } });
  write('preprocessor_config.json', { crop_size: { height: 336, width: 336 }, size: { shortest_edge: 336 } });
  write('processor_config.json', {
    patch_size: 14,
    num_additional_image_tokens: 1,
    vision_feature_select_strategy: 'default',
  });
  // A file with a hole takes no room.
  writeFileSync(join(folder, 'model.safetensors'), '');
  truncateSync(join(folder, 'model.safetensors'), billions * 2e9);
  return folder;
}

function planOf(base: string, policy: NonNullable<Awaited<ReturnType<typeof modelOf>>> | null): string {
  const config = configSchema.parse({ policy: { base } });
  const facts = {
    counts: { seed: 100, test: 100, pool: 1000 },
    images: [{ width: 1024, height: 768 }],
    text: null,
    policy,
    rewardModel: policy,
    generator: null,
    price: null,
    missing: [],
  };
  const options = { device: devices[0]!, deviceCount: 1, assumptions: defaultAssumptions };
  return planText(config, planRun(config, facts, options), options);
}

test('a folder of another family has its own rule, and says what its shape is taken for', async () => {
  const folder = writeLlava(join(home, 'llava'), 7);
  const text = planOf(folder, await modelOf(folder, {}));
  expect(text).toContain('576 tokens an image, 576 the largest (1 measured); every image takes as many');
  expect(text).toContain("policy.base: its shape is unknown, taken as Qwen2.5-VL-7B's");
  expect(text).not.toContain('rule of image tokens is unknown');
  expect(text).not.toContain('maxPixels is not set');
});

test('so has an id that was downloaded, wherever Hugging Face keeps it', async () => {
  const id = 'llava-hf/llava-1.5-7b-hf';
  const cache = join(home, 'hub', 'models--llava-hf--llava-1.5-7b-hf');
  writeLlava(join(cache, 'snapshots', 'abc'), 7);
  mkdirSync(join(cache, 'refs'), { recursive: true });
  expect(cachedFolder(id, { HF_HOME: home })).toBeNull();
  writeFileSync(join(cache, 'refs', 'main'), 'abc\n');
  for (const env of [{ HF_HOME: home }, { HF_HUB_CACHE: join(home, 'hub') }])
    expect(await modelOf(id, env)).toMatchObject({ images: { kind: 'fixed', tokens: 576 }, exact: false });
});

test('an id that was not downloaded is taken for the nearest, and the plan says so of both', async () => {
  const id = 'llava-hf/llava-1.5-7b-hf';
  const model = await modelOf(id, { HF_HOME: join(home, 'none') });
  const text = planOf(id, model);
  expect(text).toContain("policy.base: its shape is unknown, taken as Qwen2.5-VL-7B's");
  expect(text).toContain("policy.base: its rule of image tokens is unknown, taken as Qwen2.5-VL's");
  expect(await modelOf('a/model-without-a-size', { HF_HOME: home })).toBeNull();
});

test('passes are bounded in the plan as they are in Python', () => {
  const source = (file: string): string =>
    readFileSync(join(import.meta.dirname, '..', '..', '..', 'py', 'medgr2', file), 'utf8');
  expect(source('rows/row_bounds.py')).toContain(
    `\nPASS_TOKENS = ${passTokens.toLocaleString('en-US').replace(',', '_')}\n`,
  );
  expect(source('models/likelihood.py')).toContain(`\nSCORES_BYTES = 2**${Math.log2(scoresBytes)}\n`);
});
