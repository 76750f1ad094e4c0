import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.js';
import { ConfigError } from '../../src/errors.js';

const parse = (text: string, set: string[] = [], env: Record<string, string> = {}) =>
  parseConfig(text, { file: 'some/run.yaml', set, env });

function problemsOf(text: string, set: string[] = []): string[] {
  try {
    parse(text, set);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).exitCode).toBe(2);
    return (error as ConfigError).message.split('\n').slice(1);
  }
  throw new Error('the configuration was accepted');
}

describe('committed configurations', async () => {
  const files = (await readdir('configs')).filter(
    (name) => name.endsWith('.yaml') && !['prices.yaml', 'rubric.yaml'].includes(name),
  );
  test.each(files)('%s is accepted', async (name) => {
    const config = await loadConfig(`configs/${name}`, { env: { MEDGR2_DATA: 'somewhere' } });
    expect(config.cycles).toBeGreaterThan(0);
  });
});

describe('defaults', () => {
  test('an empty file is a complete configuration', () => {
    const config = parse('');
    expect(config.data).toEqual({ source: 'phantom', seed: 600, test: 480, pool: 900 });
    expect(config.grpo.rewards).toEqual({ alpha: 0.8, beta: 0.2, scale: 'unit', reading: 'ours' });
    expect(config.filter.threshold).toEqual({ precision: 0.95, minAccepted: 10 });
    expect(config.policy.base).toBe('phantom');
  });
});

