import { expect, test } from 'vitest';
import { openEngine } from '../../src/bridge/jobs/open-engine.js';
import { executorSchema } from '../../src/config/sections/executor.js';
import { parseConfig } from '../../src/config/load.js';

test('jobs run on this machine unless said otherwise, and nothing listens beyond loopback', () => {
  const { executor } = parseConfig('', { file: 'x.yaml' });
  expect(executor).toEqual({ kind: 'local', workers: 1, gpu: false, cpusPerWorker: 1, listen: '127.0.0.1' });
  expect(executorSchema.parse({ kind: 'ray', workers: 4 }).listen).toBe('127.0.0.1');
});

test.each([
  ['{ gpus: all, workers: 2 }', 'as many ranks as GPUs'],
  ['{ kind: ray, gpus: 2 }', 'for Ray say how many by workers'],
  ['{ sharding: fsdp }', 'nothing to split a model over'],
  ['{ gpus: 0 }', 'executor.gpus'],
  ['{ gpus: all, sharding: ddp }', 'executor.sharding'],
])('executor: %s is refused before anything starts', (executor, words) => {
  expect(() => parseConfig(`executor: ${executor}`, { file: 'x.yaml' })).toThrow(words);
});

test('a local job over GPUs or CPU ranks, whole or sharded, is taken', () => {
  for (const executor of [{ gpus: 'all' }, { gpus: 8, sharding: 'zero3' }, { workers: 2, sharding: 'fsdp' }] as const)
    expect(executorSchema.parse(executor)).toMatchObject({ kind: 'local', ...executor });
  expect(executorSchema.parse({ kind: 'ray', workers: 4, gpu: true, sharding: 'fsdp' })).toHaveProperty('sharding');
});

test.each(['fsdp', 'fsdp_config', 'deepspeed'])('trl.%s is refused, and says what to use', (option) => {
  for (const section of ['sft', 'grpo'])
    expect(() => parseConfig(`${section}: { trl: { ${option}: {} } }`, { file: 'x.yaml' })).toThrow(
      'executor.sharding',
    );
});

test('settings that only Ray has are refused without it, before Python starts', async () => {
  expect(() => parseConfig('executor: { address: auto }', { file: 'x.yaml' })).toThrow('only Ray has one');
  const opening = openEngine({ executor: { kind: 'local', address: 'auto' }, python: '/nowhere/python' });
  await expect(opening).rejects.toMatchObject({ code: 'executor', exitCode: 2 });
});
