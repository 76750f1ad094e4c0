/** What a part of each slot has to be: its name, version and method, and names that are taken. */
import { providerNames } from '../../config/asking/asked-providers.js';
import { nearest } from '../../config/nearest-word.js';
import type { Part } from '../../config/part.js';
import { partsSchema, type PartSlot } from '../../config/part-modules.js';
import { ConfigError, messageOf } from '../../errors.js';
import { sha256 } from '../../hash.js';
import { defineReward } from '../../reward/define-reward.js';
import type { Reward } from '../../reward/reward.js';
import { strategies } from '../../sample.js';
import { stageNames } from '../stage-names.js';

/** By slot: what errors call it, the method that it must have, what else is read of it, and names that are taken. */
const slots: Record<PartSlot, { kind: string; method: string; more?: readonly string[]; taken: readonly string[] }> = {
  provider: {
    kind: 'provider',
    method: 'complete',
    more: ['model', 'endpoint', 'capabilities', 'settings'],
    taken: [...providerNames, 'seed', 'template'],
  },
  strategies: { kind: 'prompt strategy', method: 'prompt', taken: strategies },
  grader: { kind: 'grader', method: 'grade', taken: ['four-grades'] },
  rewards: {
    kind: 'reward',
    method: 'score',
    more: ['weight', 'timeoutMs'],
    taken: ['rewardModel', 'answerMatch', 'format', 'accuracy'],
  },
  filters: {
    kind: 'filter',
    method: 'accept',
    taken: [
      'accepted',
      'threshold',
      'below-threshold',
      'overlap',
      'near-duplicate',
      'not-judged',
      'gate-failed',
      'too-few-points',
    ],
  },
  stages: { kind: 'stage', method: 'run', more: ['before', 'after'], taken: stageNames },
  evaluator: { kind: 'evaluator', method: 'judge', taken: ['reader'] },
  sinks: { kind: 'event sink', method: 'event', taken: [] },
};
export const slotNames = Object.keys(partsSchema.shape) as PartSlot[];

export const kindOf = (slot: PartSlot): string => slots[slot].kind;

/** @throws ConfigError `part-invalid` that names slot, part, and the module where it came from. */
export function checkedPart(slot: PartSlot, value: unknown, where: string): Part {
  const { kind, method, taken } = slots[slot];
  checkReadable(slot, value, where);
  const part: unknown = slot === 'rewards' ? asReward(value, where) : value;
  if (typeof part !== 'object' || part === null)
    throw invalid(
      slot,
      null,
      `is ${typeof part === 'function' ? 'a function' : `a value of type ${typeof part}`}; expected an object with name, version and ${method}`,
      where,
    );
  const { name, version, [method]: work } = part as Record<string, unknown>;
  if (typeof name !== 'string' || !/^[A-Za-z][\w-]*$/.test(name) || name.length > 60)
    throw invalid(
      slot,
      null,
      `has the name ${JSON.stringify(name)}; expected up to 60 letters, digits, - and _`,
      where,
    );
  if (taken.includes(name)) throw invalid(slot, name, `has the name of a built-in ${kind}; give it another`, where);
  if (typeof version !== 'string' || version === '')
    throw invalid(slot, name, `states no version; add version: '1', and raise it when what it does changes`, where);
  if (typeof work !== 'function') throw invalid(slot, name, `has no method ${method}`, where);
  return part as Part;
}

/** What a part states may come of getters of its own. */
function checkReadable(slot: PartSlot, value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null) return;
  const { method, more = [] } = slots[slot];
  for (const key of ['name', 'version', method, ...more])
    try {
      void (value as Record<string, unknown>)[key];
    } catch (error) {
      throw invalid(slot, null, `cannot be read: its ${key} throws ${messageOf(error)}`, where);
    }
}

/** A plain function goes by its own name. What a reward does stands in its text, where it states no version. */
function asReward(value: unknown, where: string): unknown {
  if (typeof value === 'function') {
    if (/^class\b/.test(String(value)))
      throw invalid('rewards', value.name, 'is a class; give an object of it: new …', where);
    if (value.name === '')
      throw invalid('rewards', null, 'is a function without a name; use a named one, or defineReward', where);
    return versioned(defineReward({ name: value.name, score: value as Reward['score'] }));
  }
  if (typeof value !== 'object' || value === null || typeof (value as Partial<Reward>).score !== 'function')
    return value;
  const reward = value as Partial<Reward> & Pick<Reward, 'score'>;
  // What defineReward would have refused is refused of an object, too.
  return versioned(
    defineReward({
      // One by one: a class may state them by getters, which are no properties of its object.
      name: String(reward.name),
      weight: reward.weight,
      timeoutMs: reward.timeoutMs,
      score: (batch, context) => reward.score(batch, context),
    }),
    reward,
  );
}

function versioned(
  reward: Reward,
  { score, version = sha256(String(score)).slice(0, 12) }: Pick<Reward, 'score' | 'version'> = reward,
): Reward & Part {
  return { ...reward, version };
}

/** @param name Null where the part has none. */
export function invalid(slot: PartSlot, name: string | null, problem: string, where: string): ConfigError {
  const { kind } = slots[slot];
  return new ConfigError('part-invalid', `the ${kind}${name === null ? '' : ` "${name}"`} ${problem}`, { where });
}

export function unknownSlot(key: string): ConfigError {
  const meant = nearest(key, slotNames);
  return new ConfigError('part-invalid', `there are no parts of the name ${key}`, {
    where: `parts.${key}`,
    remedy: meant === null ? `Known are ${slotNames.join(', ')}.` : `Did you mean ${meant}?`,
  });
}