describe('problems', () => {
  test('a generator whose weights are elsewhere cannot be trained', () => {
    const sft = 'generatorUpdate: { method: sft }';
    expect(problemsOf(sft)).toEqual([
      expect.stringMatching(
        /^some\/run\.yaml:1:28 generatorUpdate\.method: sft trains .* provider simulated are not here/,
      ),
    ]);
    // Told beside other problems, and with the settings of its own section named.
    expect(problemsOf(`seed: one\n${sft}`)).toHaveLength(2);
    const trl = 'generatorUpdate: { sft: { trl: { learning_rate: 1 } } }';
    expect(problemsOf(trl)[0]).toContain('use generatorUpdate.sft.learningRate');
    expect(parse(`generation: { provider: local, local: { model: m } }\n${sft}`).generatorUpdate.method).toBe('sft');
  });

  test('all at once, each at its line and column, unknown keys included', () => {
    const problems = problemsOf(
      [
        'seed: one',
        'grpo:',
        '  numGenerations: 8',
        '  batchsize: 32',
        'sft:',
        '  trl:',
        '    output_dir: x',
        'filtre: {}',
      ].join('\n'),
    );
    expect(problems).toEqual([
      'some/run.yaml:1:7 seed: expected a number, found "one"',
      'some/run.yaml:4:3 grpo.batchsize: unknown key; did you mean batchSize?',
      'some/run.yaml:7:17 sft.trl.output_dir: medgr2 sets this option itself: the run folder decides (outDir in a job)',
      'some/run.yaml:8:1 filtre: unknown key; did you mean filter?',
    ]);
  });

  test('adapters where nothing of the backbone learns', () => {
    expect(problemsOf('rewardModel: { train: head, lora: { rank: 8 } }')).toEqual([
      expect.stringMatching(/^some\/run.yaml:1:\d+ rewardModel.lora: train: head leaves the backbone as it is/),
    ]);
  });

  test('TRL options are checked as TRL has them, and refused where a setting governs them', () => {
    const trl = [
      'warmup_step: 3',
      'optim: adamw_troch',
      'adam_beta1: high',
      'max_steps: 9',
      'push_to_hub: true',
      'zebra: 1',
    ];
    expect(problemsOf(`sft:\n  trl:\n${trl.map((line) => `    ${line}\n`).join('')}`)).toEqual([
      'some/run.yaml:3:5 sft.trl.warmup_step: unknown key; did you mean warmup_steps?',
      expect.stringMatching(
        /^some\/run.yaml:4:12 sft.trl.optim: expected one of adamw_torch, .*found "adamw_troch"; did you mean adamw_torch\?$/,
      ),
      'some/run.yaml:5:17 sft.trl.adam_beta1: expected a number, found "high"',
      'some/run.yaml:6:16 sft.trl.max_steps: medgr2 sets this option itself: use sft.maxSteps',
      expect.stringMatching(
        /^some\/run.yaml:7:18 sft.trl.push_to_hub: medgr2 sets this option itself: nothing is sent/,
      ),
      'some/run.yaml:8:5 sft.trl.zebra: unknown key',
    ]);
    expect(problemsOf('grpo: { trl: { packing: true } }')).toEqual([
      'some/run.yaml:1:16 grpo.trl.packing: unknown key',
    ]);
    expect(parse('grpo: { trl: { loss_type: grpo, top_entropy_quantile: 0.2 } }').grpo.trl).toEqual({
      loss_type: 'grpo',
      top_entropy_quantile: 0.2,
    });
  });

  test('a key that is like no other lists the known ones', () => {
    expect(problemsOf('dataset: { zebra: 1 }')).toEqual([
      'some/run.yaml:1:12 dataset.zebra: unknown key; known here: includeSeed',
    ]);
  });

  test('unknown key inside a tagged section suggests that kind of section only', () => {
    expect(problemsOf('data: { source: phantom, tests: 3 }')).toEqual([
      'some/run.yaml:1:26 data.tests: unknown key; did you mean test?',
    ]);
  });

  test('a missing value points at the nearest thing that is there', () => {
    expect(problemsOf('seed: 1\ndata:\n  source: vqa-rad\n')).toEqual([
      'some/run.yaml:2:1 data.path: missing; expected text',
    ]);
  });

  test('an address of a server without its scheme', () => {
    const problems = problemsOf(
      'data: { source: phantom }\ngeneration: { provider: openai, openai: { model: m, baseUrl: "localhost:8000/v1" } }',
    );
    expect(problems).toContainEqual(
      expect.stringMatching(/2:62 generation.openai.baseUrl: .*http:\/\/ or https:\/\/, found "localhost:8000\/v1"$/),
    );
  });

  test('an unknown kind of section', () => {
    expect(problemsOf('data: { source: phantoms }')[0]).toMatch(/^some\/run.yaml:1:17 data.source: /);
  });

  test('an enum names its values and the nearest', () => {
    expect(problemsOf('policy: { start: bass }')).toEqual([
      'some/run.yaml:1:18 policy.start: expected one of base, previous, found "bass"; did you mean base?',
    ]);
  });

  test('a union says what may stand there', () => {
    expect(problemsOf('filter: { threshold: high }')[0]).toMatch(
      /^some\/run.yaml:1:22 filter.threshold: expected a number or a section of settings, found "high"$/,
    );
    expect(problemsOf('filter: { threshold: { precision: 2 } }')[0]).toMatch(/filter.threshold.precision: .*found 2$/);
  });

  test('broken YAML and duplicate keys are refused where they are', () => {
    expect(problemsOf('seed: 1\nseed: 2\n')[0]).toMatch(/^some\/run.yaml:2:1 /);
    expect(problemsOf('seed: [1\n')[0]).toMatch(/^some\/run.yaml:\d+:\d+ /);
    expect(problemsOf('- 1')[0]).toMatch(/^some\/run.yaml:1:1 /);
  });

  test('rules between settings', () => {
    expect(problemsOf('grpo: { batchSize: 30, numGenerations: 8 }')[0]).toMatch(/numGenerations: 8 must divide/);
    expect(problemsOf('grpo: { trl: { generation_batch_size: 40 } }')[0]).toMatch(
      /^some\/run.yaml:1:39 grpo.trl.generation_batch_size: 40 must be a multiple of .*\(32\)$/,
    );
    expect(problemsOf('grpo: { batchSize: 4, trl: { steps_per_generation: 3 } }')[0]).toMatch(/ divide .*\(12\)/);
    expect(parse('grpo: { batchSize: 4, trl: { steps_per_generation: 2 } }').grpo.batchSize).toBe(4);
    expect(problemsOf('sft: { trl: { save_strategy: best } }')[0]).toMatch(/sft.trl.save_strategy: best needs/);
    expect(problemsOf('grpo: { rewards: { alpha: 0, beta: 0 } }')[0]).toMatch(/grpo.rewards: alpha and beta/);
  });

  test('a file that is not there', async () => {
    await expect(loadConfig('no/such.yaml')).rejects.toMatchObject({ code: 'config-not-read', exitCode: 2 });
  });
});

