/** The plan of the paper's setup against figures worked out by hand; each estimate against what it estimates. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import { configSchema } from '../../../src/config/schema.js';
import { countLora, countParameters, shapeByName, shapeOfConfig } from '../../../src/loop/estimate/model-size.js';
import { defaultAssumptions, devices } from '../../../src/loop/estimate/assumptions.js';
import { findFacts } from '../../../src/loop/estimate/plan-facts.js';
import { geminiImageTokens } from '../../../src/loop/estimate/gemini-tokens.js';
import { asksInBatches } from '../../../src/loop/generator/batch-mode.js';
import { planRun } from '../../../src/loop/estimate/estimate-run.js';
import type { PlanFacts } from '../../../src/loop/estimate/plan-types.js';
import { systemText } from '../../../src/prompts/generator-templates.js';

const root = join(import.meta.dirname, '..', '..', '..');
const shape = (name: string) => {
  const found = shapeByName(name);
  if (found === null) throw new Error(`${name} has no shape`);
  return found;
};
const L40 = devices.find(({ name }) => name === 'L40');
if (L40 === undefined) throw new Error('no L40');
const options = { device: L40, deviceCount: 1, assumptions: defaultAssumptions };

const facts: PlanFacts = {
  counts: { seed: 2000, test: 5000, pool: 150_000 },
  images: [{ width: 512, height: 512 }],
  text: null,
  policy: shape('Qwen/Qwen2.5-VL-7B-Instruct'),
  rewardModel: shape('Qwen/Qwen2.5-VL-3B-Instruct'),
  generator: null,
  price: { input: 0.1, output: 0.4, currency: 'EUR', source: 'a test' },
  missing: [],
};

describe('the paper’s setup, by hand', async () => {
  const config = await loadConfig(join(root, 'configs', 'paper.yaml'), { env: {} });
  const plan = planRun(config, facts, options);
  const stage = (cycle: number, name: string) => plan.stages.find((s) => s.cycle === cycle && s.stage === name);

  test('samples: 3 cycles of 50k, half of them kept', () => {
    expect(plan.samples).toEqual({ requests: 150_000, candidates: 150_000, accepted: 75_000, datasetSize: 77_000 });
    // Four texts and two mismatches for each of 2,000; a fifth held out.
    expect(stage(0, 'reward-model')).toMatchObject({ items: 9600, steps: 9600 });
    expect(stage(0, 'reward-report')?.items).toBe(2400);
    // 2,000 + 3 x 25,000 rows in batches of 4 x 16.
    expect(stage(3, 'sft')).toMatchObject({ items: 77_000, steps: Math.ceil(77_000 / 64) });
    expect(stage(2, 'grpo')).toMatchObject({ items: 52_000, steps: 1000 });
    expect(plan.stages).toHaveLength(5 + 3 * 11);
  });

  test('tokens and money', () => {
    // 512 x 512: tiles of 341, two by two, 258 each; 3 examples of 200; and the texts that are sent.
    const [least, most] = [systemText('meta-cognitive').length / 4, systemText('meta-cognitive').length / 4 + 100];
    const perRequest = plan.generator.inputTokens / 150_000 - 4 * 258 - 3 * 200;
    expect(perRequest).toBeGreaterThan(least);
    expect(perRequest).toBeLessThan(most);
    expect(plan.generator.outputTokens).toBe(30_000_000);
    expect(plan.generator.cost).toBeCloseTo((plan.generator.inputTokens * 0.1) / 1e6 + 12, 6);
    expect(plan.generator.highestCost).toBeCloseTo((plan.generator.inputTokens * 0.1) / 1e6 + 61.44, 6);
    // 150,000 requests of 4 s, 32 at a time.
    expect(plan.generator.hours).toBeCloseTo(5.208, 3);
  });

  test('image tokens: 512 pixels are 18 tokens on an edge', () => {
    expect(plan.images).toMatchObject({ perImage: 324, largest: 324, perSequence: 324 + 80 + 90 });
    expect(plan.images.rule).toBe('a token is 28 x 28 pixels, of 3,136 to 401,408 pixels an image');
  });

  test('memory: vLLM beside the trainer takes its share of the device, a server none of it', () => {
    const total = (trl: Record<string, unknown>): { cache: number; total: number } => {
      const changed = configSchema.parse({ ...config, grpo: { ...config.grpo, trl } });
      const found = planRun(changed, facts, options).memory?.find(({ job }) => job === 'grpo')?.estimate;
      if (found === undefined) throw new Error('no GRPO');
      return found;
    };
    const [own, server] = [total({}), total({ use_vllm: true, vllm_mode: 'server' })];
    const beside = total({ use_vllm: true, vllm_mode: 'colocate', vllm_gpu_memory_utilization: 0.4 });
    const sleeping = total({ use_vllm: true, vllm_gpu_memory_utilization: 0.4, vllm_enable_sleep_mode: true });
    expect(own.cache).toBeGreaterThan(0);
    expect(server.cache).toBe(0);
    expect(beside.cache).toBeCloseTo(0.4 * L40.memoryGiB * 2 ** 30);
    expect(beside.total).toBeCloseTo(server.total + beside.cache);
    expect(total({ use_vllm: true }).cache).toBeCloseTo(0.3 * L40.memoryGiB * 2 ** 30);
    expect(sleeping.total).toBeLessThan(beside.total);
    const full = configSchema.parse({
      ...config,
      grpo: { ...config.grpo, batchSize: 64, trl: { use_vllm: true, vllm_gpu_memory_utilization: 0.8 } },
    });
    expect(planRun(full, facts, options).notes.join()).toMatch(/GiB of it for vLLM: lower grpo.trl.vllm_gpu_memory/);
  });

  test('memory: SFT with adapters on 7B in bfloat16', () => {
    const sft = plan.memory?.find(({ job }) => job === 'sft');
    expect(sft).toMatchObject({ precision: 'bfloat16', loraRank: 64, batch: 4, fits: true });
    // 8,292,166,656 weights of 2 bytes; 4 x 51,824,640 adapter weights of 4 bytes (rank 64 is four times rank 16).
    expect(sft?.estimate.weights).toBe(8_292_166_656 * 2 + 207_298_560 * 4);
    expect(sft?.estimate.optimizer).toBe(207_298_560 * 8);
    // A tile of 4 sequences of 494 tokens and 32,768 words, twice in 2 bytes, and the states' gradient in 4.
    expect(sft?.estimate.logits).toBe(4 * 494 * (32_768 * 4 + 3584 * 4));
    // Per sequence: 28 layers keep 3,584 of each token and one is whole; 32 keep 1,280 of each of 1,296 patches.
    const text = 494 * (28 * 3584 + 8 * 3584 + 4 * 18_944);
    const vision = 1296 * (32 * 1280 + 8 * 1280 + 4 * 3420);
    expect(sft?.estimate.activations).toBe(4 * 2 * (text + vision));
  });

  test('memory: GRPO holds the reward model and the cache of 64 completions', () => {
    const grpo = plan.memory?.find(({ job }) => job === 'grpo')?.estimate;
    // The KL penalty's reference is the base without its adapters: no second copy.
    expect(grpo?.otherModels).toBe(3_754_622_976 * 2);
    // Keys and values of 28 layers, 4 heads of 128, 2 bytes; prompts of 404 tokens and 512 more.
    expect(grpo?.cache).toBe(64 * 916 * (2 * 28 * 512 * 2));
    // The reward model reads 17 of them at once: 16,384 tokens; each has 1,296 patches.
    const layer = 17 * 2 * Math.max(916 * (8 * 2048 + 4 * 11_008), 1296 * (8 * 1280 + 4 * 3420));
    expect(grpo?.scoring).toBe(layer);
  });

  test('memory: all weights of the 3B reward model with AdamW', () => {
    const reward = plan.memory?.find(({ job }) => job === 'reward-model');
    const { weights, gradients, optimizer } = reward?.estimate ?? { weights: 0, gradients: 0, optimizer: 0 };
    // Four bytes each for the weight, its gradient, and the two moments.
    expect(weights + gradients + optimizer).toBe(3_754_622_976 * 16);
    expect(reward?.fits).toBe(false);
    const pure = { ...config, rewardModel: { ...config.rewardModel, trainedWeights: 'dtype' as const } };
    const job = planRun(pure, facts, options).memory?.find((one) => one.job === 'reward-model');
    expect((job?.estimate.weights ?? 0) + (job?.estimate.optimizer ?? 0)).toBe(3_754_622_976 * 6);
    expect(job?.fits).toBe(true);
  });

  test('time: SFT of the last cycle', () => {
    // Through the layers and the output go 8,292,166,656 - 676,550,144 - 544,997,376 weights for each token, through
    // the vision tower 676,550,144 for each of 1,296 patches; 2 operations each; forward, again, and backward to adapters.
    const forward = 2 * (7_070_619_136 * 494 + 676_550_144 * 1296);
    expect(stage(3, 'sft')?.gpuSeconds).toBeCloseTo((77_000 * 3 * forward) / (181e12 * 0.35), 3);
  });

  test('time: one GRPO step', () => {
    const policy = (tokens: number) => 2 * (7_070_619_136 * tokens + 676_550_144 * 1296);
    // The embedding is the output layer in 3B: it counts once.
    const reward = 2 * ((3_754_622_976 - 668_684_288) * 916 + 668_684_288 * 1296);
    const second = 181e12 * 0.35;
    // A token of 64 completions: waiting for 28 layers is longer than reading 14.1 GB or computing.
    const step = (64 * (policy(404) + policy(916) + reward + 3 * policy(916))) / second + 512 * 0.028;
    expect(stage(1, 'grpo')?.gpuSeconds).toBeCloseTo(1000 * step, 2);
  });

  test('all in all', () => {
    const seconds = plan.stages.reduce((sum, { gpuSeconds }) => sum + (gpuSeconds ?? 0), 0);
    expect(plan.gpu?.hours).toBeCloseTo(seconds / 3600, 6);
    expect(planRun(config, facts, { ...options, deviceCount: 8 }).gpu?.wallHours).toBeCloseTo(seconds / 3600 / 8, 6);
    expect(plan.disk.models).toBe((8_292_166_656 + 3_754_622_976) * 2);
    expect(plan.notes).toEqual([expect.stringMatching(/^reward-model needs about 68 GiB and a L40 has 45/)]);
  });
});

test('a generator asked in batches costs their rate, and the plan says that it waits; auto by requests and by what is known', async () => {
  const config = await loadConfig(join(root, 'configs', 'paper.yaml'), { env: {} });
  const price = { input: 0.1, output: 0.4, batch: 0.5, currency: 'EUR', source: 'a test' };
  const planned = (changes: Partial<typeof config.generation>) =>
    planRun({ ...config, generation: { ...config.generation, ...changes } }, { ...facts, price }, options);
  const alone = planned({});
  const [batch, auto] = [planned({ mode: 'batch' }), planned({ mode: 'auto' })];
  expect(batch.generator.cost).toBeCloseTo((alone.generator.cost ?? 0) / 2, 6);
  expect(auto.generator.cost).toBe(batch.generator.cost);
  expect(batch.notes.join()).toMatch(/asked in batches/);
  expect(alone.notes.join()).not.toMatch(/batches/);
  const { batch: settings } = config.generation;
  const asked = { ...config.generation, mode: 'auto' } as const;
  const server = (baseUrl: string) => ({ ...asked, provider: 'openai', openai: { ...openAi, baseUrl } }) as const;
  expect(asksInBatches(asked, settings.above - 1)).toBe(false);
  expect(asksInBatches(asked, settings.above)).toBe(true);
  expect(asksInBatches(server('https://api.openai.com/v1'), settings.above)).toBe(true);
  expect(asksInBatches(server('https://elsewhere.example/v1'), settings.above)).toBe(false);
  expect(asksInBatches({ ...server('https://elsewhere.example/v1'), mode: 'batch' }, 1)).toBe(true);
});

const openAi = {
  model: 'm',
  structuredOutput: 'json-schema',
  lengthField: 'max_tokens',
  timeoutSeconds: 9,
} as const;

describe('a generator on this machine, by hand', async () => {
  const config = await loadConfig(join(root, 'configs', 'on-premise.yaml'), { env: {} });
  const generator = shape('Qwen/Qwen2.5-VL-7B-Instruct');
  const plan = planRun(config, { ...facts, policy: null, rewardModel: null, generator }, options);
  const stage = (name: string) => plan.stages.find((s) => s.cycle === 1 && s.stage === name);
  const prompt = Math.round(plan.generator.inputTokens / plan.samples.requests);
  const forward = (tokens: number) => 2 * (7_070_619_136 * tokens + 676_550_144 * 1296);

  test('writes with nobody paid and nothing sent', () => {
    expect(plan.generator).toMatchObject({ name: 'Qwen/Qwen2.5-VL-7B-Instruct', cost: 0, highestCost: 0 });
    // 324 tokens of a 512 x 512 image, 3 examples of 200, and the texts.
    expect(prompt).toBeGreaterThan(324 + 600 + 300);
    expect(prompt).toBeLessThan(324 + 600 + 700);
    // 900 requests in batches of 16, the last of 4; 200 tokens each, waiting for 28 layers.
    const seconds = (900 * forward(prompt)) / (181e12 * 0.35) + 57 * 200 * 0.028;
    expect(stage('generate')?.gpuSeconds).toBeCloseTo(seconds, 0);
    expect(plan.generator.hours).toBeCloseTo((3 * (stage('generate')?.gpuSeconds ?? 0)) / 3600, 6);
  });

  test('and learns from half of what it wrote, with adapters', () => {
    expect(stage('generator-sft')).toMatchObject({ items: 450, steps: Math.ceil(450 / 16) });
    const seconds = (450 * 3 * forward(prompt + 200)) / (181e12 * 0.35);
    expect(stage('generator-sft')?.gpuSeconds).toBeCloseTo(seconds, 0);
    expect(plan.memory).toMatchObject([{ job: 'generator-sft', loraRank: 16, batch: 4, precision: 'bfloat16' }]);
    expect(plan.disk.models).toBe(8_292_166_656 * 2);
    expect(plan.disk.checkpoints).toBe(3 * 51_824_640 * 4);
  });
});

describe('parameters, as transformers and peft count them', () => {
  test.each([
    ['3B', 3_754_622_976, 668_684_288, 41_363_456],
    ['7B', 8_292_166_656, 676_550_144, 51_824_640],
  ])('Qwen2.5-VL-%s', (size, total, vision, adapters) => {
    const { shape: found, exact } = shape(`Qwen/Qwen2.5-VL-${size}-Instruct`);
    expect(exact).toBe(true);
    expect(countParameters(found)).toMatchObject({ total, vision });
    expect(countLora(found, 16)).toBe(adapters);
  });

  test('the phantom, from its own config.json', async () => {
    const { policy } = await findFacts(configSchema.parse({}), { env: {}, price: null });
    expect(policy === null ? null : countParameters(policy.shape).total).toBe(1_926_272);
    expect(policy?.shape.pixels).toEqual({ min: 7056, max: 7056 });
  });

  test('another family is said to be estimated', () => {
    expect(shape('OpenGVLab/InternVL3-8B')).toMatchObject({ exact: false, shape: { name: 'Qwen2.5-VL-7B' } });
    expect(shapeByName('my-model')).toBeNull();
    expect(shapeOfConfig('x', { model_type: 'llava' })).toBeNull();
  });
});

describe('image tokens in a generator’s bill', () => {
  // 384 and less is one tile; Google's own example of 960 x 540 is 3 x 2 tiles of 360.
  test.each([
    [384, 384, 258],
    [960, 540, 6 * 258],
  ])('Gemini: %d x %d is %d', (width, height, tokens) => {
    expect(geminiImageTokens({ width, height })).toBe(tokens);
  });
});

describe('what deserves a second look', () => {
  const planOf = (text: object, more: Partial<PlanFacts> = {}) =>
    planRun(
      configSchema.parse({ policy: { base: 'Qwen/Qwen2.5-VL-7B-Instruct' }, ...text }),
      { ...facts, ...more },
      options,
    );

  test('a model that fits with no batch, and one whose batch is too large', () => {
    expect(planOf({}).notes.join('\n')).toMatch(
      /sft needs about \d+ GiB and a L40 has 45, whatever the batch: set policy.lora/,
    );
    const lora = { base: 'Qwen/Qwen2.5-VL-7B-Instruct', lora: {} };
    expect(planOf({ policy: lora, sft: { batchSize: 128 } }).notes.join('\n')).toMatch(
      /lower sft.batchSize \(now 128\)/,
    );
  });

  test('a 7B reward model fits one GPU with adapters of its own', () => {
    const policy = { base: 'Qwen/Qwen2.5-VL-7B-Instruct', lora: {}, maxPixels: 401_408 };
    const larger = { rewardModel: shape('Qwen/Qwen2.5-VL-7B-Instruct') };
    const whole = planOf({ policy, rewardModel: { batchSize: 2 } }, larger);
    expect(whole.notes.join('\n')).toContain('whatever the batch: set rewardModel.lora');
    const adapted = planOf({ policy, rewardModel: { batchSize: 2, lora: { rank: 16 } } }, larger);
    const job = adapted.memory?.find(({ job: name }) => name === 'reward-model');
    expect(job).toMatchObject({ loraRank: 16, fits: true });
    // Two moments of 4 bytes for each adapter weight.
    expect(job?.estimate.optimizer).toBe(51_824_640 * 8);
    expect(adapted.notes.filter((note) => note.startsWith('reward'))).toEqual([]);
  });

  test('a pool that is gone through twice, a model without a size, an image without a limit', () => {
    const notes = planOf({}, { counts: { seed: 10, test: 10, pool: 100 }, policy: null }).notes.join('\n');
    expect(notes).toContain('900 images are asked about and the pool has 100');
    expect(notes).toContain('policy.base says no size');
    expect(notes).toContain('policy.maxPixels is not set: an image may take up to 16384 tokens');
  });

  test('what is missing before the run can start', async () => {
    const config = await loadConfig(join(root, 'configs', 'paper.yaml'), { env: {} });
    const { missing, counts } = await findFacts(config, { env: {}, price: null });
    expect(missing).toEqual([expect.stringContaining('GEMINI_API_KEY'), expect.stringContaining('omnimedvqa')]);
    expect(counts).toEqual({ seed: 2000, test: 5000, pool: 150_000 });
  });
});

test('GRPO’s prompts are counted by where they come from, and a look before it is foreseen', async () => {
  const grpoOf = async (...set: string[]) => {
    const config = await loadConfig(join(root, 'configs', 'paper.yaml'), { env: {}, set });
    const { stages } = planRun(config, facts, options);
    return stages
      .filter(({ cycle }) => cycle === 2)
      .map(({ stage, items, gpuSeconds }) => ({ stage, items, gpuSeconds }));
  };
  const found = async (name: string, ...set: string[]) => (await grpoOf(...set)).find(({ stage }) => stage === name);
  expect((await found('grpo'))?.items).toBe(52_000);
  // As many as its steps take: 1,000 of 16.
  expect((await found('grpo', 'grpo.prompts=fresh'))?.items).toBe(16_000);
  expect((await found('grpo', 'grpo.prompts=mixed'))?.items).toBe(16_000);
  // Half of two cycles' 100,000 candidates were rejected, and 50,000 of the pool's images are not asked about.
  expect((await found('grpo', 'grpo.prompts=fresh', 'grpo.maxSteps=10000'))?.items).toBe(100_000);
  expect(await found('headroom')).toBeUndefined();
  const look = await found('headroom', 'grpo.when=headroom');
  expect(look?.items).toBe(200);
  const preferences = await found('preferences');
  // 200 questions with 8 samples each and a greedy answer, beside 2,000 prompts with 4.
  expect(look?.gpuSeconds ?? 0).toBeGreaterThan(0);
  expect(look?.gpuSeconds ?? 0).toBeLessThan(preferences?.gpuSeconds ?? 0);
});
