/** Parts that nothing in a run asks: each is told by name before the run begins. */
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { rewardModelStages, stagesOf } from '../../../src/loop/comparison/recipe-stages.js';
import type { LoopParts } from '../../../src/loop/parts/loop-parts.js';
import { settleParts } from '../../../src/loop/parts/settle-parts.js';
import { unaskedParts } from '../../../src/loop/parts/unasked-parts.js';

const part = { version: '1' };
const parts: LoopParts = {
  strategies: [{ ...part, name: 'ask', prompt: () => ({ system: '', prompt: 'Ask' }) }],
  grader: { ...part, name: 'grade-it', grade: () => [] },
  rewards: [{ ...part, name: 'brief', weight: 1, score: (batch) => batch.map(() => 0) }],
};
const sink: LoopParts = { sinks: [{ ...part, name: 'log', event: () => {} }] };
const arms = (...stages: string[]): string =>
  `recipe: { kind: arms, arms: [{ name: one, stages: [${stages.map((stage) => `{ stage: ${stage} }`).join(', ')}] }] }`;

const lacking = async (yaml: string, given: LoopParts = { ...parts, ...sink }): Promise<string[]> => {
  const config = parseConfig(yaml, { file: 'mine.yaml' });
  return unaskedParts(await settleParts(config, given), stagesOf(config), 'this recipe').map(
    (line) => /"([^"]+)" here: this recipe has no stage/.exec(line)?.[1] ?? line,
  );
};

test.each<[string, string, string[]]>([
  ['the loop asks all', 'cycles: 1', []],
  ['models as they are', 'recipe: { kind: zero-shot, models: [phantom] }', ['ask', 'grade-it', 'brief']],
  ['SFT on the seed', arms('sft'), ['ask', 'grade-it', 'brief']],
  ['GRPO by rules', arms('grpo, rewards: med-r1'), ['ask', 'grade-it']],
  ['GRPO with R_φ', arms('grpo'), ['ask']],
  ['SFT on what was generated', arms('sft, data: { from: candidates }'), ['grade-it', 'brief']],
  ['a loop within an arm', arms('loop'), []],
  ['scores of more and more samples', 'recipe: { kind: data-scale, sizes: [4], grpo: false }', ['brief']],
])('%s', async (_, yaml, expected) => {
  expect(await lacking(yaml)).toEqual(expected);
});

test('a stage alone tells parts of the whole loop, and refuses none', async () => {
  const config = parseConfig('cycles: 1', { file: 'mine.yaml' });
  const stages = [{ ...part, name: 'look', after: 'sft' as const, run: () => {} }];
  const filters = [{ ...part, name: 'short', accept: () => true }];
  const settled = await settleParts(config, { ...parts, ...sink, stages, filters });
  const named = (names: ReturnType<typeof rewardModelStages>) =>
    unaskedParts(settled, new Set(names), '`train-reward` alone');
  expect(named(rewardModelStages(config))).toEqual([
    'nothing asks the prompt strategy "ask" here: `train-reward` alone has no stage generate',
    'nothing asks the reward "brief" here: `train-reward` alone has no stage grpo',
    'nothing asks the filter "short" here: `train-reward` alone has no stage filter',
    'nothing asks the stage "look" here: `train-reward` alone has no stage sft',
  ]);
});

test('a stage beside one that no arm has is refused', async () => {
  const stages = [{ ...part, name: 'look', after: 'filter' as const, run: () => {} }];
  await expect(lacking(arms('sft'), { stages })).rejects.toThrow('comes after filter, which this run has not');
  expect(await lacking(arms('loop'), { stages })).toEqual([]);
});
