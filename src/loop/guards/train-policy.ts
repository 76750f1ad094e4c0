/** SFT on D_gen, then GRPO against R_φ, each measured on the test questions, and on the gold set that decides which goes on. */
import { join } from 'node:path';
import type { Sample } from '../../sample.js';
import { stageKey } from '../folder/ledger.js';
import type { RunContext } from '../run-context.js';
import { runStage } from '../stage.js';
import type { EvaluateOutput } from '../stages/evaluate.js';
import { grpo } from '../stages/grpo.js';
import { sft } from '../stages/sft.js';
import { policyMeasures, type MeasuringState, type PoliciesDone } from './measured-policy.js';

export interface TrainedPolicy {
  /** Absolute folder. */
  path: string;
  evaluation: EvaluateOutput;
}

export interface PolicyState extends MeasuringState {
  /** Model that SFT starts from. */
  policy: { path: string; fingerprint: string };
}

export interface PolicyDone extends PoliciesDone {
  sft: TrainedPolicy;
  grpo: TrainedPolicy;
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
  const reinforced = await runStage(
    run,
    grpo(run, {
      cycle,
      model: sftPath,
      samples: dataset,
      rewardModel: rewardModel.path,
      from: [supervised.fingerprint, datasetFingerprint, rewardModel.fingerprint],
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
    sft: { path: sftPath, evaluation: afterSft },
    grpo: { path: grpoPath, evaluation: afterGrpo },
    ...(await measures.end()),
  };
}
