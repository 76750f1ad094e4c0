/**
 * What each optimiser of transformers looks at; of anything else it says nothing and does nothing. One table for both
 * languages: contract.json carries it to Python. As transformers' trainer_optimizer.py has it. Pure.
 */
import type { OptionProblem } from './option-values.js';

const each = <T>(names: readonly string[], value: T): [string, T][] => names.map((name) => [name, value]);

/**
 * Names in `optim_args`; an optimiser that is not here takes none. `weight_decay` is nobody's: transformers sets it for each
 * group of weights by its own option.
 */
const optimiserArguments: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ...each(['sgd'], ['momentum', 'dampening', 'nesterov']),
  ...each(['adagrad'], ['lr_decay', 'eps']),
  ...each(
    ['rmsprop', 'rmsprop_bnb', 'rmsprop_bnb_8bit', 'rmsprop_bnb_32bit'],
    ['momentum', 'alpha', 'eps', 'centered'],
  ),
  ...each(
    ['ademamix', 'ademamix_8bit', 'paged_ademamix_32bit', 'paged_ademamix_8bit'],
    ['beta1', 'beta2', 'beta3', 'alpha', 'eps', 't_alpha', 't_beta3'],
  ),
  ...each(
    ['adamw_anyprecision'],
    ['use_kahan_summation', 'momentum_dtype', 'variance_dtype', 'compensation_buffer_dtype'],
  ),
  ...each(['adamw_torch_4bit', 'adamw_torch_8bit'], ['block_size', 'bf16_stochastic_round']),
  ...each(['grokadamw'], ['alpha_init', 'lamb', 'gamma', 'grokking_signal_decay_rate', 'gradient_clipping']),
  ...each(['schedule_free_radam', 'schedule_free_adamw', 'schedule_free_sgd'], ['weight_lr_power', 'r']),
  ...each(['stable_adamw'], ['max_lr', 'kahan_sum', 'decouple_lr']),
]);

const betas = ['adam_beta1', 'adam_beta2'];
/** Options that an optimiser other than Adam's kin does not look at. */
const optimiserIgnores: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ...each(
    [
      'sgd',
      'adagrad',
      'rmsprop',
      'rmsprop_bnb',
      'rmsprop_bnb_8bit',
      'rmsprop_bnb_32bit',
      'adafactor',
      'lomo',
      'adalomo',
      'grokadamw',
      'schedule_free_sgd',
    ],
    [...betas, 'adam_epsilon'],
  ),
  ...each(['lion_8bit', 'lion_32bit', 'paged_lion_8bit', 'paged_lion_32bit'], ['adam_epsilon']),
]);

export const optimisers = {
  /** Of TRL, where none is chosen. */
  usual: 'adamw_torch_fused',
  arguments: optimiserArguments,
  ignores: optimiserIgnores,
};

/** @param options Of either trainer. */
export function optimiserProblems(options: Readonly<Record<string, unknown>>): OptionProblem[] {
  const optim = String(options['optim'] ?? optimisers.usual);
  const problems = (optimisers.ignores[optim] ?? [])
    .filter((option) => (options[option] ?? null) !== null)
    .map((option) => ({ option, message: `changes nothing beside optim: ${optim}` }));
  const given = options['optim_args'];
  if (typeof given !== 'string' || given === '') return problems;
  return [...problems, ...argumentProblems(given, optim).map((message) => ({ option: 'optim_args', message }))];
}

function argumentProblems(given: string, optim: string): string[] {
  const known = optimisers.arguments[optim] ?? [];
  if (known.length === 0) return [`changes nothing beside optim: ${optim}, which takes none`];
  const pairs = given
    .replaceAll(' ', '')
    .split(',')
    .map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2)) return ['must be name=value, with commas between several'];
  const unknown = pairs.map(([name = '']) => name).filter((name) => !known.includes(name));
  return unknown.map((name) => `${name} is none of what optim: ${optim} takes: ${known.join(', ')}`);
}
