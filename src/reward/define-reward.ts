/** A reward of the user's own: checked where it is written, before any job starts. */
import { ConfigError } from '../errors.js';
import { checkRewardNames, type Reward, type RewardItem, type ScoreContext, type Scores } from './reward.js';

/** What `defineReward` takes. */
export interface RewardDefinition {
  /** Letters, digits, `-` and `_`: it names the reward in events, in TRL's logs and in errors. */
  name: string;
  /** The trainer adds weight × score over all rewards; 1 where it is left out. */
  weight?: number | undefined;
  /** Milliseconds that one batch may take, 60,000 where it is left out; then `signal` aborts and the job fails. */
  timeoutMs?: number | undefined;
  /**
   * Stands for what the function uses from outside itself: variables it closes over, files, functions it calls. A job that goes
   * on sees only the function's own source text; change this text with the rest, or it goes on with two rewards in one model.
   */
  version?: string | undefined;
  /** One finite number per item, in order; null where the reward does not apply to the item. */
  score: (batch: readonly RewardItem[], context: ScoreContext) => Promise<Scores> | Scores;
}

/** The longest time that a timer of Node's can wait. */
const longestTimer = 2 ** 31 - 1;

/**
 * A reward from a function over a batch of completions.
 * @throws ConfigError `reward-definition` for a name, weight or time limit that cannot be used.
 * @example
 * const brief = defineReward({
 *   name: 'brief',
 *   weight: 0.1,
 *   score: (batch) => batch.map(({ completion }) => (completion.length < 400 ? 1 : 0)),
 * });
 */
export function defineReward({ name, weight = 1, timeoutMs, version, score }: RewardDefinition): Reward {
  const reward = { name, weight, timeoutMs, version, score };
  checkReward(reward);
  return reward;
}

/**
 * Rewards as a job is given them, whether `defineReward` made them or not.
 * @throws ConfigError for one that cannot be used, and where two have one name.
 */
export function checkRewards(rewards: readonly Reward[]): void {
  rewards.forEach((reward: unknown, index) => {
    if (typeof reward !== 'object' || reward === null)
      throw wrong(
        String(index + 1),
        `is ${typeof reward === 'function' ? 'a function' : `a value of type ${typeof reward}`}: make it one by defineReward({ name, score })`,
      );
  });
  rewards.forEach(checkReward);
  checkRewardNames(rewards);
}

function checkReward({ name, weight, timeoutMs, score }: Reward): void {
  if (typeof name !== 'string' || !/^[A-Za-z][\w-]*$/.test(name))
    throw wrong(name, 'is no name: use letters, digits, - and _');
  if (!Number.isFinite(weight))
    throw wrong(
      name,
      `has the weight ${typeof weight === 'string' ? JSON.stringify(weight) : weight}, which is no number`,
    );
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= longestTimer))
    throw wrong(name, `has a time limit of ${timeoutMs} ms; it must be above 0 and at most ${longestTimer}`);
  if (typeof score !== 'function') throw wrong(name, 'has no function `score`');
}

function wrong(name: string, problem: string): ConfigError {
  return new ConfigError('reward-definition', `The reward "${name}" ${problem}.`, { where: name });
}
