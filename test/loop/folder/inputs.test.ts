/** What a run is made from is known by its content: what changed is named and asked about, what only moved is the same. */
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { ownData } from './own-data.js';
import { openModelContents } from '../../../src/loop/inputs/model-content.js';
import { recordEnvironment } from '../../../src/loop/folder/resume-versions.js';
import type { Environment } from '../../../src/loop/folder/run-environment.js';
import { fakeEngine } from '../fake-engine.js';
import { attempt, configOf, contentOf, Scratch, stagesOf, warningsOf } from './support.js';

vi.setConfig({ testTimeout: 120_000 });

const changeByte = (file: string): void => {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(file, bytes);
};

describe('a drawn image', () => {
  test('that was changed is drawn again, and nothing is redone', async () => {
    using scratch = new Scratch();
    const runDir = scratch.at('run');
    await attempt(runDir);
    const before = contentOf(runDir);
    changeByte(join(runDir, 'images/seed-00003.png'));
    rmSync(join(runDir, 'images/pool-00001.png'));
    const again = await attempt(runDir);
    expect(again.error).toBeUndefined();
    expect(stagesOf(again, 'stage-end')).toEqual([]);
    expect(warningsOf(again)).toEqual([expect.stringContaining('images/seed-00003.png')]);
    expect(contentOf(runDir)).toEqual(before);
  });
});