describe('--set', () => {
  test('changes nested settings, reading values as YAML', () => {
    const config = parse('sft: { maxSteps: 5 }', ['sft.maxSteps=7', 'filter.threshold={precision: 0.9}', 'seed=3']);
    expect(config.sft.maxSteps).toBe(7);
    expect(config.filter.threshold).toEqual({ precision: 0.9, minAccepted: 10 });
    expect(config.seed).toBe(3);
  });

  test('opens sections that are not in the file or empty', () => {
    expect(parse('grpo:\n', ['grpo.rewards.scale=raw']).grpo.rewards.scale).toBe('raw');
  });

  test('is named in the problem it causes', () => {
    expect(problemsOf('', ['seed=x'])).toEqual(['--set seed=x seed: expected a number, found "x"']);
    expect(problemsOf('', ['grpo.numGeneration=2'])).toEqual([
      '--set grpo.numGeneration=2 grpo.numGeneration: unknown key; did you mean numGenerations?',
    ]);
    // Two letters in each other's place are one slip, also in a short word.
    expect(problemsOf('', ['generation.mdoe=batch'])[0]).toMatch(/unknown key; did you mean mode\?$/);
    expect(problemsOf('', ['generation.mode=bacth'])[0]).toMatch(/found "bacth"; did you mean batch\?$/);
  });

  test.each(['seed', '=1', 'a..b=1', 'seed=[1'])('%s is refused', (set) => {
    expect(() => parse('', [set])).toThrow(ConfigError);
  });

  test('a tag that nobody knows is refused, with how to write the text that was meant; in a file, too', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      expect(() => parse('', ['policy.base=!9$'])).toThrow(/the value is not valid YAML: Unresolved tag: !9\$/);
      expect(parse('', ['policy.base="!9$"']).policy.base).toBe('!9$');
      expect(problemsOf('policy:\n  base: !9$ x\n')[0]).toMatch(/:2:9 Unresolved tag: !9\$/);
      expect(warned).not.toHaveBeenCalled();
    } finally {
      warned.mockRestore();
    }
  });

  test('text for data is the path of its section and starts at the working folder', () => {
    const config = parse('data: { source: vqa-rad, testLimit: 9 }', ['data=../x']);
    expect(config.data).toMatchObject({ source: 'vqa-rad', path: resolve('../x'), testLimit: 9 });
  });

  test('paths in the file start at the file', () => {
    expect(parse('data: ../x').data).toMatchObject({ path: resolve('x') });
  });

  test('MEDGR2_DATA fills a missing path only', () => {
    const env = { MEDGR2_DATA: '/from/env' };
    expect(parse('data: { source: vqa-rad }', [], env).data).toMatchObject({ path: '/from/env' });
    expect(parse('data: { source: vqa-rad, path: /own }', [], env).data).toMatchObject({ path: '/own' });
  });
});

describe('egress', () => {
  const gemini = 'generation: { provider: gemini }\n';
  test('nothing is sent to another machine unless it is allowed with a reason', () => {
    expect(problemsOf(gemini)[0]).toMatch(/egress.allow: images would be sent to generativelanguage.googleapis.com/);
    expect(problemsOf(`${gemini}egress: { allow: true }`)[0]).toMatch(/^some\/run.yaml:2:\d+ egress.reason: say why/);
    expect(parse(`${gemini}egress: { allow: true, reason: public data }`).egress.allow).toBe(true);
  });

  test('is reported beside other problems', () => {
    expect(problemsOf(`${gemini}seed: x`)).toHaveLength(2);
  });

  test('loopback needs no permission', () => {
    const config = parse('generation: { provider: gemini, gemini: { baseUrl: "http://127.0.0.1:8080" } }');
    expect(config.generation.gemini.baseUrl).toBe('http://127.0.0.1:8080');
    expect(
      problemsOf('generation: { provider: gemini, gemini: { baseUrl: "http://127.0.0.1.example.org" } }'),
    ).toHaveLength(1);
  });

  test('a key in the place of its variable name is refused', () => {
    expect(problemsOf('generation: { gemini: { apiKeyEnv: "AIza-secret" } }')[0]).toMatch(
      /name of an environment variable/,
    );
  });
});
