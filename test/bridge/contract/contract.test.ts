/** The contract as Python has it is the one that TypeScript has. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, expectTypeOf, test } from 'vitest';
import { jobResultSchema } from '../../../src/bridge/contract/contract.js';
import { contractJson } from '../../../src/bridge/contract/contract-json.js';
import { pythonSources } from '../../../src/bridge/environment/package-paths.js';
import type { Engine } from '../../../src/bridge/jobs/open-engine.js';

test('py/medgr2/contract.json is up to date: otherwise run `npm run codegen`', async () => {
  expect(await readFile(path.join(pythonSources, 'medgr2', 'contract.json'), 'utf8')).toBe(contractJson());
});

test('what every job adds to its result is known of every kind', () => {
  for (const { shape } of jobResultSchema.options) expect(Object.keys(shape), shape.kind.value).toContain('peakMemory');
});

async function use(engine: Engine): Promise<void> {
  const common = { outDir: 'x', seed: 1, model: { path: 'p' }, data: 'd' };
  const job = engine.start({ kind: 'score', ...common });
  expectTypeOf((await job.result).scores).toBeString();
  expectTypeOf((await engine.start({ kind: 'sft', ...common }).result).checkpoint).toBeString();
  // @ts-expect-error a misspelled field
  engine.start({ kind: 'score', ...common, batchsize: 3 });
  // @ts-expect-error a field that is missing
  engine.start({ kind: 'complete', ...common });
}

test('a job has the result of its kind, and a spec with a wrong field does not compile', () => {
  expectTypeOf(use).toBeFunction();
});
