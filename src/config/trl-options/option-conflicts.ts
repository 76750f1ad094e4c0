/** TRL options that stand against each other: rules that TRL itself would only find when the model is loaded. One process; pure. */
import { nearest } from '../nearest-word.js';
import { tableProblems, type OptionProblem } from './option-values.js';
import { optimiserProblems } from './optimiser-options.js';
import type { GrpoOptions, SftOptions } from './option-shapes.js';

export type { OptionProblem };

/** Losses of TRL's two trainers: one option, with other words in each. */
const losses = {
  sft: ['nll', 'dft', 'chunked_nll'],
  grpo: ['grpo', 'dr_grpo', 'dapo', 'bnpo', 'cispo', 'sapo', 'luspo', 'vespo'],
};

function lossProblems({ loss_type: loss }: SftOptions | GrpoOptions, trainer: keyof typeof losses): OptionProblem[] {
  const known = losses[trainer];
  if (typeof loss !== 'string' || known.includes(loss)) return [];
  const meant = nearest(loss, known);
  const hint = meant === null ? '' : `; did you mean ${meant}?`;
  return [{ option: 'loss_type', message: `${loss} is none of ${known.join(', ')}${hint}` }];
}

/** What GRPO samples at a time, with TRL's defaults for what is left out. */
export interface GenerationBatch {
  /** Completions of one generation batch. */
  completions: number;
  /** Different prompts among them: completions / num_generations. */
  prompts: number;
  numGenerations: number;
}

/** TRL's defaults: the batch of both trainers, and GRPO's completions for a prompt. */
const defaults = { batch: 8, accumulation: 1, numGenerations: 8 };

/** The generation batch as GRPOConfig works it out; see its `generation_batch_size` and `steps_per_generation`. */
export function generationBatch(options: GrpoOptions): GenerationBatch {
  const batch = options.per_device_train_batch_size ?? defaults.batch;
  const steps = options.steps_per_generation ?? options.gradient_accumulation_steps ?? defaults.accumulation;
  const completions = options.generation_batch_size ?? batch * steps;
  const numGenerations = options.num_generations ?? defaults.numGenerations;
  return { completions, prompts: completions / numGenerations, numGenerations };
}

/** Problems of GRPO options that stand between each other; empty where TRL would accept them. */
export function grpoProblems(options: GrpoOptions): OptionProblem[] {
  const { completions, numGenerations } = generationBatch(options);
  const batch = options.per_device_train_batch_size ?? defaults.batch;
  const given = options.generation_batch_size ?? null;
  const problems = [...lossProblems(options, 'grpo'), ...commonProblems(options)];
  const add = (option: string, message: string): void => void problems.push({ option, message });

  if (options.num_generations === null || numGenerations < 2)
    add('num_generations', 'must be 2 or more: a completion is judged against the others of its group');
  if (given !== null && (options.steps_per_generation ?? null) !== null)
    add('steps_per_generation', 'cannot be set beside generation_batch_size: one follows from the other');
  else if (given !== null && given % batch !== 0)
    add('generation_batch_size', `${given} must be a multiple of per_device_train_batch_size (${batch})`);
  else if (numGenerations >= 2 && completions % numGenerations !== 0)
    add(
      'num_generations',
      `${numGenerations} must divide the completions of one generation batch (${completions}): groups must be whole`,
    );
  return problems;
}

/** Problems of SFT options. */
export const sftProblems = (options: SftOptions): OptionProblem[] => [
  ...lossProblems(options, 'sft'),
  ...commonProblems(options),
];

/** Problems of options that both trainers have. */
export function commonProblems(options: SftOptions | GrpoOptions): OptionProblem[] {
  const problems: OptionProblem[] = [];
  for (const option of ['per_device_train_batch_size', 'gradient_accumulation_steps'] as const)
    if ((options[option] ?? 1) < 1) problems.push({ option, message: 'must be 1 or more' });
  if ((options.max_steps ?? -1) <= 0 && (options.num_train_epochs ?? 1) <= 0)
    problems.push({ option: 'num_train_epochs', message: 'neither steps nor epochs: nothing would be trained' });
  if (options.save_strategy === 'best')
    problems.push({ option: 'save_strategy', message: 'best needs evaluations, which a training job does not make' });
  if (options.bf16 === true && options.fp16 === true)
    problems.push({ option: 'fp16', message: 'cannot be on beside bf16' });
  return [...problems, ...tableProblems(options), ...optimiserProblems(options)];
}
