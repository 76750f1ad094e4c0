/** What TRL would find late is found before Python starts. */
import { describe, expect, test } from 'vitest';
import { grpoSpecSchema, jobSpecSchema } from '../../src/bridge/contract/contract.js';
import { ConfigError } from '../../src/errors.js';
import { checkGrpoRows, checkSftRows } from '../../src/job-spec/checks/enough-rows.js';
import { generationBatch, grpoProblems } from '../../src/config/trl-options/option-conflicts.js';

describe('the generation batch', () => {
  test.each([
    [{}, 8, 1],
    [{ per_device_train_batch_size: 16, gradient_accumulation_steps: 2 }, 32, 4],
    [{ per_device_train_batch_size: 4, gradient_accumulation_steps: 9, steps_per_generation: 4 }, 16, 2],
    [{ per_device_train_batch_size: 4, generation_batch_size: 24, steps_per_generation: null }, 24, 3],
  ])('%j', (options, completions, prompts) => {
    expect(generationBatch(options)).toEqual({ completions, prompts, numGenerations: 8 });
    expect(grpoProblems(options)).toEqual([]);
  });

  test.each([
    [{ num_generations: 3 }, 'num_generations', /3 must divide .*\(8\)/],
    [{ num_generations: 1 }, 'num_generations', /2 or more/],
    [{ num_generations: null }, 'num_generations', /2 or more/],
    [{ generation_batch_size: 12 }, 'generation_batch_size', /multiple of .*\(8\)/],
    [{ generation_batch_size: 8, steps_per_generation: 1 }, 'steps_per_generation', /beside/],
    [{ per_device_train_batch_size: 0 }, 'per_device_train_batch_size', /1 or more/],
    [{ max_steps: -1, num_train_epochs: 0 }, 'num_train_epochs', /nothing would be trained/],
    [{ save_strategy: 'best' as const }, 'save_strategy', /evaluations/],
    [{ bf16: true, fp16: true }, 'fp16', /beside bf16/],
  ])('%j is refused', (options, option, message) => {
    expect(grpoProblems(options)).toEqual([{ option, message: expect.stringMatching(message) }]);
  });
});

test('a job spec with such options is refused at the option', () => {
  const job = { outDir: 'x', seed: 1, model: { path: 'p' }, data: 'd' };
  const wrong = { kind: 'grpo', ...job, rewards: [{ name: 'a', weight: 1 }], trl: { num_generations: 3 } };
  expect(grpoSpecSchema.safeParse(wrong).error?.issues).toMatchObject([{ path: ['trl', 'num_generations'] }]);
  const sft = { kind: 'sft', ...job, trl: { save_strategy: 'best' } };
  expect(jobSpecSchema.safeParse(sft).error?.issues).toMatchObject([{ path: ['trl', 'save_strategy'] }]);
});

describe('rows', () => {
  test('must fill one generation batch with different prompts', () => {
    const trl = { per_device_train_batch_size: 32, num_generations: 8 };
    expect(() => checkGrpoRows(trl, 4)).not.toThrow();
    expect(() => checkGrpoRows(trl, 3)).toThrow(ConfigError);
    expect(() => checkGrpoRows(trl, 3)).toThrow(/3 prompts, and one generation batch takes 4 .*32 completions/);
    expect(() => checkGrpoRows({}, 0)).toThrow(/no rows/);
  });

  test('must fill one batch where incomplete ones are left out', () => {
    expect(() => checkSftRows({ per_device_train_batch_size: 32 }, 1)).not.toThrow();
    expect(() => checkSftRows({ per_device_train_batch_size: 32, dataloader_drop_last: true }, 31)).toThrow(
      /one batch of 32/,
    );
    expect(() => checkSftRows({}, 0)).toThrow(ConfigError);
  });
});
