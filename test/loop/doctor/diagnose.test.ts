/** What the doctor says: each failure with its remedy, nothing of a key, and the provider asked only where wanted. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { medgr2 } from '../../../src/called-as.js';
import { pinnedPackages } from '../../../src/bridge/environment/inspect-python.js';
import { configSchema } from '../../../src/config/schema.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { diagnose } from '../../../src/loop/doctor/diagnose.js';
import { roomAt } from '../../../src/loop/doctor/check-disk.js';
import { checkDevices, checkPackages } from '../../../src/loop/doctor/check-python.js';
import { expectModelFolders } from '../../../src/loop/doctor/check-models.js';
import { checkFiles, checkNode } from '../../../src/loop/doctor/check-software.js';
import { writePictures } from '../../helpers/pictures.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'medgr2-doctor-'));
  vi.stubEnv('MEDGR2_PYTHON', join(dir, 'python'));
  await fakePython({});
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

/** An interpreter that says what the real one would, at once. */
async function fakePython({ packages = {}, version = '3 12' }: { packages?: object; version?: string }): Promise<void> {
  const pinned = Object.fromEntries(await pinnedPackages());
  const found = JSON.stringify({
    version: '3.12.1',
    packages: { ...pinned, ...packages },
    torch: { error: null, cuda: null, devices: [], gpu: null },
  });
  const script = `#!/bin/sh\ncase "$1" in -P) echo '${found}' ;; *) echo '${version}' ;; esac\n`;
  await writeFile(join(dir, 'python'), script);
  await chmod(join(dir, 'python'), 0o755);
}

test('a folder of a model that is none is refused before a run begins; ids and what ships are not looked for', () => {
  const lost = join(dir, 'none');
  const arms = configSchema.parse({
    recipe: { kind: 'zero-shot', models: ['phantom', 'Qwen/Qwen2.5-VL-3B-Instruct', 'runs/x/cycle-1/grpo/model'] },
  });
  expect(() => expectModelFolders(arms)).toThrow(/^recipe.models: there is no folder runs.x.cycle-1/);
  const loop = configSchema.parse({ policy: { base: lost }, rewardModel: { base: dir } });
  expect(() => expectModelFolders(loop)).toThrow(
    `policy.base: there is no folder ${lost}; rewardModel.base: ${dir} holds no model`,
  );
  expect(() =>
    expectModelFolders(configSchema.parse({ policy: { base: 'Qwen/Qwen2.5-VL-3B-Instruct' } })),
  ).not.toThrow();
});

const gemini = (baseUrl: string) =>
  configSchema.parse({
    generation: { provider: 'gemini', gemini: { baseUrl } },
    egress: { allow: true, reason: 'a test' },
  });

const openai = (settings: object) =>
  configSchema.parse({ generation: { provider: 'openai', openai: { model: 'qwen', ...settings } } });

