/** What people come for: the base, the policy now, how much better it is, how sure that is, and whose share it was. Pure. */
import { percent, percentPair, signedPoints } from '../../format.js';
import type { PolicyComparison } from './policy-comparison.js';
import type { RunResult } from './run-result.js';

export interface Measured {
  /** `base`, `cycle 1 SFT`, `cycle 1 GRPO`: as result.json names policies. */
  name: string;
  accuracy: number;
}

export interface Headline {
  base: Measured;
  /** The policy that goes on, or the newest where that is not decided yet; null before one was trained and measured. */
  now: Measured | null;
  /** Test questions; null in runs that did not tell. */
  questions: number | null;
  /** From the base to `now`; null where it was not compared. */
  paired: Pick<PolicyComparison, 'interval'> | null;
  /** SFT's and GRPO's part of the way, in the cycle of `now`; null where there is none. */
  sft: number | null;
  grpo: number | null;
}

/** A policy that was trained and measured. */
export interface TrainedPolicy extends Measured {
  cycle: number;
  method: 'SFT' | 'GRPO';
  /** Its stage, as promotions name it. */
  stage: string;
}

export const trainedPolicy = (cycle: number, method: TrainedPolicy['method'], accuracy: number): TrainedPolicy => ({
  cycle,
  method,
  accuracy,
  name: `cycle ${cycle} ${method}`,
  stage: `cycle-${cycle}/${method.toLowerCase()}`,
});

/** @param policies In the order they were made. @param promoted Stage of the policy that goes on; null where that is not decided. */
export function headlineFrom({
  base,
  questions,
  policies,
  promoted,
  comparisons,
}: {
  base: number;
  questions: number | null;
  policies: readonly TrainedPolicy[];
  promoted: string | null;
  comparisons: readonly PolicyComparison[];
}): Headline {
  const common = { base: { name: 'base', accuracy: base }, questions };
  const now =
    policies.findLast(({ stage }) => stage === promoted) ?? (promoted === 'base' ? undefined : policies.at(-1));
  if (now === undefined)
    return { ...common, now: promoted === 'base' ? common.base : null, paired: null, sft: null, grpo: null };
  const sft = policies.find(({ cycle, method }) => cycle === now.cycle && method === 'SFT')?.accuracy ?? null;
  return {
    ...common,
    now: { name: now.name, accuracy: now.accuracy },
    paired: comparisons.findLast(({ first, second }) => first === 'base' && second === now.name) ?? null,
    sft: sft === null ? null : sft - base,
    grpo: now.method === 'GRPO' && sft !== null ? now.accuracy - sft : null,
  };
}

/** Of a result, whole or in part; null before the base was measured. */
export function headlineOfResult(result: RunResult): Headline | null {
  if (result.baseAccuracy === null) return null;
  const last = result.cycles.at(-1);
  return headlineFrom({
    base: result.baseAccuracy,
    questions: result.testQuestions,
    policies: result.cycles.flatMap(({ cycle, accuracy, grpoSkipped }) => [
      trainedPolicy(cycle, 'SFT', accuracy.sft),
      ...(grpoSkipped === null ? [trainedPolicy(cycle, 'GRPO', accuracy.grpo)] : []),
    ]),
    promoted: last === undefined || last.promotedPolicy === '' ? null : last.promotedPolicy,
    comparisons: result.comparisons,
  });
}

/** `+35.4 points (+30.1 to +40.7)`: the interval is of 95 %. */
export function changeText({ base, now, paired }: Headline): string {
  if (now === null) return '';
  const interval = paired?.interval ?? null;
  const within = interval === null ? '' : ` (${signedPoints(interval.low)} to ${signedPoints(interval.high)})`;
  return `${signedPoints(now.accuracy - base.accuracy)} points${within}`;
}

/** `SFT +34.9, GRPO +0.5`; empty where neither has a part. */
export const sharesText = ({ sft, grpo }: Headline): string =>
  [
    ...(sft === null ? [] : [`SFT ${signedPoints(sft)}`]),
    ...(grpo === null ? [] : [`GRPO ${signedPoints(grpo)}`]),
  ].join(', ');

/** `54.0 → 89.4 %, +35.4 points (+30.1 to +40.7) on 480 questions; SFT +34.9, GRPO +0.5 (cycle 3 GRPO)`. */
export function headlineText(headline: Headline): string {
  const { base, now, questions } = headline;
  const on = questions === null ? '' : ` on ${questions} questions`;
  if (now === null) return `base ${percent(base.accuracy)}${on}; no policy was trained yet`;
  const shares = sharesText(headline);
  return `${percentPair(base.accuracy, now.accuracy, ' → ')}, ${changeText(headline)}${on}${shares === '' ? '' : `; ${shares}`} (${now.name})`;
}
