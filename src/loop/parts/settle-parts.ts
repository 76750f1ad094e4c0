/** The parts that a run is given, in code and by its configuration, checked and complete: before anything starts. */
import { destinationOf, egressProblem } from '../../config/egress-rule.js';
import { nearest } from '../../config/nearest-word.js';
import type { Config } from '../../config/schema.js';
import type { PartSlot } from '../../config/part-modules.js';
import { structuredOutputs } from '../../config/asking/asked-providers.js';
import { ConfigError } from '../../errors.js';
import type { Evaluator } from '../../evaluation/evaluator.js';
import type { Grader } from '../../grading/index.js';
import type { Part } from '../../config/part.js';
import { isReadyMade, promptStrategies, type PromptStrategy } from '../../prompts/prompt-strategy.js';
import type { Reward } from '../../reward/reward.js';
import { stagesOf } from '../comparison/recipe-stages.js';
import { stageNames } from '../stage-names.js';
import {
  checkedEvaluator,
  checkedFilter,
  checkedGrader,
  checkedProvider,
  checkedStrategy,
  type Late,
} from './checked-parts.js';
import { loadPart, type Loading, type PartEnv } from './load-part.js';
import { checkedPart, invalid, kindOf, slotNames, unknownSlot } from './part-slots.js';
import type { EventSink, LoopParts, OwnProvider, OwnStage, RunParts, SampleFilter } from './loop-parts.js';

/** How parts are waited for. */
export interface Waiting {
  /** Stops the loading of modules. */
  signal?: AbortSignal | undefined;
  /** Hears once of each part that takes long to answer. */
  late?: Late | undefined;
}

/**
 * @throws ConfigError `part-invalid`, `part-twice`, `part-missing`, `part-not-loaded`, `part-outside` or `parts-forbidden`, each
 * with the part's slot, file and export as far as there are any.
 */
export async function settleParts(
  config: Config,
  given: LoopParts = {},
  env: PartEnv = process.env,
  { signal, late }: Waiting = {},
): Promise<RunParts> {
  for (const key of Object.keys(given)) if (!slotNames.includes(key as PartSlot)) throw unknownSlot(key);
  const parts = await collect(config, given, { env, signal });
  const provider = (parts.provider[0] ?? null) as OwnProvider | null;
  const grader = (parts.grader[0] ?? null) as Grader | null;
  const evaluator = (parts.evaluator[0] ?? null) as Evaluator | null;
  const own = (parts.strategies as PromptStrategy[]).map(checkedStrategy);
  const stages = parts.stages as OwnStage[];
  checkProvider(config, provider);
  checkStages(config, stages);
  checkLoopAlone(config, parts);
  const asked = [...config.generation.strategies.map((name) => promptStrategies[name]), ...own];
  if (asked.length === 0)
    throw new ConfigError('part-missing', 'no prompt strategy is left to ask the generator by', {
      where: 'generation.strategies',
      remedy: 'Name one in generation.strategies, or give one of your own in parts.strategies.',
    });
  return {
    provider: provider === null ? null : checkedProvider(provider, late),
    strategies: asked,
    grader: grader === null ? null : checkedGrader(grader, late),
    rewards: parts.rewards as (Reward & Part)[],
    filters: (parts.filters as SampleFilter[]).map((filter) => checkedFilter(filter, late)),
    stages,
    evaluator: evaluator === null ? null : checkedEvaluator(evaluator, late),
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

async function collect(config: Config, given: LoopParts, loading: Loading): Promise<Record<PartSlot, Part[]>> {
  const found = {} as Record<PartSlot, Part[]>;
  for (const slot of slotNames) {
    const inCode = listOf(given[slot]);
    if (isSingle(slot) && inCode.length > 1)
      throw invalid(slot, null, 'can be one only; more than one is given', `parts.${slot}`);
    const named = config.parts[slot];
    const references = [named ?? []].flat();
    if (typeof named === 'string' && inCode.length > 0)
      throw new ConfigError('part-twice', `the ${kindOf(slot)} is given twice: in code, and as ${named}`, {
        where: `parts.${slot}`,
        remedy: 'Leave one of the two out.',
      });
    const parts: Part[] = [];
    for (const reference of references)
      parts.push(checkedPart(slot, await loadPart(reference, `parts.${slot}`, loading), reference));
    for (const part of inCode) parts.push(checkedPart(slot, part, `parts.${slot}`));
    const twice = parts.find(({ name }, index) => parts.findIndex((other) => other.name === name) !== index);
    if (twice !== undefined)
      throw invalid(slot, twice.name, 'stands twice; give each a name of its own', `parts.${slot}`);
    found[slot] = parts;
  }
  return found;
}

const isSingle = (slot: PartSlot): boolean => slot === 'provider' || slot === 'grader' || slot === 'evaluator';

const listOf = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

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
  const planned = stagesOf(config);
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
    if (!planned.has(at))
      throw wrong(`comes ${before === undefined ? 'after' : 'before'} ${at}, which this run has not`);
  }
}

/** A comparison has no filter, and its tables judge answers anew, by the rule of the configuration. */
function checkLoopAlone({ recipe }: Config, { filters, evaluator }: Record<PartSlot, Part[]>): void {
  if (recipe.kind === 'loop') return;
  for (const [slot, parts] of Object.entries({ filters, evaluator }) as [PartSlot, Part[]][])
    for (const { name } of parts)
      throw invalid(slot, name, `works in the loop alone, and recipe.kind is ${recipe.kind}`, `parts.${slot}`);
}
