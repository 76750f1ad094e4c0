/** Device seconds of each stage that runs a model. Pure. */
import type { Config } from '../../config/schema.js';
import type { VlmShape } from './model-size.js';
import {
  completionSeconds,
  forwardOperations,
  passes,
  secondsOf,
  type Machine,
  type Sequence,
} from './compute-time.js';
import type { StageLoad } from './workload.js';

export interface Models {
  policy: VlmShape;
  rewardModel: VlmShape;
}

export interface Lengths {
  /** Tokens of a prompt with its image, and of the image alone. */
  prompt: Sequence;
  /** Tokens of a response. */
  response: number;
}

/** Null for a stage that runs no model here, or the generator (generator-cost.ts). */
export function stageSeconds(
  config: Config,
  { stage, items, steps }: StageLoad,
  { policy, rewardModel }: Models,
  lengths: Lengths,
  machine: Machine,
): number | null {
  const whole = longer(lengths.prompt, lengths.response);
  const { sft, grpo, evaluation, preferences } = config;
  const lora = config.policy.lora !== undefined;
  switch (stage) {
    case 'prepare-data':
    case 'grade':
    case 'generate':
    case 'verify':
    case 'filter':
    case 'generator-update':
    case 'generator-warm-start':
    case 'generator-sft':
    // How much experts will say is not known.
    case 'verdicts':
    case 'verdict-reward-model':
    case 'verdict-reward-report':
      return null;
    case 'evaluate':
    case 'evaluate-base':
    case 'evaluate-sft':
    case 'evaluate-grpo':
      return inBatches(items, evaluation.batchSize, (sequences) =>
        completionSeconds(policy, lengths.prompt, { sequences, newTokens: evaluation.maxNewTokens }, machine),
      );
    case 'headroom': {
      // A greedy answer and samples of each question, all of which R_φ reads.
      const completions = items * (1 + grpo.headroom.samples);
      const written = inBatches(completions, evaluation.batchSize, (sequences) =>
        completionSeconds(policy, lengths.prompt, { sequences, newTokens: evaluation.maxNewTokens }, machine),
      );
      return written + secondsOf(items * grpo.headroom.samples * forwardOperations(rewardModel, whole), machine);
    }
    case 'preferences':
      return inBatches(items, evaluation.batchSize * preferences.samples, (sequences) =>
        completionSeconds(policy, lengths.prompt, { sequences, newTokens: grpo.maxCompletionLength }, machine),
      );
    case 'score':
    case 'reward-report':
      return secondsOf(items * forwardOperations(rewardModel, whole), machine);
    case 'reward-model':
      return training(rewardModel, whole, (steps ?? 0) * config.rewardModel.batchSize, machine, {
        lora: config.rewardModel.lora !== undefined,
        checkpointing: false,
      });
    case 'warm-start':
      return training(rewardModel, whole, (steps ?? 0) * sft.batchSize * sft.accumulation, machine, {
        lora: lora || config.rewardModel.lora !== undefined,
        checkpointing: true,
      });
    case 'sft': {
      // Epochs count rows, steps count batches: the last batch of an epoch may be short.
      const sequences =
        sft.maxSteps === undefined ? items * sft.epochs : (steps ?? 0) * sft.batchSize * sft.accumulation;
      return training(policy, whole, sequences, machine, { lora, checkpointing: true });
    }
    case 'grpo':
      return (steps ?? 0) * grpoStepSeconds(config, { policy, rewardModel }, lengths, machine);
  }
}

/** One optimiser step: complete, score, take the reference's probabilities where there is a KL penalty, learn. */
export function grpoStepSeconds(
  { grpo, policy: settings }: Config,
  { policy, rewardModel }: Models,
  { prompt }: Lengths,
  machine: Machine,
): number {
  const sequences = grpo.batchSize * grpo.accumulation;
  const newTokens = grpo.maxCompletionLength;
  const whole = longer(prompt, newTokens);
  const reading = (grpo.klBeta > 0 ? 1 : 0) * forwardOperations(policy, whole) + forwardOperations(rewardModel, whole);
  return (
    completionSeconds(policy, prompt, { sequences, newTokens }, machine) +
    secondsOf(sequences * reading, machine) +
    training(policy, whole, sequences, machine, { lora: settings.lora !== undefined, checkpointing: true })
  );
}

/** Seconds of training on so many sequences. */
export function training(
  shape: VlmShape,
  sequence: Sequence,
  sequences: number,
  machine: Machine,
  how: { lora: boolean; checkpointing: boolean },
): number {
  return secondsOf(sequences * passes(how) * forwardOperations(shape, sequence), machine);
}

export function inBatches(items: number, batch: number, seconds: (sequences: number) => number): number {
  const whole = Math.floor(items / batch);
  const rest = items % batch;
  return whole * seconds(batch) + (rest === 0 ? 0 : seconds(rest));
}

const longer = ({ tokens, imageTokens }: Sequence, by: number): Sequence => ({ tokens: tokens + by, imageTokens });
