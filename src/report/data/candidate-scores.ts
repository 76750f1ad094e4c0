/** Of each cycle: what the filter decided about every candidate, and with which score. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readParquet } from '../../dataset/tables/table.js';
import { stageKey } from '../../loop/folder/ledger.js';
import { filterOutputSchema, type FilterOutput } from '../../loop/stages/filter.js';
import { cyclesOf, outputOf, type RunRecord } from './run-record.js';

const decisionSchema = z.object({
  id: z.string(),
  /** R_φ, clamped to [-6, 10]. */
  score: z.number().nullable(),
  decision: z.string(),
  /** Whether the candidate says the truth; null where that is unknown. */
  correct: z.boolean().nullable(),
});
export type Decision = z.output<typeof decisionSchema>;

export interface CycleScores {
  cycle: number;
  filter: FilterOutput;
  /** Empty where decisions.parquet is not there. */
  decisions: Decision[];
  truthKnown: boolean;
}

export async function readScores(run: RunRecord): Promise<CycleScores[]> {
  const found: CycleScores[] = [];
  for (const cycle of cyclesOf(run)) {
    const filter = outputOf(run, cycle, 'filter', filterOutputSchema);
    if (filter === null) continue;
    const file = join(run.dir, stageKey(cycle, 'filter'), 'decisions.parquet');
    const decisions = existsSync(file) ? z.array(decisionSchema).parse(await readParquet(file)) : [];
    found.push({ cycle, filter, decisions, truthKnown: decisions.some(({ correct }) => correct !== null) });
  }
  return found;
}
