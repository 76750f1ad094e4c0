import { expect, test } from 'vitest';
import { openEngine } from '../../src/bridge/engine.js';
import { executorSchema } from '../../src/config/executor.js';
import { parseConfig } from '../../src/config/load.js';

test('jobs run on this machine unless said otherwise, and nothing listens beyond loopback', () => {
  const { executor } = parseConfig('', { file: 'x.yaml' });
  expect(executor).toEqual({ kind: 'local', workers: 1, gpu: false, cpusPerWorker: 1, listen: '127.0.0.1' });
  expect(executorSchema.parse({ kind: 'ray', workers: 4 }).listen).toBe('127.0.0.1');
});

test('settings that only Ray has are refused without it, before Python starts', async () => {
  expect(() => parseConfig('executor: { workers: 2 }', { file: 'x.yaml' })).toThrow('a local job is one process');
  expect(() => parseConfig('executor: { address: auto }', { file: 'x.yaml' })).toThrow('only Ray has one');
  const opening = openEngine({ executor: { kind: 'local', workers: 2 }, python: '/nowhere/python' });
  await expect(opening).rejects.toMatchObject({ code: 'executor', exitCode: 2 });
});
