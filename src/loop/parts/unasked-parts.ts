/** Parts of a person's own that nothing in a run asks, as far as its configuration says: told before it begins. Pure. */
import type { Part } from '../../config/part.js';
import type { PartSlot } from '../../config/part-modules.js';
import type { StageName } from '../stage-names.js';
import type { RunParts } from './loop-parts.js';
import { kindOf } from './part-slots.js';
import { ownParts } from './settle-parts.js';

/** The stages of which one asks a part; sinks hear of all. */
const askedBy: Partial<Record<PartSlot, readonly StageName[]>> = {
  provider: ['generate'],
  strategies: ['generate'],
  grader: ['grade'],
  rewards: ['grpo'],
  filters: ['filter'],
  evaluator: ['evaluate', 'evaluate-base', 'evaluate-sft', 'evaluate-grpo'],
};

/**
 * One line for each such part, by name.
 * @param what What is run: `this recipe`.
 */
export function unaskedParts(parts: RunParts, stages: ReadonlySet<StageName>, what: string): string[] {
  const own = ownParts(parts);
  const line = (slot: PartSlot, { name }: Part, lacks: readonly StageName[]): string =>
    `nothing asks the ${kindOf(slot)} "${name}" here: ${what} has no stage ${lacks[0] ?? ''}`;
  const unasked = (Object.entries(askedBy) as [PartSlot, readonly StageName[]][]).flatMap(([slot, by]) =>
    by.some((stage) => stages.has(stage)) ? [] : (own[slot] ?? []).map((part) => line(slot, part, by)),
  );
  const stray = parts.stages.flatMap((stage) => {
    const place = stage.before ?? stage.after;
    return stages.has(place) ? [] : [line('stages', stage, [place])];
  });
  return [...unasked, ...stray];
}
