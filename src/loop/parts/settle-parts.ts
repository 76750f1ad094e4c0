/** The parts that a run is given, in code and by its configuration, checked and complete: before anything starts. */
import { destinationOf, egressProblem } from '../../config/egress-rule.js';
import { nearest } from '../../config/nearest-word.js';
import type { Config } from '../../config/schema.js';
import { partsSchema, type PartSlot } from '../../config/part-modules.js';
import { providerNames, structuredOutputs } from '../../config/asking/asked-providers.js';
import { ConfigError } from '../../errors.js';
import type { Evaluator } from '../../evaluation/evaluator.js';
import type { Grader } from '../../grading/index.js';
import { sha256 } from '../../hash.js';
import type { Part } from '../../config/part.js';
import { isReadyMade, promptStrategies, type PromptStrategy } from '../../prompts/prompt-strategy.js';
import { defineReward } from '../../reward/define-reward.js';
import type { Reward } from '../../reward/reward.js';
import { strategies } from '../../sample.js';
import { stageNames } from '../stage-names.js';
import { planStages } from '../stage-plan.js';
import { checkedEvaluator, checkedFilter, checkedGrader, checkedProvider, checkedStrategy } from './checked-parts.js';
import { loadPart, type PartEnv } from './load-part.js';
import type { EventSink, LoopParts, OwnProvider, OwnStage, RunParts, SampleFilter } from './loop-parts.js';

/** By slot: what errors call it, the method that it must have, and names that are taken. */
const slots: Record<PartSlot, { kind: string; method: string; taken: readonly string[] }> = {
  provider: { kind: 'provider', method: 'complete', taken: [...providerNames, 'seed', 'template'] },
  strategies: { kind: 'prompt strategy', method: 'prompt', taken: strategies },
  grader: { kind: 'grader', method: 'grade', taken: ['four-grades'] },
  rewards: { kind: 'reward', method: 'score', taken: ['rewardModel', 'answerMatch', 'format', 'accuracy'] },
  filters: {
    kind: 'filter',
    method: 'accept',
    taken: [
      ...['accepted', 'threshold', 'below-threshold', 'overlap', 'near-duplicate'],
      ...['not-judged', 'gate-failed', 'too-few-points'],
    ],
  },
  stages: { kind: 'stage', method: 'run', taken: stageNames },
  evaluator: { kind: 'evaluator', method: 'judge', taken: ['reader'] },
  sinks: { kind: 'event sink', method: 'event', taken: [] },
};
const slotNames = Object.keys(partsSchema.shape) as PartSlot[];

/**
 * @throws ConfigError `part-invalid`, `part-twice`, `part-missing`, `part-not-loaded`, `part-outside` or `parts-forbidden`, each
 * with the part's slot, file and export as far as there are any.
 */
export async function settleParts(
  config: Config,
  given: LoopParts = {},
  env: PartEnv = process.env,
): Promise<RunParts> {
  for (const key of Object.keys(given)) if (!slotNames.includes(key as PartSlot)) throw unknownSlot(key);
  const parts = await collect(config, given, env);
  const provider = (parts.provider[0] ?? null) as OwnProvider | null;
  const grader = (parts.grader[0] ?? null) as Grader | null;
  const evaluator = (parts.evaluator[0] ?? null) as Evaluator | null;
  const own = (parts.strategies as PromptStrategy[]).map(checkedStrategy);
  const stages = parts.stages as OwnStage[];
  checkProvider(config, provider);
  checkStages(config, stages);
  checkEvaluator(config, evaluator);
  const asked = [...config.generation.strategies.map((name) => promptStrategies[name]), ...own];
  if (asked.length === 0)
    throw new ConfigError('part-missing', 'no prompt strategy is left to ask the generator by', {
      where: 'generation.strategies',
      remedy: 'Name one in generation.strategies, or give one of your own in parts.strategies.',
    });
  return {
    provider: provider === null ? null : checkedProvider(provider),
    strategies: asked,
    grader: grader === null ? null : checkedGrader(grader),
    rewards: parts.rewards as (Reward & Part)[],
    filters: (parts.filters as SampleFilter[]).map(checkedFilter),
    stages,
    evaluator: evaluator === null ? null : checkedEvaluator(evaluator),
    sinks: parts.sinks as EventSink[],
  };
}

/** Those that a person gave: what a run folder remembers. */
export function ownParts(parts: RunParts): Partial<Record<PartSlot, readonly Part[]>> {
  const { provider, strategies: asked, grader, rewards, filters, stages, evaluator } = parts;
  const listed = (part: Part | null): Part[] => (part === null ? [] : [part]);
  return {
    provider: listed(provider),
    strategies: asked.filter(({ name }) => !isReadyMade(name)),
    grader: listed(grader),
    rewards,
    filters,
    stages,
    evaluator: listed(evaluator),
  };
}

export const kindOf = (slot: PartSlot): string => slots[slot].kind;

