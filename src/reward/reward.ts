/**
 * What a reward is, and the one place that calls them and refuses values that are no rewards. It reads no clock of its own.
 */
import { ConfigError, Medgr2Error, RewardError, messageOf } from '../errors.js';
import type { Sample } from '../sample.js';
import { abortedError, untilAborted, withinTime } from './reward-time-limit.js';

/** One completion to be judged. All rewards are given the same items, which are frozen: none can change what another sees. */
export interface RewardItem {
  /** The sample whose question was put to the policy. */
  readonly sample: Sample;
  readonly completion: string;
  /** R_φ's raw score of the completion; null where the run has no reward model. */
  readonly rewardModelScore: number | null;
  /** False where the sample's answer may not be compared with: its question alone is good. True where it is left out. */
  readonly answerTrusted?: boolean | undefined;
}

/** What a reward is told beside its batch. */
export interface ScoreContext {
  /** Aborts when the job is over or the reward's time is up. */
  signal: AbortSignal;
}

/** One finite number or null per item, in order; null means that the reward does not apply to the item. */
export type Scores = readonly (number | null)[] | Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array;

/** A named, weighted judgement of completions. The trainer adds weight × score over all rewards. */
export interface Reward {
  readonly name: string;
  /** The trainer adds weight × score. */
  readonly weight: number;
  /** Milliseconds that one batch may take; `defaultTimeoutMs` where it is left out. */
  readonly timeoutMs?: number | undefined;
  /** What decides its scores and is not in the source text of `score`, as any text: it changes when the scores would. */
  readonly version?: string | undefined;
  score(batch: readonly RewardItem[], context: ScoreContext): Promise<Scores> | Scores;
}

/** How `evaluateRewards` is watched and stopped. */
export interface RewardContext {
  /** Aborts when the job is cancelled or the caller's time limit is over. */
  signal?: AbortSignal | undefined;
  /** Milliseconds now: makes latencies known. */
  clock?: (() => number) | undefined;
  /** Hears how many milliseconds each reward took; needs `clock`. */
  onLatency?: ((name: string, milliseconds: number) => void) | undefined;
}

/**
 * Runs all rewards on one batch, side by side.
 * @returns By name of reward, one finite number or null per item, in order.
 * @throws RewardError that names the reward (and the sample): `reward-threw`, `reward-timeout`, `reward-aborted`, `reward-count` or
 * `reward-not-finite` where it returns anything but one finite number or null per item: a broken reward never counts as 0, and the
 * others are then told to stop. ConfigError `reward-name-repeated`.
 * @example
 * const sample = { id: '1', question: 'Which modality is this?', options: ['CT', 'MRI'], answer: 'MRI' } as Sample;
 * const batch = [{ sample, completion: '<answer>B</answer>', rewardModelScore: null }];
 * await evaluateRewards([answerMatch()], batch); // → { answerMatch: [1] }
 */
export async function evaluateRewards(
  rewards: readonly Reward[],
  items: readonly RewardItem[],
  context: RewardContext = {},
): Promise<Record<string, (number | null)[]>> {
  checkRewardNames(rewards);
  const names = rewards.map((reward) => reward.name);
  const batch = frozenBatch(items);
  const over = new AbortController();
  const stop = (): void => over.abort(context.signal?.reason);
  if (context.signal?.aborted === true) stop();
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    const scores = await Promise.all(rewards.map((reward) => timedScores(reward, batch, over.signal, context)));
    return Object.fromEntries(names.map((name, i) => [name, scores[i] ?? []]));
  } finally {
    context.signal?.removeEventListener('abort', stop);
    over.abort();
  }
}

/**
 * @throws ConfigError where two have one name: scores would be told apart by nothing.
 */
export function checkRewardNames(rewards: readonly Reward[]): void {
  const names = rewards.map((reward) => reward.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new ConfigError('reward-name-repeated', `Two rewards are named "${twice}".`, {
    remedy: 'Give each reward a name of its own.',
  });
}

/** Copies, since samples are the caller's own; of a sample one, however many completions it has. */
function frozenBatch(items: readonly RewardItem[]): readonly RewardItem[] {
  const copies = new Map<Sample, Sample>();
  const frozenSample = (sample: Sample): Sample => {
    const copy = copies.get(sample) ?? deeplyFrozen(structuredClone(sample));
    copies.set(sample, copy);
    return copy;
  };
  return Object.freeze(items.map((item) => Object.freeze({ ...item, sample: frozenSample(item.sample) })));
}

function deeplyFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deeplyFrozen(part);
  return Object.freeze(value);
}

async function timedScores(
  reward: Reward,
  items: readonly RewardItem[],
  signal: AbortSignal,
  { clock, onLatency }: RewardContext,
): Promise<(number | null)[]> {
  const started = clock?.();
  const scores = await withinTime(reward, signal, (limited) => scoresOf(reward, items, limited));
  if (clock !== undefined && started !== undefined) onLatency?.(reward.name, clock() - started);
  return scores;
}

async function scoresOf(reward: Reward, items: readonly RewardItem[], signal: AbortSignal): Promise<(number | null)[]> {
  let scores: unknown;
  try {
    scores = await untilAborted(async () => reward.score(items, { signal }), signal);
  } catch (error) {
    if (signal.aborted) throw abortedError(reward, signal);
    if (error instanceof Medgr2Error) throw error;
    throw new RewardError('reward-threw', `Reward "${reward.name}" failed: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Mend the reward function; a completion that cannot be judged may get null.',
    });
  }
  const list: ArrayLike<unknown> | null = Array.isArray(scores) || isNumbers(scores) ? scores : null;
  if (list?.length !== items.length) {
    const got = list === null ? `a value of type ${typeof scores}` : `${list.length} values`;
    throw new RewardError('reward-count', `Reward "${reward.name}" returned ${got} for ${items.length} completions.`, {
      remedy: 'Return one number or null per completion, in order.',
    });
  }
  return items.map((item, i) => {
    const score = list[i];
    if (score === null || (typeof score === 'number' && Number.isFinite(score))) return score;
    throw new RewardError(
      'reward-not-finite',
      `Reward "${reward.name}" gave ${String(score)} to sample ${item.sample.id}.`,
      {
        where: item.sample.id,
        remedy: 'Return a finite number, or null where the reward does not apply.',
      },
    );
  });
}

/** A typed array of numbers. */
const isNumbers = (value: unknown): value is Float64Array =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView) &&
  !(value instanceof BigInt64Array) &&
  !(value instanceof BigUint64Array);
