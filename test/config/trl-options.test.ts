/** TRL's options: written as the installed TRL has them, checked before Python starts, refused where medgr2 decides. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { environmentPython } from '../../src/bridge/environment/find-python.js';
import { readTrlOptions } from '../../src/bridge/contract/installed-trl.js';
import type { OptionField, OptionFields } from '../../src/config/trl-options/option-fields.js';
import { grpoOptionShape } from '../../src/config/trl-options/grpo-options.generated.js';
import {
  grpoOptionsSchema,
  sftOptionsSchema,
  type GrpoOptions,
  type SftOptions,
} from '../../src/config/trl-options/option-shapes.js';
import { refusedByGrpo, refusedBySft } from '../../src/config/trl-options/refused-options.js';
import { renderOptions, shorten } from '../../src/config/trl-options/render-options.js';
import { sftOptionShape } from '../../src/config/trl-options/sft-options.generated.js';

const python = process.env['MEDGR2_PYTHON'] ?? environmentPython();

function hasTrl(): boolean {
  if (!path.isAbsolute(python) || !existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import importlib.metadata as m; m.version("trl")'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the generated files', () => {
  test.skipIf(!hasTrl())(
    'have the fields of the installed TRL: otherwise run `npm run codegen`',
    async () => {
      const options = await readTrlOptions(python);
      for (const trainer of ['sft', 'grpo'] as const) {
        const file = path.join(packageRoot, 'src', 'config', 'trl-options', `${trainer}-options.generated.ts`);
        const versions = /from TRL .*$/m;
        const written = readFileSync(file, 'utf8').replace(versions, '');
        expect(written, file).toBe(renderOptions(trainer, options).replace(versions, ''));
      }
    },
    240_000,
  );

  test('every refusal is of an option that TRL has', () => {
    const unknown = (refused: object, shape: object): string[] =>
      Object.keys(refused).filter((name) => !Object.hasOwn(shape, name) && name !== 'parallelism_config');
    expect(unknown(refusedBySft, sftOptionShape)).toEqual([]);
    expect(unknown(refusedByGrpo, grpoOptionShape)).toEqual([]);
  });
});

describe('options of a job', () => {
  test('of what TRL would do with rows that it does not get are refused: they would change nothing, without a word', () => {
    for (const [option, value] of Object.entries({
      completion_only_loss: false,
      assistant_only_loss: true,
      eos_token: '<|im_end|>',
      pad_token: '<|im_end|>',
      pad_to_multiple_of: 16,
      chat_template_path: 'template.jinja',
      shuffle_dataset: true,
    })) {
      const parsed = sftOptionsSchema.safeParse({ [option]: value });
      expect(parsed.success, option).toBe(false);
      expect(parsed.error?.issues[0]?.message).toMatch(/medgr2 (?:encodes the rows itself)|shuffled anyway/);
    }
  });

  test('are optional, typed and strict', () => {
    const options = { max_steps: 3, learning_rate: 1e-3, optim: 'adamw_torch', save_strategy: 'no', bf16: null };
    expect(sftOptionsSchema.parse(options)).toEqual(options);
    expect(sftOptionsSchema.parse({})).toEqual({});
    for (const wrong of [{ max_steps: 1.5 }, { optim: 'adam' }, { lr: 1 }, { packing: false }, { fp16: 'yes' }])
      expect(sftOptionsSchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    expect(grpoOptionsSchema.parse({ generation_kwargs: { stop: ['a', 1, null] } })).toBeTruthy();
    expect(grpoOptionsSchema.safeParse({ generation_kwargs: { f: () => 1 } }).success).toBe(false);
  });

  test('that medgr2 decides are refused with the reason', () => {
    const issue = (options: object) => grpoOptionsSchema.safeParse(options).error?.issues[0];
    expect(issue({ output_dir: 'x' })).toMatchObject({
      path: ['output_dir'],
      message: expect.stringContaining('outDir'),
    });
    expect(issue({ reward_weights: [1] })?.message).toMatch(/`rewards` in a job/);
  });

  test('that are wrong do not compile', () => {
    expectTypeOf<{ max_steps: number; optim: 'sgd' }>().toExtend<SftOptions>();
    expectTypeOf<{ optim: 'adam' }>().not.toExtend<SftOptions>();
    expectTypeOf<{ num_generations: string }>().not.toExtend<GrpoOptions>();
    // @ts-expect-error a misspelled option
    const misspelled: SftOptions = { max_step: 1 };
    // @ts-expect-error an option of the other trainer
    const other: SftOptions = { num_generations: 4 };
    // @ts-expect-error an option that medgr2 decides
    const decided: GrpoOptions = { output_dir: 'x' };
    for (const options of [misspelled, other]) expect(sftOptionsSchema.safeParse(options).success).toBe(false);
    expect(grpoOptionsSchema.safeParse(decided).success).toBe(false);
  });
});

describe('rendering', () => {
  const render = (...sft: OptionField[]): string => {
    const fields: OptionFields = { versions: { trl: '1', transformers: '2' }, sft, grpo: [] };
    return renderOptions('sft', fields);
  };

  test('one schema per option, its help and default as TSDoc', () => {
    const text = render({
      name: 'rate',
      types: [{ type: 'number' }, { type: 'enum', values: ['auto', "it's"] }, { type: 'null' }],
      default: 'auto',
      help: 'How fast. Ends a comment: */ so there.',
    });
    expect(text).toContain(
      [
        '  /**',
        '   * How fast. Ends a comment: *\\/ so there.',
        '   * @defaultValue "auto"',
        '   */',
        `  rate: z.union([z.number(), z.enum(['auto', 'it\\'s'])]).nullable().optional(),`,
      ].join('\n'),
    );
    expect(text).toMatch(/TRL 1 over transformers 2[^]*Apache-2.0/);
  });

  test('an option that takes a Python object is left out; a deprecated one says so', () => {
    const none = { default: null, help: '' };
    expect(render({ name: 'plan', types: [{ type: 'object' }, { type: 'null' }], ...none })).not.toContain('plan');
    const old = render({ name: 'old', types: [{ type: 'boolean' }], default: null, help: 'Deprecated. Use `new`.' });
    expect(old).toContain('  /** @deprecated Use `new`. */\n  old: z.boolean().optional(),');
  });

  test('help is cut after a sentence, or after a word where the sentence is endless', () => {
    expect(shorten('One. Two.')).toBe('One. Two.');
    expect(shorten(`One. ${'Long '.repeat(60)}end.`)).toBe('One.');
    expect(shorten('word '.repeat(200))).toMatch(/^(word )+…$/);
  });
});