describe('a server of one’s own, and a model on this machine', () => {
  let server: Server;
  let baseUrl: string;
  let asked: (string | undefined)[];
  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? 'no key'}`);
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'qwen', object: 'model' }] }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterEach(() => new Promise((closed) => server.close(closed)));
  const checksOf = async (settings: object, online = true, env = {}) => {
    const { checks } = await diagnose({ config: openai({ baseUrl, ...settings }), env, online });
    return checks.filter(({ name }) => ['API key', 'provider', 'generator'].includes(name));
  };

  test('is asked for its list of models, and only on request', async () => {
    expect(await checksOf({}, false)).toMatchObject([{ name: 'generator', status: 'note' }]);
    expect(asked).toEqual([]);
    expect(await checksOf({})).toMatchObject([{ name: 'provider', status: 'ok' }]);
    expect(asked).toEqual(['/v1/models no key']);
    const unknown = { status: 'failed', remedy: expect.stringContaining('generation.openai.model') };
    expect(await checksOf({ model: 'llava' })).toMatchObject([unknown]);
  });

  test('gets its key, which is never shown', async () => {
    const key = 'k-0123456789abcdef';
    expect(await checksOf({ apiKeyEnv: 'VLM_KEY' }, false)).toMatchObject([{ status: 'failed', name: 'API key' }]);
    const checks = await checksOf({ apiKeyEnv: 'VLM_KEY' }, true, { VLM_KEY: key });
    expect(checks.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(asked).toEqual([`/v1/models Bearer ${key}`]);
    expect(JSON.stringify(checks)).not.toContain(key);
  });

  test('nobody there: how to start it', async () => {
    await new Promise((closed) => server.close(closed));
    const [check] = await checksOf({});
    expect(check).toMatchObject({ status: 'failed', remedy: expect.stringContaining('vllm serve qwen') });
    server = createServer();
  });

  test('a model on this machine: there, in the cache, to be downloaded, or a folder of nothing', async () => {
    const statusOf = async (model: string, warmStartSteps = 0) => {
      const config = configSchema.parse({ generation: { provider: 'local', local: { model, warmStartSteps } } });
      const { checks } = await diagnose({ config, env: { HF_HOME: join(dir, 'hf') } });
      return checks.find(({ name }) => name === 'generator')?.status;
    };
    // It never saw the form that it will be asked for.
    expect(await statusOf('phantom')).toBe('warning');
    expect(await statusOf('phantom', 1)).toBe('ok');
    expect(await statusOf(dir)).toBe('failed');
    await writeFile(join(dir, 'config.json'), '{}');
    expect(await statusOf(dir)).toBe('failed');
    await writeFile(join(dir, 'model.safetensors'), '');
    expect(await statusOf(dir)).toBe('ok');
    expect(await statusOf('some/vlm')).toBe('note');
    await cacheModel(join(dir, 'hf'), ['model.safetensors']);
    expect(await statusOf('some/vlm')).toBe('ok');
  });

  test('policy and reward model by their ids: whole in the cache, in part, or not there without a network', async () => {
    const config = configSchema.parse({ policy: { base: 'some/vlm' }, rewardModel: { base: 'some/judge' } });
    const linesOf = async (env: Record<string, string> = {}) => {
      const { checks } = await diagnose({ config, env: { HF_HOME: join(dir, 'hub'), ...env } });
      return checks.filter(({ name }) => name === 'model').map(({ status, detail }) => `${status} ${detail}`);
    };
    const offline = { HF_HUB_OFFLINE: '1' };
    expect(await linesOf()).toEqual([
      expect.stringMatching(/^note some\/vlm \(policy\.base\) is not here yet/),
      expect.stringMatching(/^note some\/judge \(rewardModel\.base\) is not here yet/),
    ]);
    expect((await linesOf(offline))[0]).toMatch(/^failed .*not at all, and HF_HUB_OFFLINE/);
    await cacheModel(join(dir, 'hub'), ['model-1.safetensors']);
    expect((await linesOf())[0]).toMatch(/^note .*in part \(model-2\.safetensors is missing\)/);
    expect((await linesOf(offline))[0]).toMatch(/^failed .*model-2\.safetensors/);
    await cacheModel(join(dir, 'hub'), ['model-1.safetensors', 'model-2.safetensors']);
    expect((await linesOf(offline))[0]).toMatch(/^ok some\/vlm \(policy\.base\) is in the cache/);
  });
});

/** `some/vlm` as the hub's cache has it; two shards where the first is not the whole. */
async function cacheModel(home: string, weights: readonly string[]): Promise<void> {
  const place = join(home, 'hub', 'models--some--vlm');
  const snapshot = join(place, 'snapshots', 'c0ffee');
  await mkdir(join(place, 'refs'), { recursive: true });
  await mkdir(snapshot, { recursive: true });
  await writeFile(join(place, 'refs', 'main'), 'c0ffee');
  await writeFile(join(snapshot, 'config.json'), '{}');
  const weight_map = { a: 'model-1.safetensors', b: 'model-2.safetensors' };
  if (!weights.includes('model.safetensors'))
    await writeFile(join(snapshot, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
  for (const name of weights) await writeFile(join(snapshot, name), '');
}

test('a machine that has everything is healthy, with a word on what is not there', async () => {
  const { healthy, checks } = await diagnose({ env: {}, folder: dir });
  expect(checks.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(healthy).toBe(true);
  expect(checks.find(({ name }) => name === 'GPU')).toMatchObject({ status: 'note' });
  expect(checks.find(({ name }) => name === 'API key')).toMatchObject({ status: 'note' });
});

describe('each failure has its remedy', () => {
  test('a package that is missing, and one of another version', async () => {
    await fakePython({ packages: { trl: null, torch: '2.11.0' } });
    const { healthy, checks } = await diagnose({ env: {} });
    expect(healthy).toBe(false);
    expect(checks.find(({ name }) => name === 'package trl')).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining(`${medgr2} setup`),
    });
    expect(checks.find(({ name }) => name === 'package torch')).toMatchObject({ status: 'warning' });
  });

  test('a Python that is too old, and one that is not there', async () => {
    await fakePython({ version: '3 9' });
    expect((await diagnose({ env: {} })).checks).toContainEqual(
      expect.objectContaining({ name: 'Python', status: 'failed', detail: expect.stringContaining('3.9') }),
    );
    vi.stubEnv('MEDGR2_PYTHON', join(dir, 'none'));
    expect((await diagnose({ env: {} })).healthy).toBe(false);
  });

  test('a local build counts as its release', () => {
    const pinned = new Map([['torch', '2.13.0']]);
    expect(checkPackages({ torch: '2.13.0+cu130' }, pinned)[0]?.status).toBe('ok');
  });

  test('devices', () => {
    const none = { error: null, cuda: '13.0', devices: [], gpu: null };
    expect(checkDevices(none, 'auto')[0]).toMatchObject({ status: 'note' });
    expect(checkDevices(none, 'cuda')[0]).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('nvidia-smi'),
    });
    // As a job does it: beside a GPU that cannot be used, only who asks for the CPU gets it.
    const broken = { ...none, gpu: '/dev/nvidia0' };
    expect(checkDevices(broken, 'cpu')[0]).toMatchObject({ status: 'note' });
    for (const device of ['auto', null] as const)
      expect(checkDevices(broken, device)[0]).toMatchObject({
        status: 'failed',
        detail: expect.stringContaining('/dev/nvidia0'),
        remedy: expect.stringMatching(/nvidia-smi.*device: cpu/),
      });
    expect(checkDevices({ ...broken, cuda: null }, 'auto')[0]?.remedy).toContain('pip install --force-reinstall torch');
    const old = { name: 'V100', memoryGiB: 32, bfloat16: false };
    expect(checkDevices({ ...none, devices: [old] }, 'cuda')[0]).toMatchObject({ status: 'warning' });
    expect(checkDevices({ ...none, error: 'OSError: libcudart' }, 'auto')[0]).toMatchObject({ status: 'failed' });
  });

  test('Node, room and files', () => {
    expect(checkNode('20.19.0')).toMatchObject({ status: 'failed' });
    expect([0.5, 5, 50].map((free) => roomAt('disk', '/x', free).status)).toEqual(['failed', 'warning', 'ok']);
    expect(checkFiles()).toMatchObject({ status: 'ok' });
    expect(checkFiles(dir)).toMatchObject({ status: 'failed', detail: expect.stringContaining('the phantom base') });
  });
});

describe('the key and the provider', () => {
  const key = 'k-0123456789abcdef';
  let server: Server;
  let url: string;
  const seen: { path: string | undefined; key: string | undefined }[] = [];
  beforeEach(async () => {
    seen.length = 0;
    server = createServer((request, response) => {
      const sent = request.headers['x-goog-api-key'];
      seen.push({ path: request.url, key: typeof sent === 'string' ? sent : undefined });
      response.statusCode = sent === key ? 200 : sent === undefined ? 403 : 400;
      response.end('{}');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((closed) => server.close(closed)));
  const provider = async (env: Record<string, string>, online: boolean) => {
    const diagnosis = await diagnose({ config: gemini(url), env, online });
    for (const value of Object.values(env)) expect(JSON.stringify(diagnosis)).not.toContain(value);
    return diagnosis.checks.filter(({ name }) => name === 'API key' || name === 'provider');
  };

  test('needed by the configuration and not set', async () => {
    expect(await provider({}, false)).toMatchObject([{ status: 'failed', detail: 'GEMINI_API_KEY is not set' }]);
    expect(seen).toEqual([]);
  });

  test('set: said, never shown, and not sent unless asked', async () => {
    expect(await provider({ GEMINI_API_KEY: key }, false)).toMatchObject([{ status: 'ok' }]);
    expect(seen).toEqual([]);
  });

  test('taken and refused', async () => {
    expect(await provider({ GEMINI_API_KEY: key }, true)).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
    expect(seen).toEqual([{ path: '/v1beta/models/gemini-2.5-flash-lite', key }]);
    expect(await provider({ GEMINI_API_KEY: 'k-wrong-wrong' }, true)).toMatchObject([
      { status: 'ok' },
      { status: 'failed', detail: expect.stringContaining('refuses the key') },
    ]);
  });

  test('a key that no header can carry is never sent', async () => {
    const checks = await provider({ GEMINI_API_KEY: 'two words' }, true);
    expect(checks).toMatchObject([{ status: 'failed' }, { status: 'note' }]);
    expect(seen[0]?.key).toBeUndefined();
  });

  test('nobody there', async () => {
    await new Promise((closed) => server.close(closed));
    expect(await provider({ GEMINI_API_KEY: key }, true)).toMatchObject([
      { status: 'ok' },
      { status: 'failed', detail: expect.stringContaining('cannot be reached') },
    ]);
    server = createServer();
  });
});

describe('what a configuration reads', () => {
  const checked = async (settings: object) => {
    const { checks, healthy } = await diagnose({ config: configSchema.parse(settings), folder: dir });
    const inputs = checks.filter(({ name }) => /^(?:data|policy|rewardModel|generation\.prices)/.test(name));
    return {
      healthy,
      inputs: inputs.map(({ name, status, detail }) => `${status} ${name}: ${detail.replaceAll(dir, '')}`),
    };
  };
  const files = (settings: object) => ({
    data: { source: 'files', seed: join(dir, 'test'), test: join(dir, 'test'), pool: join(dir, 'raw'), ...settings },
    generation: { provider: 'local', local: { model: 'phantom', warmStartSteps: 2 } },
  });

  test('folders that are missing, or are no data, are failures with their key and place', async () => {
    await mkdir(join(dir, 'test'));
    await mkdir(join(dir, 'pool'));
    await writeFile(join(dir, 'pool/IM1.dcm'), 'no more than a name');
    const found = await checked({
      ...files({ seed: join(dir, 'seed'), pool: join(dir, 'pool') }),
      policy: { base: join(dir, 'model') },
      rewardModel: { base: join(dir, 'pool') },
      generation: { provider: 'local', local: { model: 'phantom' }, prices: join(dir, 'prices.yaml') },
    });
    expect(found.healthy).toBe(false);
    expect(found.inputs).toEqual([
      'failed data.seed: there is no folder /seed',
      'failed data.test: /test is no dataset folder: it has no import.json',
      expect.stringMatching(/^failed data.pool: \/pool holds no image .*is a DICOM file: `.* import dicom` reads it/),
      'failed policy.base: there is no folder /model',
      'failed rewardModel.base: /pool holds no model (no config.json)',
      'failed generation.prices: there is no file /prices.yaml',
    ]);
    expect((await checked({ data: { source: 'vqa-rad', path: join(dir, 'rad') } })).inputs).toEqual([
      'failed data.path: there is no folder /rad',
    ]);
  });

  test('images that a dataset folder names and does not have are a failure; whole ones are not', async () => {
    await writePictures(join(dir, 'raw'), 2);
    const rows = [0, 1].map((number) => `${number}.png,Which side is brighter?,left|right,left`);
    await writeFile(join(dir, 'raw/q.csv'), ['image,question,options,answer', ...rows].join('\n'));
    await importQuestions('csv', { path: join(dir, 'raw/q.csv'), out: join(dir, 'test') });
    expect((await checked(files({}))).inputs).toEqual([
      'ok data.seed: 2 samples and 2 images in /test',
      'ok data.test: 2 samples and 2 images in /test',
      'ok data.pool: 2 images in /raw',
    ]);
    await rm(join(dir, 'test/images'), { recursive: true });
    expect((await checked(files({}))).inputs.slice(1, 2)).toEqual([
      expect.stringMatching(
        /^failed data.test: 2 of 2 images of \/test are not there: \/test\/images\/[0-9a-f]+\.png$/,
      ),
    ]);
    expect((await checked({})).inputs).toEqual(['ok data: drawn by medgr2: no file is needed']);
  });
});
