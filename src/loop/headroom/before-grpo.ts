/** Between SFT and GRPO: whether there is anything to gain, and what GRPO asks. */
import { headroomQuestions } from '../../config/sections/grpo.js';
import { headroomWords, type Headroom } from '../../evaluation/sampled/headroom-verdict.js';
import type { GradedRow } from '../../grading/index.js';
import type { Sample } from '../../sample.js';
import { outsideGold } from '../guards/gold.js';
import type { RunContext } from '../run-context.js';
import { runStage } from '../parts/run-stage.js';
import { grpoPrompts, type GrpoPrompts } from './grpo-prompts.js';
import { heldImages, trustedQuestions } from './held-images.js';
import { measureHeadroom } from './measure-headroom.js';
import type { Written } from './unlearned.js';

/** What a cycle knows beside D_gen. */
export interface Prompting {
  rewardModel: { path: string; fingerprint: string };
  graded: { heldOut: readonly GradedRow[]; fingerprint: string };
  /** Candidates so far that D_gen did not take. */
  unlearned: Written;
}

interface Learned {
  /** D_gen. */
  dataset: readonly Sample[];
  /** Absolute folder of the policy that learned it, and its fingerprint. */
  model: string;
  from: string;
}

/** Null where it is not asked for, or no question is left that SFT has not learned. */
export async function lookForHeadroom(
  run: RunContext,
  cycle: number,
  { graded, rewardModel }: Prompting,
  { dataset, model, from }: Learned,
): Promise<Headroom | null> {
  const questions = headroomQuestions(run.config.grpo);
  if (questions === 0) return null;
  const samples = trustedQuestions(run, graded.heldOut, dataset, questions);
  if (samples.length === 0) {
    const why = 'every held-out trusted question is one that SFT has learned (dataset.includeSeed without guards.gold)';
    run.emit({ type: 'warning', message: `headroom is not measured: ${why}` });
    return null;
  }
  const fingerprints = [from, rewardModel.fingerprint, graded.fingerprint];
  const stage = measureHeadroom(run, { cycle, model, samples, rewardModel: rewardModel.path, from: fingerprints });
  return (await runStage(run, stage)).output.headroom;
}

/** What was not measured is no reason to leave anything out. */
export function skipReason({ config, parts }: RunContext, headroom: Headroom | null): string | null {
  if (config.grpo.when === 'always' || headroom === null || headroom.verdict === 'room') return null;
  const rewards = parts.rewards.map(({ name }) => name);
  const stages = parts.stages.filter(({ before, after = before }) => after === 'grpo' || after === 'evaluate-grpo');
  const unasked = [...rewards, ...stages.map(({ name }) => name)];
  const without = unasked.length === 0 ? '' : `; of your parts, nothing asks ${unasked.join(', ')}`;
  return `GRPO is left out: ${headroomWords(headroom)}${without}`;
}

/** With the fingerprints of what they come from beside D_gen. */
export function promptsOf(
  run: RunContext,
  cycle: number,
  { graded, unlearned }: Prompting,
  dataset: readonly Sample[],
): { prompts: GrpoPrompts; from: readonly string[] } {
  const { config, data, gold } = run;
  const prompts = grpoPrompts(config, {
    cycle,
    learned: dataset,
    written: unlearned.samples,
    seed: outsideGold(gold, data.seed),
    pool: outsideGold(gold, data.pool),
    isHeld: heldImages(data, graded.heldOut),
  });
  if (config.grpo.prompts === 'accepted') return { prompts, from: [] };
  if (prompts.trusted === null && prompts.sources.accepted !== undefined)
    run.emit({
      type: 'warning',
      message: `cycle ${cycle}: there are no fresh questions: GRPO asks those that SFT has learned`,
    });
  return { prompts, from: [...unlearned.from, graded.fingerprint] };
}