async function collect(config: Config, given: LoopParts, env: PartEnv): Promise<Record<PartSlot, Part[]>> {
  const found = {} as Record<PartSlot, Part[]>;
  for (const slot of slotNames) {
    const inCode = listOf(given[slot]);
    const named = config.parts[slot];
    const references = [named ?? []].flat();
    if (typeof named === 'string' && inCode.length > 0)
      throw new ConfigError('part-twice', `the ${kindOf(slot)} is given twice: in code, and as ${named}`, {
        where: `parts.${slot}`,
        remedy: 'Leave one of the two out.',
      });
    const parts: Part[] = [];
    for (const reference of references)
      parts.push(checkedPart(slot, await loadPart(reference, `parts.${slot}`, env), reference));
    for (const part of inCode) parts.push(checkedPart(slot, part, `parts.${slot}`));
    const twice = parts.find(({ name }, index) => parts.findIndex((other) => other.name === name) !== index);
    if (twice !== undefined)
      throw invalid(slot, twice.name, 'stands twice; give each a name of its own', `parts.${slot}`);
    found[slot] = parts;
  }
  return found;
}

const listOf = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

function checkedPart(slot: PartSlot, value: unknown, where: string): Part {
  const { kind, method, taken } = slots[slot];
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

/** A plain function goes by its own name. What a reward does stands in its text, where it states no version. */
function asReward(value: unknown, where: string): unknown {
  if (typeof value === 'function') {
    if (value.name === '')
      throw invalid('rewards', null, 'is a function without a name; use a named one, or defineReward', where);
    return versioned(defineReward({ name: value.name, score: value as Reward['score'] }));
  }
  if (typeof value !== 'object' || value === null || typeof (value as Partial<Reward>).score !== 'function')
    return value;
  const reward = value as Partial<Reward> & Pick<Reward, 'score'>;
  // What defineReward would have refused is refused of an object, too.
  return versioned(
    defineReward({ ...reward, name: String(reward.name), score: (batch, context) => reward.score(batch, context) }),
    reward,
  );
}

function versioned(
  reward: Reward,
  { score, version = sha256(String(score)).slice(0, 12) }: Pick<Reward, 'score' | 'version'> = reward,
): Reward & Part {
  return { ...reward, version };
}

function invalid(slot: PartSlot, name: string | null, problem: string, where: string): ConfigError {
  const { kind } = slots[slot];
  return new ConfigError('part-invalid', `the ${kind}${name === null ? '' : ` "${name}"`} ${problem}`, { where });
}

function unknownSlot(key: string): ConfigError {
  const meant = nearest(key, slotNames);
  return new ConfigError('part-invalid', `there are no parts of the name ${key}`, {
    where: `parts.${key}`,
    remedy: meant === null ? `Known are ${slotNames.join(', ')}.` : `Did you mean ${meant}?`,
  });
}

function checkProvider({ generation, egress }: Config, provider: OwnProvider | null): void {
  if (generation.provider === 'own' && provider === null)
    throw new ConfigError('part-missing', 'generation.provider is own, and no provider is given', {
      where: 'parts.provider',
      remedy: 'Give one: parts.provider in the configuration, or runLoop(config, { parts: { provider } }).',
    });
  if (provider === null) return;
  if (generation.provider !== 'own')
    throw new ConfigError(
      'part-invalid',
      `a provider of your own is given, and generation.provider is ${generation.provider}`,
      {
        where: 'generation.provider',
        remedy: 'Set generation.provider: own, or leave the provider out.',
      },
    );
  const { name, model, endpoint, capabilities } = provider;
  const wrong = (problem: string): ConfigError => invalid('provider', name, problem, 'parts.provider');
  if (typeof model !== 'string' || model === '') throw wrong('names no model');
  if (endpoint !== null && typeof endpoint !== 'string')
    throw wrong('does not say where images go: endpoint is the base URL, or null where they stay on this machine');
  if (!structuredOutputs.includes(capabilities?.structuredOutput))
    throw wrong(
      `does not say how replies are held to their structure: capabilities.structuredOutput is one of ${structuredOutputs.join(', ')}`,
    );
  const destination = destinationOf(name, model, endpoint);
  const refused = destination === null ? null : egressProblem(destination, egress);
  if (refused !== null) throw new ConfigError('egress-refused', refused.message, { where: `egress.${refused.key}` });
  if (capabilities.usage !== 'always' && capabilities.usage !== 'sometimes')
    throw wrong('does not say whether it tells tokens: capabilities.usage is always or sometimes');
}

function checkStages(config: Config, stages: readonly OwnStage[]): void {
  const { start, cycle, last } = planStages(config);
  const planned = new Set<string>([...start, ...cycle, ...last]);
  for (const { name, before, after } of stages) {
    const at = before ?? after;
    const wrong = (problem: string): ConfigError => invalid('stages', name, problem, 'parts.stages');
    if (at === undefined || (before !== undefined && after !== undefined))
      throw wrong('has no place; say before or after which stage it comes');
    if (!stageNames.includes(at)) {
      const meant = nearest(at, stageNames);
      throw wrong(
        `comes ${before === undefined ? 'after' : 'before'} ${at}, which is no stage${meant === null ? '' : `; did you mean ${meant}?`}`,
      );
    }
    if (config.recipe.kind === 'loop' && !planned.has(at))
      throw wrong(`comes ${before === undefined ? 'after' : 'before'} ${at}, which this run has not`);
  }
}

/** Tables of a comparison judge answers anew, by the rule of the configuration. */
function checkEvaluator({ recipe }: Config, evaluator: Part | null): void {
  if (evaluator !== null && recipe.kind !== 'loop')
    throw invalid(
      'evaluator',
      evaluator.name,
      `works in the loop alone, and recipe.kind is ${recipe.kind}`,
      'parts.evaluator',
    );
}
