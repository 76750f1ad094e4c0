/**
 * SFT on D_gen, a look at what there is to gain, then GRPO against R_φ; each policy is measured on the test questions, and on the
 * gold set that decides which goes on.
 */
import { join } from 'node:path';
import type { Sample } from '../../sample.js';
import type { Headroom } from '../../evaluation/sampled/headroom-verdict.js';
import { lookForHeadroom, promptsOf, skipReason, type Prompting } from '../headroom/before-grpo.js';
import { stageKey } from '../folder/ledger.js';
import type { RunContext } from '../run-context.js';
import { runStage } from '../parts/run-stage.js';
import type { EvaluateOutput } from '../stages/evaluate.js';
import { grpo } from '../stages/grpo.js';
import { sft } from '../stages/sft.js';
import { policyMeasures, type MeasuringState, type PoliciesDone } from './measured-policy.js';

export interface TrainedPolicy {
  /** Absolute folder. */
  path: string;
  evaluation: EvaluateOutput;
}

export interface PolicyState extends MeasuringState, Prompting {
  /** Model that SFT starts from. */
  policy: { path: string; fingerprint: string };
}

export interface PolicyDone extends PoliciesDone {
  sft: TrainedPolicy;
  /** Where GRPO was left out: the policy as SFT left it. */
  grpo: TrainedPolicy;
  headroom: Headroom | null;
  grpoSkipped: string | null;
}

export async function trainPolicy(
  run: RunContext,
  cycle: number,
  state: PolicyState,
  { dataset, from: datasetFingerprint }: { dataset: Sample[]; from: string },
): Promise<PolicyDone> {
  const { policy: start, rewardModel } = state;
  const measures = policyMeasures(run, cycle, state);
  const from = [datasetFingerprint, start.fingerprint];
  const supervised = await runStage(run, sft(run, { cycle, model: start.path, samples: dataset, from }));
  const sftPath = join(supervised.dir, supervised.output.checkpoint);
  const afterSft = await measures.measure('evaluate-sft', {
    name: stageKey(cycle, 'sft'),
    label: `cycle ${cycle} SFT`,
    path: sftPath,
    fingerprint: supervised.fingerprint,
  });
  const learned = { path: sftPath, evaluation: afterSft };
  const headroom = await lookForHeadroom(run, cycle, state, { dataset, model: sftPath, from: supervised.fingerprint });
  const grpoSkipped = skipReason(run, headroom);
  if (grpoSkipped !== null) {
    run.emit({ type: 'warning', message: `cycle ${cycle}: ${grpoSkipped}` });
    return { sft: learned, grpo: learned, headroom, grpoSkipped, ...(await measures.end()) };
  }
  const { prompts, from: more } = promptsOf(run, cycle, state, dataset);
  const reinforced = await runStage(
    run,
    grpo(run, {
      cycle,
      model: sftPath,
      prompts,
      rewardModel: rewardModel.path,
      from: [supervised.fingerprint, datasetFingerprint, rewardModel.fingerprint, ...more],
    }),
  );
  const grpoPath = join(reinforced.dir, reinforced.output.checkpoint);
  const afterGrpo = await measures.measure('evaluate-grpo', {
    name: stageKey(cycle, 'grpo'),
    label: `cycle ${cycle} GRPO`,
    path: grpoPath,
    fingerprint: reinforced.fingerprint,
  });
  return {
    sft: learned,
    grpo: { path: grpoPath, evaluation: afterGrpo },
    headroom,
    grpoSkipped,
    ...(await measures.end()),
  };
}
