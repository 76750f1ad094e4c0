import { describe, expect, test } from 'vitest';
import { jobSpecSchema } from '../../src/bridge/contract/contract.js';
import { parseConfig } from '../../src/config/load.js';
import type { GradedRow } from '../../src/grading/index.js';
import { seededRandom } from '../../src/random.js';
import { gradedRewardRows, withReplay } from '../../src/job-spec/rows/reward-rows.js';
import { promptRow, scoreRow, sftRow } from '../../src/job-spec/rows/job-rows.js';
import {
  evaluationSpec,
  grpoSpec,
  preferenceSpec,
  rewardModelSpec,
  scoreSpec,
  sftSpec,
} from '../../src/job-spec/spec-from-config.js';
import { makeSample } from '../helpers/sample.js';

const options = { instruction: 'none', imagePath: (image: string) => `/run/${image}` } as const;
const place = { outDir: '/o', data: '/d', model: 'phantom', seed: 7 };
const config = parseConfig('', {
  file: 'x.yaml',
  set: ['policy.maxPixels=7056', 'threads=2', 'sft.trl={warmup_steps: 3}'],
});

describe('rows', () => {
  test('hold absolute image paths, one prompt form, and the response with its reasoning', () => {
    const sample = makeSample({ rationale: 'It is bright.' });
    const { prompt } = promptRow(sample, options);
    expect(sftRow(sample, options)).toEqual({
      id: 'sample',
      image: '/run/images/a.png',
      prompt,
      completion: '<think>It is bright.</think><answer>MRI</answer>',
    });
    expect(scoreRow(sample, options)).toMatchObject({
      prompt,
      response: '<think>It is bright.</think><answer>MRI</answer>',
    });
  });

  test('a policy told to answer at once learns the answer alone', () => {
    expect(sftRow(makeSample(), { ...options, instruction: 'answer' }).completion).toBe('<answer>MRI</answer>');
  });
});

describe('specs', () => {
  test('are what the bridge accepts', () => {
    const specs = [
      sftSpec(config, place),
      grpoSpec(config, { ...place, rewardModel: '/r', rewards: [{ name: 'a', weight: 1 }], deadGroups: 'warn' }),
      rewardModelSpec(config, place, 'first'),
      scoreSpec(config, place),
      evaluationSpec(config, place),
      preferenceSpec(config, place),
    ];
    for (const spec of specs) {
      expect(jobSpecSchema.parse(spec)).toMatchObject({
        seed: 7,
        threads: 2,
        model: { path: 'phantom', maxPixels: 7056 },
      });
    }
  });

  test('pass TRL options through, beside those of the configuration', () => {
    expect(sftSpec(config, place).trl).toMatchObject({ warmup_steps: 3, num_train_epochs: 3, learning_rate: 0.001 });
    const stepped = parseConfig('sft: { maxSteps: 9 }', { file: 'x.yaml' });
    expect(sftSpec(stepped, place).trl).toMatchObject({ max_steps: 9 });
    expect(sftSpec(stepped, place).trl).not.toHaveProperty('num_train_epochs');
  });

  test('adapters of the reward model are its own', () => {
    const adapted = parseConfig('rewardModel: { lora: { rank: 8 } }', { file: 'x.yaml' });
    const spec = rewardModelSpec(adapted, place, 'first');
    expect(spec.lora).toEqual({ rank: 8, alpha: 32, dropout: 0, targetModules: 'all-linear' });
    expect(sftSpec(adapted, place)).not.toHaveProperty('lora');
    expect(jobSpecSchema.safeParse(spec).success).toBe(true);
    expect(jobSpecSchema.safeParse({ ...spec, train: 'head' }).error?.issues).toMatchObject([{ path: ['lora'] }]);
  });

  test('evaluation is greedy, preferences are sampled', () => {
    expect(evaluationSpec(config, place)).toMatchObject({ temperature: 0, samples: 1 });
    expect(preferenceSpec(config, place)).toMatchObject({ temperature: 1, samples: 4 });
  });
});

describe('reward-model rows', () => {
  const graded = (sampleId: string): GradedRow[] =>
    (['original', 'synonym', 'mismatch', 'deletion'] as const).map((kind) => ({
      id: `${sampleId}:${kind}`,
      sampleId,
      image: 'a.png',
      imageHash: 'h',
      question: 'What?',
      options: [],
      response: kind,
      grade: ({ original: 10, synonym: 6, mismatch: -6, deletion: 0 } as const)[kind],
      kind,
    }));

  test('pair a right text with a hard mismatch of the same sample', () => {
    const rows = gradedRewardRows([...graded('a'), ...graded('b')], options);
    expect(rows.filter((row) => row.pair === 'a:original').map((row) => [row.response, row.chosen])).toEqual([
      ['original', true],
      ['mismatch', false],
    ]);
    expect(rows.filter((row) => row.pair === null)).toHaveLength(4);
  });

  test('replay keeps pairs together and adds the share asked for', () => {
    const earlier = gradedRewardRows(['a', 'b', 'c', 'd'].flatMap(graded), options);
    const fresh = gradedRewardRows(graded('new'), options);
    const rows = withReplay(fresh, earlier, 2, seededRandom('replay'));
    expect(rows.length).toBeGreaterThanOrEqual(12);
    expect(rows.length).toBeLessThanOrEqual(13);
    for (const pair of Map.groupBy(
      rows.filter((row) => row.pair !== null),
      (row) => row.pair,
    ).values())
      expect(pair).toHaveLength(2);
    expect(withReplay(fresh, earlier, 0, seededRandom('replay'))).toHaveLength(4);
  });
});
