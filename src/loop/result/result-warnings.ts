/** What a reader of a result must not overlook: a run can be complete and have come to nothing. Says so; changes nothing. */
import { z } from 'zod';
import type { ArmResult } from '../comparison/comparison-result.js';
import { linesOf } from '../folder/json-lines.js';
import { stageKey } from '../folder/ledger.js';

/** Shares from which it is said. */
const unreadFrom = 0.1;
const deadFrom = 0.9;
/** Rank correlation below which a reward model orders texts hardly better than chance. */
const usefulFrom = 0.1;

/** Figures of a cycle, as the result has them. */
export interface JudgedCycle {
  cycle: number;
  candidates: number;
  accepted: number;
  accuracy: { sft: number; grpo: number };
  unparsed: { sft: number; grpo: number };
  rewardModel: { spearman: number | null };
  retrainedRewardModel: { spearman: number | null } | null;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** @param deadGroups Of the GRPO stages, by stage: share of groups that taught nothing. */
export function loopWarnings(
  base: number | null,
  cycles: readonly JudgedCycle[],
  testQuestions: number,
  deadGroups: ReadonlyMap<string, number>,
): string[] {
  return cycles.flatMap(({ cycle, candidates, accepted, accuracy, unparsed, rewardModel, retrainedRewardModel }) =>
    [
      ...(accepted === 0 ? [`none of ${candidates} candidates was accepted, so that nothing new was learned`] : []),
      ...usefulness('the reward model', rewardModel.spearman),
      ...(retrainedRewardModel === null ? [] : usefulness('the retrained reward model', retrainedRewardModel.spearman)),
      ...(['sft', 'grpo'] as const).flatMap((stage) => [
        ...measured(`after ${stage.toUpperCase()}`, accuracy[stage], base),
        ...unread(`after ${stage.toUpperCase()}`, unparsed[stage], testQuestions),
      ]),
      ...dead(deadGroups.get(stageKey(cycle, 'grpo'))),
    ].map((message) => `cycle ${cycle}: ${message}`),
  );
}

/** @param base The arm that the others are compared with; there need be none. */
export function comparisonWarnings(
  arms: readonly ArmResult[],
  base: string,
  deadGroups: ReadonlyMap<string, number>,
): string[] {
  const start = arms.find(({ name }) => name === base);
  return arms.flatMap((arm) =>
    [
      ...(arm === start ? [] : measured('', arm.accuracy, start?.accuracy ?? null)),
      ...unread('', arm.unparsed, arm.n),
      ...dead(deadGroups.get(stageKey(1, 'grpo', arm.name))),
    ].map((message) => `${arm.label}: ${message}`),
  );
}

const measured = (when: string, accuracy: number, base: number | null): string[] =>
  base === null || accuracy >= base
    ? []
    : [`accuracy ${when} is ${percent(accuracy)}, less than the base's ${percent(base)}`.replace('  ', ' ')];

const unread = (when: string, unparsed: number, of: number): string[] =>
  of === 0 || unparsed / of < unreadFrom
    ? []
    : [`no answer was found in ${unparsed} of ${of} completions ${when}`.trimEnd()];

const usefulness = (what: string, spearman: number | null): string[] =>
  spearman !== null && spearman >= usefulFrom
    ? []
    : [
        `${what} does not order held-out texts by their grades (rank correlation ${spearman?.toFixed(3) ?? 'not defined'}): ` +
          'its scores, the filter and the rewards mean little',
      ];

const dead = (share: number | undefined): string[] =>
  share === undefined || share < deadFrom
    ? []
    : [`GRPO learned little or nothing: in ${percent(share)} of its groups all completions had the same reward`];

const stepSchema = z.object({
  type: z.literal('job'),
  cycle: z.int(),
  stage: z.literal('grpo'),
  arm: z.string().optional(),
  event: z.object({ type: z.literal('train-step'), step: z.int(), grpo: z.object({ deadGroups: z.number() }) }),
});

/** Mean share of dead groups over the steps of each GRPO stage, by the stage's name; a step that was done again counts once. */
export function deadGroupsOf(eventsFile: string): Map<string, number> {
  const steps = new Map<string, Map<number, number>>();
  for (const line of linesOf(eventsFile)) {
    if (line?.includes('"deadGroups":') !== true) continue;
    const parsed = stepSchema.safeParse(valueOf(line));
    if (!parsed.success) continue;
    const { cycle, stage, arm, event } = parsed.data;
    const key = stageKey(cycle, stage, arm);
    steps.set(key, (steps.get(key) ?? new Map<number, number>()).set(event.step, event.grpo.deadGroups));
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return new Map([...steps].map(([key, shares]) => [key, mean([...shares.values()])]));
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