describe('data of one’s own', () => {
  const configFor = (data: string) =>
    parseConfig(
      `
cycles: 1
data: { source: files, seed: ${data}/seed, test: ${data}/test, pool: ${data}/pool }
generation: { provider: local, imagesPerCycle: 3, local: { model: ${data}/model } }
policy: { base: ${data}/base }
filter: { threshold: -6 }
preferences: { prompts: 4, samples: 2 }
`,
      { file: join(data, 'mine.yaml') },
    );

  test('an image changed in a data set, or while the run works, stops the run by name', async () => {
    using scratch = new Scratch();
    const data = await ownData(scratch.at('data'));
    const image = join(data, 'seed/images', readdirSync(join(data, 'seed/images'))[2] ?? '');
    const good = readFileSync(image);
    const during = fakeEngine({
      contentOnly: true,
      before: (spec) => {
        if (spec.kind === 'sft') changeByte(image);
      },
    });
    const runDir = scratch.at('run');
    const stopped = await attempt(runDir, configFor(data), {}, during);
    expect(stopped.error).toMatchObject({ code: 'image-changed', where: image });
    expect(stagesOf(stopped, 'stage-end')).not.toContain('1/sft');
    expect((await attempt(runDir, configFor(data))).error).toMatchObject({ code: 'image-changed', where: image });
    writeFileSync(image, good);
    const again = await attempt(runDir, configFor(data));
    expect(again.error).toBeUndefined();
    expect(stagesOf(again, 'stage-end')[0]).toBe('1/sft');
  });

  test('samples that were imported anew are asked about, and done again where that is said', async () => {
    using scratch = new Scratch();
    const data = await ownData(scratch.at('data'));
    const runDir = scratch.at('run');
    await attempt(runDir, configFor(data));
    rmSync(join(data, 'seed'), { recursive: true });
    await ownData(data, ['seed'], 'no');
    const asked = await attempt(runDir, configFor(data));
    expect(asked.error).toMatchObject({
      code: 'inputs-changed',
      message: expect.stringContaining('questions or answers of data.seed'),
      remedy: expect.stringContaining('--redo'),
    });
    expect(asked.engine.calls).toEqual([]);
    const redone = await attempt(runDir, configFor(data), { redo: true });
    expect(redone.error).toBeUndefined();
    expect(stagesOf(redone, 'stage-end')).toContain('0/reward-model');
    expect(warningsOf(redone).length).toBeGreaterThan(0);
  });

  test.each(['base', 'model'])('weights replaced in the folder of %s are another model', async (name) => {
    using scratch = new Scratch();
    const data = await ownData(scratch.at('data'));
    const runDir = scratch.at('run');
    await attempt(runDir, configFor(data));
    changeByte(join(data, name, 'model.safetensors'));
    const asked = await attempt(runDir, configFor(data));
    expect(asked.error).toMatchObject({ code: 'inputs-changed' });
    if (name === 'base') expect(asked.error).toMatchObject({ message: expect.stringContaining(join(data, name)) });
    expect(asked.engine.calls).toEqual([]);
    // What was finished is finished still.
    expect(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8'))).toMatchObject({ status: 'complete' });
  });

  test('moved with their run, or copied and the original deleted, go on where they are', async () => {
    using scratch = new Scratch();
    for (const how of ['moved', 'copied'] as const) {
      const data = await ownData(scratch.at(`${how}-before/data`));
      const broken = fakeEngine({
        contentOnly: true,
        before: (spec) => {
          if (spec.kind === 'reward-model' && spec.outDir.includes('cycle-1')) throw new Error('power cut');
        },
      });
      await attempt(scratch.at(`${how}-undisturbed`), configFor(data));
      const expected = contentOf(scratch.at(`${how}-undisturbed`));
      await attempt(scratch.at(`${how}-before/run`), configFor(data), {}, broken);
      if (how === 'moved') renameSync(scratch.at('moved-before'), scratch.at('moved-after'));
      else {
        cpSync(scratch.at('copied-before'), scratch.at('copied-after'), { recursive: true });
        rmSync(scratch.at('copied-before'), { recursive: true });
      }
      const after = scratch.at(`${how}-after`);
      const config = { ...configFor(data), data: configFor(join(after, 'data')).data };
      // The models' places are settings; only the data's are not.
      mkdirSync(scratch.at(`${how}-before/data`), { recursive: true });
      for (const model of ['base', 'model']) cpSync(join(after, 'data', model), join(data, model), { recursive: true });
      const again = await attempt(join(after, 'run'), config);
      expect(again.error, how).toBeUndefined();
      expect(stagesOf(again, 'stage-end')[0], how).toBe('1/reward-model');
      const images = again.engine.calls.flatMap(({ rows }) =>
        rows.map((row) => (row as { image?: string }).image ?? ''),
      );
      expect(images.length).toBeGreaterThan(0);
      for (const image of images) expect(image, how).toContain(after);
      for (const name of [
        'cycle-1/preferences/completions.jsonl',
        'cycle-1/reward-model/model/weights',
        'cycle-1/sft/model/weights',
      ])
        expect(contentOf(join(after, 'run'))[name], `${how} ${name}`).toBe(expected[name]);
    }
  });
});

describe('a run with adapters', () => {
  const lora = configOf('policy.lora.rank=4');

  test('that was copied, the original gone, goes on by the bases that lie in it', async () => {
    using scratch = new Scratch();
    const broken = fakeEngine({
      contentOnly: true,
      before: (spec) => {
        if (spec.outDir.includes('cycle-2/grpo')) throw new Error('power cut');
      },
    });
    const [before, after] = [scratch.at('before'), scratch.at('after')];
    await attempt(before, lora, {}, broken);
    cpSync(before, after, { recursive: true });
    rmSync(before, { recursive: true });
    const again = await attempt(after, lora);
    expect(again.error).toBeUndefined();
    expect(stagesOf(again, 'stage-end')[0]).toBe('2/grpo');
    for (const file of filesWith(after, 'before')) expect(file).toMatch(/events\.jsonl|rows\.parquet|prompts\.parquet/);
    const config = JSON.parse(readFileSync(join(after, 'cycle-2/grpo/model/adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ base_model_name_or_path: '../../sft/model', target_modules: ['q_proj', 'v_proj'] });

    await attempt(scratch.at('undisturbed'), lora);
    expect(contentOf(after)).toEqual(contentOf(scratch.at('undisturbed')));
  });
});

const filesWith = (dir: string, text: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(dir, name)).isFile() && readFileSync(join(dir, name), 'latin1').includes(`/${text}/`),
  );

describe('what a model is', () => {
  test('its weights of any size, its texts and what it stands on; not its name, nor its times', async () => {
    using scratch = new Scratch();
    const make = (name: string, weights: string, config = '{}'): string => {
      mkdirSync(scratch.at(name));
      writeFileSync(scratch.at(name, 'model.safetensors'), weights);
      writeFileSync(scratch.at(name, 'config.json'), config);
      writeFileSync(scratch.at(name, 'training_args.bin'), String(Math.random()));
      return scratch.at(name);
    };
    const [a, same, weights, text] = [make('a', 'w'), make('b', 'w'), make('c', 'v'), make('d', 'w', '{"x":1}')];
    const adapter = make('e', 'w');
    writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify({ base_model_name_or_path: '../c' }));
    const store = scratch.at('models.json');
    const of = (model: string) => openModelContents(store).of(model);
    const first = await of(a);
    expect(await of(same)).toBe(first);
    const adapted = await of(adapter);
    expect(new Set([first, await of(weights), await of(text), adapted]).size).toBe(4);
    changeByte(join(weights, 'model.safetensors'));
    expect(await of(adapter)).not.toBe(adapted);
    writeFileSync(store, 'damaged');
    expect(await of(a)).toBe(first);
  });

  test('of an id, the commit that the cache has, once the run has seen one', async () => {
    using scratch = new Scratch();
    const refs = scratch.at('hub', 'models--org--vlm', 'refs');
    const of = () =>
      openModelContents(scratch.at('models.json'), undefined, { env: { HF_HUB_CACHE: scratch.at('hub') } }).of(
        'org/vlm',
      );
    const unseen = await of();
    mkdirSync(refs, { recursive: true });
    writeFileSync(join(refs, 'main'), 'first');
    expect(await of()).toBe(unseen);
    writeFileSync(join(refs, 'main'), 'second');
    expect(await of()).not.toBe(unseen);
    writeFileSync(join(refs, 'main'), 'first');
    expect(await of()).toBe(unseen);
  });
});

test('an id whose commit moves between two stages of one attempt is refused by name', async () => {
  using scratch = new Scratch();
  const refs = scratch.at('hub', 'models--org--vlm', 'refs');
  const open = () =>
    openModelContents(scratch.at('models.json'), undefined, { env: { HF_HUB_CACHE: scratch.at('hub') } });
  const attempted = open();
  const unseen = await attempted.of('org/vlm');
  attempted.confirm('org/vlm');
  mkdirSync(refs, { recursive: true });
  writeFileSync(join(refs, 'main'), 'first'); // fetched by the first stage
  attempted.confirm('org/vlm');
  attempted.confirm('phantom');
  writeFileSync(join(refs, 'main'), 'second');
  expect(() => attempted.confirm('org/vlm')).toThrow(/org\/vlm was commit first .* is second now/);
  const next = open();
  expect(await next.of('org/vlm')).not.toBe(unseen);
  next.confirm('org/vlm');
});

test('other versions are asked about where stages are finished, and kept for each attempt', async () => {
  using scratch = new Scratch();
  const runDir = scratch.at('run');
  const of = (torch: string): Environment => ({
    time: torch,
    medgr2: '1',
    node: '24',
    python: { version: '3.12', packages: { torch, trl: null } },
    system: { platform: '', release: '', arch: '', cpu: '', cores: 1, memoryGiB: 1 },
    gpus: [],
    git: null,
  });
  // Nothing is finished: there is nothing to mix.
  expect(recordEnvironment(scratch.at('new'), of('2.11'), false)).toEqual([]);
  expect(recordEnvironment(scratch.at('new'), of('2.12'), false)).toEqual([]);
  await attempt(runDir, configOf('cycles=1'));
  expect(recordEnvironment(runDir, of('2.12'), false)).toEqual([]);
  expect(() => recordEnvironment(runDir, of('2.13'), false)).toThrow(/torch 2\.12 then, 2\.13 now/);
  expect(recordEnvironment(runDir, of('2.12'), false)).toEqual([]);
  expect(recordEnvironment(runDir, of('2.13'), true)).toEqual([expect.stringContaining('2.13')]);
  const stored = JSON.parse(readFileSync(join(runDir, 'environment.json'), 'utf8')) as { earlier: { time: string }[] };
  expect(stored.earlier.map(({ time }) => time)).toEqual(['2.12']);
  writeFileSync(join(runDir, 'environment.json'), '\0');
  expect(recordEnvironment(runDir, of('2.13'), false)).toEqual([expect.stringContaining('environment.json')]);
});

test('what a run makes is for its user alone', async () => {
  using scratch = new Scratch();
  const runDir = scratch.at('run');
  await attempt(runDir, configOf('cycles=1'));
  expect(statSync(runDir).mode & 0o777).toBe(0o700);
  for (const entry of readdirSync(runDir, { withFileTypes: true })) {
    const mode = statSync(join(runDir, entry.name)).mode & 0o777;
    expect([entry.name, mode.toString(8)]).toEqual([entry.name, entry.isDirectory() ? '700' : '600']);
  }
});
