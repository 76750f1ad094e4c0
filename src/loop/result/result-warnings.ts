/** What a reader of a result must not overlook: a run can be complete and have come to nothing. Says so; changes nothing. */
import { formatNumber, percent } from '../../format.js';
import type { ArmResult } from '../comparison/comparison-result.js';
import { grpoCourses } from '../guards/grpo-course.js';
import { limits } from '../guards/policy-guards.js';
import { uselessJudge, type JudgeFigures } from '../judge/judge-figures.js';
import { usefulFrom } from '../guards/reward-model-guards.js';
import { guardSentences } from '../guards/watch.js';
import { stageKey } from '../folder/ledger.js';
import { emptyLog, type Alarm, type GuardLog } from '../guards/alarm.js';

/** Figures of a cycle, as the result has them. */
export interface JudgedCycle {
  cycle: number;
  candidates: number;
  accepted: number;
  accuracy: { sft: number; grpo: number };
  unparsed: { sft: number; grpo: number };
  rewardModel: { spearman: number | null };
  retrainedRewardModel: { spearman: number | null } | null;
  judge?: JudgeFigures | undefined;
}

/**
 * What guards found comes first; what they have said of a reward model or of GRPO is not said again.
 * @param deadGroups Of the GRPO stages, by stage: share of groups that taught nothing.
 */
export function loopWarnings(
  base: number | null,
  cycles: readonly JudgedCycle[],
  testQuestions: number,
  deadGroups: ReadonlyMap<string, number>,
  guardLog: GuardLog = emptyLog(),
): string[] {
  const told = (guard: Alarm['guard'], of: number): boolean =>
    guardLog.alarms.some((alarm) => alarm.guard === guard && alarm.cycle === of);
  const others = cycles.flatMap(
    ({ cycle, candidates, accepted, accuracy, unparsed, rewardModel, retrainedRewardModel, judge }) =>
      [
        ...(judge === undefined ? [] : [uselessJudge(judge)].filter((said) => said !== null)),
        ...(accepted === 0 ? [`none of ${candidates} candidates was accepted, so that nothing new was learned`] : []),
        // The one that scored was made, and told of, in the cycle before.
        ...(told('uselessRewardModel', cycle - 1) ? [] : usefulness('the reward model', rewardModel.spearman)),
        ...(retrainedRewardModel === null || told('uselessRewardModel', cycle)
          ? []
          : usefulness('the retrained reward model', retrainedRewardModel.spearman)),
        ...(['sft', 'grpo'] as const).flatMap((stage) => [
          ...measured(`after ${stage.toUpperCase()}`, accuracy[stage], base),
          ...unread(`after ${stage.toUpperCase()}`, unparsed[stage], testQuestions),
        ]),
        ...(told('collapse', cycle) ? [] : dead(deadGroups.get(stageKey(cycle, 'grpo')))),
      ].map((message) => `cycle ${cycle}: ${message}`),
  );
  return [...guardSentences(guardLog), ...others];
}

/** @param base The arm that the others are compared with; there need be none. */
export function comparisonWarnings(
  arms: readonly ArmResult[],
  base: string,
  deadGroups: ReadonlyMap<string, number>,
  guardLog: GuardLog = emptyLog(),
): string[] {
  const start = arms.find(({ name }) => name === base);
  const others = arms.flatMap((arm) =>
    [
      ...(arm === start ? [] : measured('', arm.accuracy, start?.accuracy ?? null)),
      ...unread('', arm.unparsed, arm.n),
      ...dead(deadGroups.get(stageKey(1, 'grpo', arm.name))),
    ].map((message) => `${arm.label}: ${message}`),
  );
  return [...guardSentences(guardLog), ...others];
}

const measured = (when: string, accuracy: number, base: number | null): string[] =>
  base === null || accuracy >= base
    ? []
    : [`accuracy ${when} is ${percent(accuracy)}, less than the base's ${percent(base)}`.replace('  ', ' ')];

const unread = (when: string, unparsed: number, of: number): string[] =>
  of === 0 || unparsed / of < limits.unread
    ? []
    : [`no answer was found in ${unparsed} of ${of} completions ${when}`.trimEnd()];

const usefulness = (what: string, spearman: number | null): string[] =>
  spearman !== null && spearman >= usefulFrom.spearman
    ? []
    : [
        `${what} does not order held-out texts by their grades (rank correlation ${spearman === null ? 'not defined' : formatNumber(spearman)}): ` +
          'its scores, the filter and the rewards mean little',
      ];

const dead = (share: number | undefined): string[] =>
  share === undefined || share < limits.deadGroups
    ? []
    : [`GRPO learned little or nothing: in ${percent(share)} of its groups all completions had the same reward`];

/** Mean share of dead groups over the steps of each GRPO stage, by the stage's name; a step that was done again counts once. */
export function deadGroupsOf(eventsFile: string): Map<string, number> {
  return new Map(
    [...grpoCourses(eventsFile)].flatMap(([key, { deadGroups }]) =>
      deadGroups === null ? [] : [[key, deadGroups] as const],
    ),
  );
}
