/** The models that ship: by name and by folder, from either language, and nothing else by chance. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isShipped, shippedModel, shippedName } from '../../src/bridge/environment/shipped-models.js';
import { readVisionLimits } from '../../src/job-spec/checks/job-images.js';

const names = ['phantom', 'phantom-judge'];

test.each(names)('%s is a model folder of 8 MB at most, with the log of how it was made', (name) => {
  const folder = shippedModel(name) as string;
  expect(shippedName(folder)).toBe(name);
  expect(statSync(path.join(folder, 'model.safetensors')).size).toBeLessThan(8_000_000);
  const log = readFileSync(path.join(folder, 'pretrain-log.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(log[0] as string)).toHaveProperty('seed');
  expect(log.some((line) => line.includes('speaking'))).toBe(true);
});

test('an image costs either as many tokens', async () => {
  const [policy, judge] = await Promise.all(names.map(readVisionLimits));
  expect(judge).toEqual(policy);
});

test('no other name is one', () => {
  for (const name of ['phantoms', 'judge', 'constructor', '', './phantom']) expect(isShipped(name)).toBe(false);
});
