/** How GRPO went, from what its trainer told: dead groups and entropy, of the newest try at each step. */
import { z } from 'zod';
import { linesOf } from '../folder/json-lines.js';
import { stageKey } from '../folder/ledger.js';
import type { GrpoCourse } from './policy-guards.js';
import { mean } from '../../mean.js';
import { jsonOrNull } from '../../json-text.js';

const metric = z.number().nullable();
const stepSchema = z.object({
  type: z.literal('job'),
  cycle: z.int(),
  stage: z.literal('grpo'),
  arm: z.string().optional(),
  event: z.object({
    type: z.literal('train-step'),
    step: z.int(),
    grpo: z.object({ deadGroups: metric, entropy: metric.optional() }),
  }),
});

const beginSchema = z.object({
  type: z.literal('stage-start'),
  cycle: z.int(),
  stage: z.literal('grpo'),
  arm: z.string().optional(),
  resumed: z.literal(false),
});

/** By the name of the GRPO stage. Events may be damaged or lost: then less is known. */
export function grpoCourses(eventsFile: string): Map<string, GrpoCourse> {
  const stages = new Map<string, Map<number, { deadGroups: number | null; entropy?: number | null | undefined }>>();
  for (const line of linesOf(eventsFile)) {
    if (line?.includes('"type":"stage-start"') === true) {
      // Begun anew: what an earlier try told, of more steps perhaps, is of another training.
      const begun = beginSchema.safeParse(jsonOrNull(line));
      if (begun.success) stages.delete(stageKey(begun.data.cycle, 'grpo', begun.data.arm));
      continue;
    }
    if (line?.includes('"deadGroups":') !== true) continue;
    const parsed = stepSchema.safeParse(jsonOrNull(line));
    if (!parsed.success) continue;
    const { cycle, stage, arm, event } = parsed.data;
    const key = stageKey(cycle, stage, arm);
    stages.set(key, (stages.get(key) ?? new Map<number, never>()).set(event.step, event.grpo));
  }
  return new Map([...stages].map(([key, steps]) => [key, courseOf(steps)]));
}

function courseOf(
  steps: ReadonlyMap<number, { deadGroups: number | null; entropy?: number | null | undefined }>,
): GrpoCourse {
  const inOrder = [...steps].toSorted(([a], [b]) => a - b).map(([, figures]) => figures);
  const entropies = inOrder.flatMap(({ entropy }) => entropy ?? []);
  const quarter = Math.max(1, Math.floor(entropies.length / 4));
  const [first, last] = [mean(entropies.slice(0, quarter)), mean(entropies.slice(-quarter))];
  return {
    deadGroups: mean(inOrder.flatMap(({ deadGroups }) => deadGroups ?? [])),
    entropy: first === null || last === null || entropies.length < 2 ? null : { first, last },
  };
}
