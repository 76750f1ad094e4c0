/** Which model goes on: a worse one is refused, a doubtful one is not, and what was not measured stops nothing. */
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/evaluation/transitions.js';
import { promotePolicy, promoteRewardModel, type Contender } from '../../../src/loop/guards/promotion.js';
import { emptyLog, promotionText, type Promotion } from '../../../src/loop/guards/alarm.js';
import { tellPromotion } from '../../../src/loop/guards/watch.js';

const questions = 120;
/** Right on the first questions. */
const policy = (name: string, right: number | null): Contender => ({
  name,
  answers:
    right === null
      ? null
      : Array.from({ length: questions }, (_, n): Outcome => ({
          id: `q${n}`,
          correct: n < right,
          modality: 'CT',
          questionType: 'disease diagnosis',
        })),
});
const promote = (before: number | null, sft: number | null, grpo: number | null) =>
  promotePolicy({
    cycle: 2,
    before: policy('cycle-1/grpo', before),
    made: [policy('cycle-2/sft', sft), policy('cycle-2/grpo', grpo)],
    clusterOf: (id) => id,
  });

describe('a policy', () => {
  test.each([
    ['better than both', 60, 80, 90, 'cycle-2/grpo', []],
    ['as good', 80, 80, 80, 'cycle-2/grpo', []],
    ['a question or two worse, which is chance', 80, 80, 78, 'cycle-2/grpo', []],
    ['spoilt by GRPO', 60, 80, 50, 'cycle-2/sft', ['cycle-2/grpo']],
    ['worse than a cycle before', 90, 50, 60, 'cycle-1/grpo', ['cycle-2/grpo']],
    ['spoilt by GRPO, and SFT no better than before', 90, 60, 30, 'cycle-1/grpo', ['cycle-2/grpo', 'cycle-2/sft']],
  ])('%s', (_, before, sft, grpo, promoted, refused) => {
    const found = promote(before, sft, grpo);
    expect(found).toMatchObject({ cycle: 2, what: 'policy', promoted, refused });
    expect(found.reasons).toHaveLength(2);
  });
  test('that was not measured takes the place of any', () => {
    expect(promote(null, null, null)).toMatchObject({ promoted: 'cycle-2/grpo', refused: [], reasons: [] });
    expect(promote(null, 80, 40)).toMatchObject({ promoted: 'cycle-2/sft', refused: ['cycle-2/grpo'] });
  });
  test('that is refused is told of in a sentence', () => {
    expect(promotionText(promote(60, 80, 50))).toBe(
      'cycle 2 GRPO was not let through, cycle 2 SFT goes on as the policy: cycle 2 GRPO against cycle 2 SFT: −25.0 points ' +
        '(95 %: −33.3 to −16.6, p < 0.001) on 120 gold questions; cycle 2 SFT against cycle 1 GRPO: +16.7 points ' +
        '(95 %: +9.9 to +24.1, p < 0.001) on 120 gold questions',
    );
  });
  test('made of one question an image is judged as by its images', () => {
    const one = promotePolicy({
      cycle: 1,
      before: policy('base', 80),
      made: [policy('cycle-1/sft', 72)],
      clusterOf: () => 'the only patient',
    });
    expect(one).toMatchObject({ promoted: 'cycle-1/sft', refused: [] });
  });
});

describe('a reward model', () => {
  const contest = (difference: number | null, low: number, high: number) =>
    promoteRewardModel({
      cycle: 1,
      before: 'reward-model-0',
      after: 'reward-model-1',
      difference: { difference, interval: difference === null ? null : { low, high } },
    });
  test('is refused only where its whole interval is worse', () => {
    expect(contest(-0.2, -0.3, -0.1)).toMatchObject({ promoted: 'reward-model-0', refused: ['reward-model-1'] });
    // Surely worse, and by next to nothing.
    expect(contest(-0.007, -0.012, -0.002)).toMatchObject({ promoted: 'reward-model-1', refused: [] });
    expect(contest(-0.1, -0.3, 0.1)).toMatchObject({ promoted: 'reward-model-1', refused: [] });
    expect(contest(0.1, 0.05, 0.2)).toMatchObject({ promoted: 'reward-model-1', refused: [] });
    expect(contest(null, 0, 0)).toMatchObject({ promoted: 'reward-model-1', refused: [] });
  });
});

test('two reward models that are refused in one cycle in favour of the same are both told, each once', () => {
  const run = { guardLog: emptyLog(), emit: () => {}, arm: null } as unknown as Parameters<typeof tellPromotion>[0];
  const refuse = (name: string): Promotion => ({
    cycle: 2,
    what: 'reward-model',
    promoted: 'reward-model-1',
    refused: [name],
    reasons: ['worse'],
  });
  for (const name of ['reward-model-2-verdicts', 'reward-model-2', 'reward-model-2']) tellPromotion(run, refuse(name));
  expect(run.guardLog.promotions.map(({ refused }) => refused[0])).toEqual([
    'reward-model-2-verdicts',
    'reward-model-2',
  ]);
});
