/** What people come for, by events alone: the base, the policy now, how much better it is, how sure that is, and whose share it was. */
import type { PolicyComparison } from '../../loop/result/policy-comparison.js';
import { stageOf, type ScreenState } from './screen-state.js';

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
  paired: PolicyComparison | null;
  /** SFT's and GRPO's part of the way, in the cycle of `now`; null where there is none. */
  sft: number | null;
  grpo: number | null;
}

/** Null before the base was measured. */
export function headlineOf(state: ScreenState): Headline | null {
  const base = accuracyOf(state, 0, 'evaluate-base');
  if (base === null) return null;
  const questions = stageOf(state, 0, 'evaluate-base').metrics['questions'];
  const policies = trainedPolicies(state);
  const newest = policies.at(-1);
  const standing = state.promoted !== null && state.promoted.cycle === newest?.cycle ? state.promoted.name : null;
  const now = standing === null ? newest : policies.findLast(({ stage }) => stage === standing);
  const common = {
    base: { name: 'base', accuracy: base },
    questions: typeof questions === 'number' ? questions : null,
  };
  if (now === undefined) return { ...common, now: null, paired: null, sft: null, grpo: null };
  const sft = accuracyOf(state, now.cycle, 'evaluate-sft');
  return {
    ...common,
    now: { name: now.name, accuracy: now.accuracy },
    paired: state.comparisons.findLast(({ first, second }) => first === 'base' && second === now.name) ?? null,
    sft: sft === null ? null : sft - base,
    grpo: now.method === 'GRPO' && sft !== null ? now.accuracy - sft : null,
  };
}

interface Trained extends Measured {
  cycle: number;
  method: 'SFT' | 'GRPO';
  /** Its stage, as promotions name it. */
  stage: string;
}

/** Those that were measured, in order. */
export function trainedPolicies(state: ScreenState): Trained[] {
  const found: Trained[] = [];
  for (let cycle = 1; cycle <= state.cycles; cycle++)
    for (const method of ['SFT', 'GRPO'] as const) {
      const name = method === 'SFT' ? 'sft' : 'grpo';
      const accuracy = accuracyOf(state, cycle, `evaluate-${name}`);
      if (accuracy !== null)
        found.push({ cycle, method, accuracy, name: `cycle ${cycle} ${method}`, stage: `cycle-${cycle}/${name}` });
    }
  return found;
}

function accuracyOf(
  state: ScreenState,
  cycle: number,
  stage: 'evaluate-base' | 'evaluate-sft' | 'evaluate-grpo',
): number | null {
  const { accuracy } = stageOf(state, cycle, stage).metrics;
  return typeof accuracy === 'number' ? accuracy : null;
}

/** `+35.4`; a true minus. */
export const signedPoints = (share: number): string => {
  const points = Math.round(Math.abs(share) * 1000) / 10;
  return `${share < 0 && points > 0 ? '−' : '+'}${points.toFixed(1)}`;
};

/** `+35.4 points (+30.1 to +40.7)`. */
export function changeText({ base, now, paired }: Headline): string {
  if (now === null) return '';
  const interval = paired?.interval ?? null;
  const within = interval === null ? '' : ` (${signedPoints(interval.low)} to ${signedPoints(interval.high)})`;
  return `${signedPoints(now.accuracy - base.accuracy)} points${within}`;
}
