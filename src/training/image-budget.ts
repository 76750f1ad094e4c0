/**
 * Whether a job's images leave room for words in what its models can read: the one rule, for scripts and for the loop. Pure.
 * Only what cannot work is refused: how many tokens the words take is known to the tokenizer alone.
 */
import type { JobKind } from '../bridge/contract.js';
import type { SpecInput } from '../bridge/engine.js';
import { ConfigError } from '../errors.js';
import { imageTokens, mostImageTokens, type ImageSize, type VisionLimits } from './image-tokens.js';

/** A job that reads rows. */
export type RowsJob = Exclude<JobKind, 'merge'>;
export type AnySpec = { [K in RowsJob]: SpecInput<K> }[RowsJob];

/** An option of a job's spec that decides the budget. */
export type BudgetOption = 'model.maxPixels' | 'trl.max_length' | 'trl.max_completion_length' | 'maxNewTokens';
/** What a person calls it: the option itself in a script, a setting in a configuration. */
export type BudgetNames = Readonly<Partial<Record<BudgetOption, string>>>;

export interface ImageBudget {
  model: { path: string; maxPixels?: number | undefined };
  /** Tokens of the completion that must fit beside the image, and the option that says so where there is one. */
  completion: { tokens: number; option: BudgetOption | null };
  /** A shorter length that the job cuts its rows to, whatever the model can read. */
  cut: { length: number; option: BudgetOption } | null;
}

/** TRL's own, of GRPOConfig. */
const defaultCompletionLength = 256;

/** One budget for each model that reads the job's images. */
export function budgetsOf(spec: AnySpec): ImageBudget[] {
  const oneToken = { tokens: 1, option: null } as const;
  switch (spec.kind) {
    case 'sft': {
      const length = spec.trl?.max_length ?? null;
      const cut = length === null ? null : ({ length, option: 'trl.max_length' } as const);
      return [{ model: spec.model, completion: oneToken, cut }];
    }
    case 'grpo': {
      const tokens = spec.trl?.max_completion_length ?? defaultCompletionLength;
      const completion = { tokens, option: 'trl.max_completion_length' } as const;
      const models = spec.rewardModel === undefined ? [spec.model] : [spec.model, spec.rewardModel];
      return models.map((model) => ({ model, completion, cut: null }));
    }
    case 'reward-model':
    case 'score':
      return [{ model: spec.model, completion: oneToken, cut: null }];
    case 'complete':
    case 'evaluate': {
      const completion = { tokens: spec.maxNewTokens, option: 'maxNewTokens' } as const;
      return [{ model: spec.model, completion, cut: null }];
    }
  }
}

/** Whether some image could break the budget: where none can, none need be looked at. */
export function mayBreak(budget: ImageBudget, limits: VisionLimits): boolean {
  return mostImageTokens(limits) > roomOf(budget, limits);
}

/** Tokens that an image may take at most; none where it is 0 or less. */
function roomOf({ completion, cut }: ImageBudget, { context }: VisionLimits): number {
  return Math.min(context - completion.tokens, cut?.length ?? Number.POSITIVE_INFINITY) - 1;
}

/**
 * Throws a ConfigError where an image does not leave a token for the question: the model would fail on the device, with a
 * message about image features that do not match.
 */
export function checkImageTokens(
  size: ImageSize,
  image: string,
  budget: ImageBudget,
  limits: VisionLimits,
  names: BudgetNames = {},
): void {
  const tokens = imageTokens(size, limits);
  const room = roomOf(budget, limits);
  if (tokens <= room) return;
  const { completion, cut } = budget;
  const called = (option: BudgetOption): string => names[option] ?? option;
  const isCut = cut !== null && cut.length < limits.context - completion.tokens;
  const why = isCut
    ? `${called(cut.option)} cuts rows to ${cut.length}`
    : `the model reads ${limits.context} with a completion of ${completion.tokens}`;
  const shrink = `set ${called('model.maxPixels')} to ${room * limits.tokenSide ** 2} or less`;
  const other = isCut
    ? `raise ${called(cut.option)}`
    : completion.option === null
      ? null
      : `lower ${called(completion.option)}`;
  const ways = [...(room > 0 ? [shrink] : []), ...(other === null ? [] : [other])].join(', or ');
  throw new ConfigError(
    'image-tokens',
    `The image of ${size.width} × ${size.height} pixels takes ${tokens} tokens, and ${why}.`,
    { where: image, remedy: `${ways.charAt(0).toUpperCase()}${ways.slice(1)}.` },
  );
}
