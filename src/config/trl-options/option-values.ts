/**
 * Values that TRL takes without a look and fails on deep in its code, or that change nothing without a word: ranges, and
 * options that only count beside another. One table for both languages: contract.json carries it to Python. Pure.
 */
import { grpoOptionShape } from './grpo-options.generated.js';

export interface OptionProblem {
  /** The option that the message is about. */
  option: string;
  message: string;
}

/** `from` and `to` are allowed themselves, `above` is not. */
export interface Range {
  from?: number;
  above?: number;
  to?: number;
}

const share = { from: 0, to: 1 };
const positive = { above: 0 };
const notNegative = { from: 0 };
const count = { from: 1 };

export const ranges: Readonly<Record<string, Range>> = {
  learning_rate: notNegative,
  weight_decay: notNegative,
  warmup_steps: notNegative,
  adam_beta1: share,
  adam_beta2: share,
  adam_epsilon: positive,
  max_grad_norm: notNegative,
  label_smoothing_factor: share,
  neftune_noise_alpha: notNegative,
  logging_steps: positive,
  save_steps: positive,
  dataloader_num_workers: notNegative,
  dataloader_prefetch_factor: count,
  max_length: count,
  max_completion_length: count,
  generation_batch_size: count,
  steps_per_generation: count,
  num_iterations: count,
  pad_to_multiple_of: count,
  temperature: positive,
  top_p: { above: 0, to: 1 },
  top_k: notNegative,
  min_p: share,
  repetition_penalty: positive,
  beta: notNegative,
  epsilon: notNegative,
  epsilon_high: notNegative,
  delta: notNegative,
  top_entropy_quantile: share,
  sapo_temperature_neg: positive,
  sapo_temperature_pos: positive,
  ref_model_mixup_alpha: share,
  ref_model_sync_steps: count,
};

/** Words that nothing looks at where they are none of these. */
export const choices: Readonly<Record<string, readonly string[]>> = {
  train_sampling_strategy: ['random', 'sequential', 'group_by_length'],
  truncation_mode: ['keep_start', 'keep_end'],
  include_num_input_tokens_seen: ['no', 'all', 'non_padding'],
  importance_sampling_level: ['token', 'sequence'],
  multi_objective_aggregation: ['sum_then_normalize', 'normalize_then_sum'],
  scale_rewards: ['group', 'batch', 'none'],
};

/** Beside which value of which other option an option counts at all. */
export interface Need {
  option: string;
  is: string | boolean;
}

const only = (option: string, is: string | boolean, names: readonly string[]): [string, Need][] =>
  names.map((name) => [name, { option, is }]);
const starting = (start: string): string[] => Object.keys(grpoOptionShape).filter((name) => name.startsWith(start));

export const needs: Readonly<Record<string, Need>> = Object.fromEntries([
  ...only('use_vllm', true, starting('vllm_')),
  ...only('use_transformers_continuous_batching', true, ['transformers_continuous_batching_config']),
  ...only('loss_type', 'sapo', starting('sapo_')),
  ...only('loss_type', 'vespo', starting('vespo_')),
  ...only('use_adaptive_entropy', true, [
    'entropy_coef_min',
    'entropy_coef_max',
    'entropy_coef_delta',
    'entropy_target',
  ]),
  ...only('sync_ref_model', true, ['ref_model_mixup_alpha', 'ref_model_sync_steps']),
  ...only('use_liger_kernel', true, ['liger_kernel_config']),
  ...only('log_completions', true, ['num_completions_to_print', 'log_unique_prompts', 'log_multimodal']),
]);

/** @param options Of either trainer. */
export function tableProblems(options: Readonly<Record<string, unknown>>): OptionProblem[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (value === undefined || value === null) return [];
    const range = ranges[option];
    if (range !== undefined && typeof value === 'number' && !isWithin(value, range))
      return [{ option, message: `${value} cannot be used: it must be ${rangeText(range)}` }];
    const known = choices[option];
    if (known !== undefined && typeof value === 'string' && !known.includes(value))
      return [{ option, message: `${value} is none of ${known.join(', ')}` }];
    const need = needs[option];
    if (need !== undefined && options[need.option] !== need.is)
      return [{ option, message: `changes nothing unless ${need.option} is ${need.is}` }];
    return [];
  });
}

const isWithin = (value: number, { from, above, to }: Range): boolean =>
  (from === undefined || value >= from) && (above === undefined || value > above) && (to === undefined || value <= to);

const rangeText = ({ from, above, to }: Range): string =>
  [
    ...(from === undefined ? [] : [`${from} or more`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(to === undefined ? [] : [`at most ${to}`]),
  ].join(' and ');
