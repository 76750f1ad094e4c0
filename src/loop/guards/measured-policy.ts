/** Measures the policies of a cycle one after the other, and keeps which of them goes on and how they differ. */
import type { RunContext } from '../run-context.js';
import { comparePolicies, type ComparedPolicy, type PolicyComparison } from '../result/policy-comparisons.js';
import { runStage, type StageDone } from '../stage.js';
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
      const earlier = made.at(-1)?.stage ?? null;
      made.push({ ...policy, label, measured: stage.dir, stage });
      spoilt = (await watchMeasured(run, { cycle, name, stage, earlier })) || spoilt;
      return stage.output;
    },
    end: async () => {
      const last = made.at(-1);
      if (last === undefined) return { promoted: before, measured: state.measured, comparisons: [], spoilt };
      const { promotion } = last.stage.output;
      tellPromotion(run, promotion);
      const named = ({ label, stage }: (typeof made)[number]): ComparedPolicy => ({ name: label, dir: stage.dir });
      const pairs = [
        ...made.slice(1).map((policy, index) => [named(made[index] as typeof policy), named(policy)] as const),
        ...(state.measured === null ? [] : [[state.measured, named(last)] as const]),
      ];
      const comparisons: PolicyComparison[] = [];
      for (const [first, second] of pairs) {
        const found = await comparePolicies(run, first, second);
        if (found !== null) comparisons.push(found);
      }
      const promoted = [before, ...made].find(({ name }) => name === promotion?.promoted) ?? last;
      const { name, path, fingerprint, measured } = promoted;
      return { promoted: { name, path, fingerprint, measured }, measured: named(last), comparisons, spoilt };
    },
  };
}
