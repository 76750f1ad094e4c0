/** SFT on D_gen, a look at what there is to gain, then GRPO against R_φ; the policy is measured after each. */
import { join } from 'node:path';
import { headroomQuestions } from '../../config/sections/grpo.js';
import { headroomWords, type Headroom } from '../../evaluation/sampled/headroom-verdict.js';
import type { Sample } from '../../sample.js';
import type { GradedRow } from '../../grading/index.js';
import type { RunContext } from '../run-context.js';
import { runStage, type StageDone } from '../stage.js';
import { evaluate, type EvaluateOutput } from '../stages/evaluate.js';
import { grpo } from '../stages/grpo.js';
import { sft } from '../stages/sft.js';
import type { TrainOutput } from '../stages/train-by-sft.js';
import { grpoPrompts } from './grpo-prompts.js';
import { measureHeadroom } from './measure-headroom.js';
import type { Written } from './unlearned.js';
import { heldImages, trustedQuestions } from './held-out.js';

export interface TrainedPolicy {
  /** Absolute folder. */
  path: string;
  evaluation: EvaluateOutput;
}

export interface PolicyDone {
  sft: TrainedPolicy;
  grpo: TrainedPolicy & { fingerprint: string };
  headroom: Headroom | null;
  grpoSkipped: string | null;
}

/** What a cycle's training reads beside D_gen. */
export interface PolicyState {
  /** Absolute folders of R_φ and of the model that SFT starts from. */
  rewardModel: { path: string; fingerprint: string };
  policy: { path: string; fingerprint: string };
  graded: { heldOut: readonly GradedRow[]; fingerprint: string };
  /** Candidates so far that D_gen did not take. */
  unlearned: Written;
}

/** D_gen, and the fingerprint of the stage that made it. */
interface Learned {
  dataset: Sample[];
  from: string;
}

export async function trainPolicy(
  run: RunContext,
  cycle: number,
  state: PolicyState,
  { dataset, from: datasetFingerprint }: Learned,
): Promise<PolicyDone> {
  const { policy: start } = state;
  const from = [datasetFingerprint, start.fingerprint];
  const supervised = await runStage(run, sft(run, { cycle, model: start.path, samples: dataset, from }));
  const model = join(supervised.dir, supervised.output.checkpoint);
  const evaluated = await runStage(
    run,
    evaluate(run, { cycle, name: 'evaluate-sft', model, from: [supervised.fingerprint] }),
  );
  const learned: TrainedPolicy = { path: model, evaluation: evaluated.output };
  const headroom = await look(run, cycle, state, { dataset, model, from: supervised.fingerprint });
  const skipped = skipReason(run, headroom);
  if (skipped !== null) {
    run.emit({ type: 'warning', message: `cycle ${cycle}: ${skipped}` });
    const grpoDone = { ...learned, fingerprint: supervised.fingerprint };
    return { sft: learned, grpo: grpoDone, headroom, grpoSkipped: skipped };
  }
  const reinforced = await reinforce(run, cycle, state, { dataset, model, from: datasetFingerprint }, supervised);
  const path = join(reinforced.dir, reinforced.output.checkpoint);
  const last = await runStage(
    run,
    evaluate(run, { cycle, name: 'evaluate-grpo', model: path, from: [reinforced.fingerprint] }),
  );
  const grpoDone = { path, evaluation: last.output, fingerprint: reinforced.fingerprint };
  return { sft: learned, grpo: grpoDone, headroom, grpoSkipped: null };
}

interface Trained extends Learned {
  /** Absolute folder of the policy after SFT. */
  model: string;
}

async function look(run: RunContext, cycle: number, state: PolicyState, trained: Trained): Promise<Headroom | null> {
  const questions = headroomQuestions(run.config.grpo);
  if (questions === 0) return null;
  const samples = trustedQuestions(run, state.graded.heldOut, trained.dataset, questions);
  if (samples.length === 0) {
    run.emit({
      type: 'warning',
      message:
        'headroom is not measured: every held-out trusted question is one that SFT has learned (dataset.includeSeed)',
    });
    return null;
  }
  const { rewardModel } = state;
  const from = [trained.from, rewardModel.fingerprint, state.graded.fingerprint];
  const { model } = trained;
  const stage = measureHeadroom(run, { cycle, model, samples, rewardModel: rewardModel.path, from });
  return (await runStage(run, stage)).output.headroom;
}

/** What was not measured is no reason to leave anything out. */
const skipReason = ({ config }: RunContext, headroom: Headroom | null): string | null =>
  config.grpo.when === 'always' || headroom === null || headroom.verdict === 'room'
    ? null
    : `GRPO is left out: ${headroomWords(headroom)}`;

function reinforce(
  run: RunContext,
  cycle: number,
  state: PolicyState,
  { dataset, model, from }: Trained,
  supervised: StageDone<TrainOutput>,
) {
  const { rewardModel, unlearned, graded } = state;
  const { config, data } = run;
  const prompts = grpoPrompts(config, {
    cycle,
    learned: dataset,
    written: unlearned.samples,
    seed: data.seed,
    pool: data.pool,
    isHeld: heldImages(data, graded.heldOut),
  });
  const fresh = config.grpo.prompts === 'accepted' ? [] : [...unlearned.from, graded.fingerprint];
  if (config.grpo.prompts !== 'accepted' && prompts.trusted === null && prompts.sources.accepted !== undefined)
    run.emit({
      type: 'warning',
      message: `cycle ${cycle}: there are no fresh questions: GRPO asks those that SFT has learned`,
    });
  return runStage(
    run,
    grpo(run, {
      cycle,
      model,
      prompts,
      rewardModel: rewardModel.path,
      from: [supervised.fingerprint, from, rewardModel.fingerprint, ...fresh],
    }),
  );
}
