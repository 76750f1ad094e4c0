/** The run's headline by events alone. */
import { headlineFrom, trainedPolicy, type Headline, type TrainedPolicy } from '../../loop/result/headline.js';
import { stageOf, type ScreenState } from './screen-state.js';

/** Null before the base was measured. */
export function headlineOf(state: ScreenState): Headline | null {
  const base = accuracyOf(state, 0, 'evaluate-base');
  if (base === null) return null;
  const { questions } = stageOf(state, 0, 'evaluate-base').metrics;
  const policies = trainedPolicies(state);
  const { promoted, comparisons } = state;
  return headlineFrom({
    base,
    questions: typeof questions === 'number' ? questions : null,
    policies,
    // What was let through in an earlier cycle is not what this one came to.
    promoted: promoted?.cycle === policies.at(-1)?.cycle ? (promoted?.name ?? null) : null,
    comparisons,
  });
}

/** Those that were measured, in order. */
function trainedPolicies(state: ScreenState): TrainedPolicy[] {
  const cycles = Array.from({ length: state.cycles }, (_, index) => index + 1);
  return cycles.flatMap((cycle) =>
    (['SFT', 'GRPO'] as const).flatMap((method) => {
      const accuracy = accuracyOf(state, cycle, method === 'SFT' ? 'evaluate-sft' : 'evaluate-grpo');
      return accuracy === null ? [] : [trainedPolicy(cycle, method, accuracy)];
    }),
  );
}

function accuracyOf(
  state: ScreenState,
  cycle: number,
  stage: 'evaluate-base' | 'evaluate-sft' | 'evaluate-grpo',
): number | null {
  const { accuracy } = stageOf(state, cycle, stage).metrics;
  return typeof accuracy === 'number' ? accuracy : null;
}
