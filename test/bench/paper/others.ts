/** Other recipes with models by their hub ids, as small as they can be: that they run, and how each ends. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';

export interface OtherRecipe {
  name: string;
  set: readonly string[];
  /** What the end says; a model of random weights writes no JSON, and the run has to say so. */
  ends: { code: number; says?: RegExp };
}

const qwen2 = 'Qwen/Qwen2-VL-2B-Instruct';
const small = 'Qwen/Qwen2.5-VL-3B-Instruct';
const large = 'Qwen/Qwen2.5-VL-7B-Instruct';
export const otherModels = [qwen2];

const data = ['data.seed=24', 'data.test=8', 'data.pool=6'];
const grpo = ['grpo.maxSteps=1', 'grpo.batchSize=4', 'grpo.numGenerations=4', 'grpo.maxCompletionLength=32'];
const common = ['device=cpu', 'threads=1', 'sft.maxSteps=2', 'sft.batchSize=4', 'evaluation.maxNewTokens=16', ...grpo];
const pixels = 'policy.maxPixels=401408';
const rewards = [
  'rewardModel.warmStartSteps=1',
  'rewardModel.steps=2',
  'rewardModel.retrainSteps=1',
  'filter.threshold=-6',
];
const writing = ['generation.imagesPerCycle=6', 'preferences.prompts=2', 'preferences.samples=2'];

/** VQA-RAD lies beside the checkout, or where MEDGR2_DATA says; without it its recipe is left out. */
const vqaRad = process.env['MEDGR2_DATA'] ?? join(packageRoot, '..', 'shared', 'data', 'vqa-rad');

export const otherRecipes: readonly OtherRecipe[] = [
  {
    name: 'medvlm-r1',
    set: [...common, ...data, `policy.base=${qwen2}`, pixels, 'policy.instruction=think'],
    ends: { code: 0 },
  },
  { name: 'med-r1-think', set: [...common, ...data, `policy.base=${small}`, pixels], ends: { code: 0 } },
  {
    name: 'on-premise',
    set: [
      ...common,
      ...data,
      ...rewards,
      ...writing,
      `policy.base=${small}`,
      'cycles=1',
      `generation.local.model=${large}`,
      'generation.maxOutputTokens=32',
    ],
    ends: { code: 1, says: /no-candidates/ },
  },
  ...(existsSync(join(vqaRad, 'trainset.json'))
    ? [
        {
          name: 'vqa-rad',
          set: [
            ...common,
            ...rewards,
            ...writing,
            `data=${vqaRad}`,
            'data.seedLimit=24',
            'data.testLimit=8',
            `policy.base=${small}`,
            pixels,
          ],
          ends: { code: 0 },
        },
      ]
    : []),
];
