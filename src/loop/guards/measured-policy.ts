/** Measures the policies of a cycle one after the other, and keeps which of them goes on and how they differ. */
import type { RunContext } from '../run-context.js';
import type { PolicyComparison } from '../result/policy-comparison.js';
import { comparePolicies, type ComparedPolicy } from '../result/compare-policies.js';
import { runStage } from '../parts/run-stage.js';
import type { StageDone } from '../stage.js';
import { evaluate, type EvaluateOutput, type Evaluating } from '../stages/evaluate.js';
import { tellPromotion } from './watch.js';
import { watchMeasured } from './watch-cycle.js';

export interface PromotedPolicy {
  /** Stage that made it, or `base`. */
  name: string;
  /** Absolute folder, Hugging Face id or `phantom`. */
  path: string;
  fingerprint: string;
  /** Folder of the stage in which it answered the gold set; null where it did not. */
  measured: string | null;
}

/** What a cycle's policies are measured with and against. */
export interface MeasuringState {
  rewardModel: { path: string; fingerprint: string };
  promoted: PromotedPolicy;
  /** The policy before any training, and the newest one of the cycles before; null where they were not measured. */
  base: ComparedPolicy | null;
  measured: ComparedPolicy | null;
}

export interface MadePolicy {
  /** Its stage: `cycle-1/sft`; and as tables name it: `cycle 1 SFT`. */
  name: string;
  label: string;
  path: string;
  fingerprint: string;
}

export interface PolicyMeasures {
  measure(
    stage: Extract<Evaluating['name'], 'evaluate-sft' | 'evaluate-grpo'>,
    policy: MadePolicy,
  ): Promise<EvaluateOutput>;
  /** Once all are measured. */
  end(): Promise<PoliciesDone>;
}

export interface PoliciesDone {
  promoted: PromotedPolicy;
  /** The last one that was made. */
  measured: ComparedPolicy | null;
  comparisons: PolicyComparison[];
  /** Whether an alarm asks for the cycle to be rolled back. */
  spoilt: boolean;
}

export function policyMeasures(run: RunContext, cycle: number, state: MeasuringState): PolicyMeasures {
  const { rewardModel, promoted: before } = state;
  const made: (PromotedPolicy & { label: string; stage: StageDone<EvaluateOutput> })[] = [];
  const comparisons: PolicyComparison[] = [];
  const compare = async (first: ComparedPolicy | null, second: ComparedPolicy): Promise<void> => {
    const found = first === null ? null : await comparePolicies(run, first, second);
    if (found === null) return;
    comparisons.push(found);
    run.emit({ type: 'comparison', ...(run.arm === null ? {} : { arm: run.arm }), cycle, ...found });
  };
  let spoilt = false;
  return {
    measure: async (name, { label, ...policy }) => {
      const gold = run.gold !== null;
      const stage = await runStage(
        run,
        evaluate(run, {
          cycle,
          name,
          model: policy.path,
          // What the answers to the gold set are judged by, and stand against, is part of what comes of it.
          from: [policy.fingerprint, ...(gold ? [rewardModel.fingerprint, before.fingerprint] : [])],
          ...(gold ? { rewardModel: rewardModel.path, against: { before, made: [...made], name: policy.name } } : {}),
        }),
      );
      const earlier = made.at(-1);
      made.push({ ...policy, label, measured: stage.dir, stage });
      const now = { name: label, dir: stage.dir };
      if (earlier !== undefined) await compare({ name: earlier.label, dir: earlier.stage.dir }, now);
      await compare(state.base, now);
      spoilt = (await watchMeasured(run, { cycle, name, stage, earlier: earlier?.stage ?? null })) || spoilt;
      return stage.output;
    },
    end: async () => {
      const last = made.at(-1);
      if (last === undefined) return { promoted: before, measured: state.measured, comparisons: [], spoilt };
      const { promotion } = last.stage.output;
      tellPromotion(run, promotion);
      const newest = { name: last.label, dir: last.stage.dir };
      if (state.measured?.dir !== state.base?.dir) await compare(state.measured, newest);
      const promoted = [before, ...made].find(({ name }) => name === promotion?.promoted) ?? last;
      const { name, path, fingerprint, measured } = promoted;
      return { promoted: { name, path, fingerprint, measured }, measured: newest, comparisons, spoilt };
    },
  };
}
