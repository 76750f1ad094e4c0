/** Images that leave no room for words are refused before the first job, by the run, by the plan and by a stage alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { findFacts } from '../../src/loop/estimate/plan-facts.js';
import { sftAlone } from '../../src/loop/single-stage/single-stages.js';
import { tightJobs } from '../../src/loop/inputs/image-token-check.js';
import { runLoop } from '../../src/loop/run.js';
import { phantomSamples } from '../../src/job-spec/script-samples.js';
import { fakeEngine } from './fake-engine.js';

const yaml = 'data: { source: phantom, seed: 12, test: 10, pool: 8 }\n';
const configOf = (...set: string[]) => parseConfig(yaml, { file: 'test.yaml', set });

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-budget-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

// A phantom takes nine tokens, and the shipped model reads 2048.
const tooTight = [
  ['sft.trl.max_length=8', 'sft.trl.max_length cuts rows to 8', 'raise sft.trl.max_length'],
  ['grpo.maxCompletionLength=2040', 'a completion of 2040', 'lower grpo.maxCompletionLength'],
  ['evaluation.maxNewTokens=2040', 'a completion of 2040', 'lower evaluation.maxNewTokens'],
] as const;

test.each(tooTight)('%s: the run and the plan refuse', async (set, why, remedy) => {
  const config = configOf(set);
  const engine = fakeEngine();
  const refused = {
    code: 'image-tokens',
    exitCode: 2,
    message: expect.stringContaining(`takes 9 tokens, and `),
    remedy: expect.stringMatching(new RegExp(`^Set policy\\.maxPixels to \\d+ or less, or ${remedy}\\.$`)),
  };
  const error = await runLoop(config, { runDir: join(dir, 'run'), engine }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(refused);
  expect((error as Error).message).toContain(why);
  expect(engine.calls).toEqual([]);
  await expect(findFacts(config, { env: {}, price: null })).rejects.toMatchObject(refused);
});

// A generator of one's own reads the images too, and the settings that would do are its own.
test.each([
  [[], 'generation.maxOutputTokens=2040', 'lower generation.maxOutputTokens'],
  [
    ['generation.local.warmStartSteps=2'],
    'generatorUpdate.sft.trl.max_length=8',
    'raise generatorUpdate.sft.trl.max_length',
  ],
  [['generatorUpdate.method=sft'], 'generatorUpdate.sft.trl.max_length=8', 'raise generatorUpdate.sft.trl.max_length'],
])('a local generator %j with %s: the run refuses', async (more, set, remedy) => {
  const config = configOf('generation.provider=local', 'generation.local.model=phantom', ...more, set);
  const engine = fakeEngine();
  await expect(runLoop(config, { runDir: join(dir, 'run'), engine })).rejects.toMatchObject({
    code: 'image-tokens',
    remedy: expect.stringMatching(new RegExp(`^Set generation\\.local\\.maxPixels to \\d+ or less, or ${remedy}\\.$`)),
  });
  expect(engine.calls).toEqual([]);
});

test('a stage alone refuses before its job starts', async () => {
  const samples = await phantomSamples({ dir: join(dir, 'phantoms'), count: 4 });
  const engine = fakeEngine();
  const alone = sftAlone(
    configOf('sft.trl.max_length=8'),
    { samples, model: 'phantom' },
    { runDir: join(dir, 'run'), engine },
  );
  await expect(alone).rejects.toMatchObject({
    code: 'image-tokens',
    remedy: expect.stringContaining('sft.trl.max_length'),
  });
  expect(engine.calls).toEqual([]);
});

test('where no image can be too large none is looked at', async () => {
  expect(await tightJobs(configOf())).toEqual([]);
  expect(await tightJobs(configOf('policy.base=someone/a-model', 'sft.trl.max_length=8'))).toEqual([]);
  const known = configOf('policy.base=Qwen/Qwen2.5-VL-7B-Instruct', 'sft.trl.max_length=1024');
  expect((await tightJobs(known)).map(({ reads }) => reads)).toEqual([['pool', 'seed']]);
});
