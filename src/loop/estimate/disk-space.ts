/** Disk space that a run will take: checkpoints, downloads and data. Pure. */
import type { Config } from '../../config/schema.js';
import type { LocalGenerator } from './generator-cost.js';
import { bytesOf, policyPrecision } from './gpu-memory.js';
import { countLora, countParameters, type VlmShape } from './model-size.js';
import type { Plan } from './plan-types.js';
import type { Workload } from './workload.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';

/** Bytes of a run folder and of the models' download; checkpoints with optimiser state go when a job is done. */
export function diskOf(
  config: Config,
  models: { policy: VlmShape; rewardModel: VlmShape } | null,
  local: LocalGenerator | null,
  { samples, stages }: Workload,
  replyCharacters: number,
): Plan['disk'] {
  const bytes = bytesOf(policyPrecision(config));
  const whole = (shape: VlmShape): number => countParameters(shape).total * bytes;
  const trained = (shape: VlmShape, lora = config.policy.lora): number =>
    lora === undefined ? whole(shape) : countLora(shape, lora.rank) * 4;
  const policies = stages.filter(({ stage }) => stage === 'sft' || stage === 'grpo').length;
  const graders = stages.filter(({ stage }) => stage === 'reward-model').length;
  const warm = stages.filter(({ stage }) => stage === 'warm-start').length;
  // A finished reward model is whole, its adapters merged. Beside the finished models: of one job, two checkpoints and a third while it is
  // written, each with AdamW's two moments.
  const checkpoints =
    models === null
      ? 0
      : policies * trained(models.policy) +
        graders * whole(models.rewardModel) +
        warm * trained(models.rewardModel) +
        9 * Math.max(trained(models.policy), trained(models.rewardModel, config.rewardModel.lora));
  const download = models === null || isShipped(config.policy.base) ? 0 : whole(models.policy);
  const second = config.rewardModel.base === undefined || models === null ? 0 : whole(models.rewardModel);
  const generators = stages.filter(({ stage }) => stage === 'generator-warm-start' || stage === 'generator-sft').length;
  const generator = local === null ? 0 : countParameters(local.shape).total * bytesOf(local.precision);
  const rank = config.generation.local?.lora?.rank;
  const learned = local === null ? 0 : rank === undefined ? generator : countLora(local.shape, rank) * 4;
  const third = config.generation.local?.model === config.policy.base ? 0 : generator;
  // Replies once, and each candidate in the tables of generate, score, filter and training.
  const data = samples.candidates * (replyCharacters + 4 * 600);
  const downloads = download + second + third;
  const kept = checkpoints + generators * learned;
  return { models: downloads, checkpoints: kept, data, total: downloads + kept + data };
}
