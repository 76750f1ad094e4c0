/** Rules of a job spec beyond its form: the golden cases are what Python refuses as well, in the same words. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jobSpecSchema } from '../../../src/bridge/contract/contract.js';

interface Case {
  name: string;
  spec: { kind: 'sft' | 'grpo' | 'reward-model' };
  problems: { path: string; message: string }[];
}
const cases = JSON.parse(readFileSync(new URL('../../golden/spec-rules.json', import.meta.url), 'utf8')) as Case[];
const common = { outDir: 'o', seed: 1, model: { path: 'm' }, data: 'd' };
const ofKind = {
  sft: {},
  grpo: { rewards: [{ name: 'r', weight: 1 }] },
  'reward-model': { steps: 1, batchSize: 1, learningRate: 0.1 },
};

test.each(cases)('$name', ({ spec, problems }) => {
  const parsed = jobSpecSchema.safeParse({ ...common, ...ofKind[spec.kind], ...spec });
  const found = parsed.error?.issues.map(({ path, message }) => ({ path: path.join('.'), message })) ?? [];
  expect(found).toEqual(problems);
});
