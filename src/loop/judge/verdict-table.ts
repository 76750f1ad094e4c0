/** verdicts.parquet: one row for each candidate, in their order, with what the judge said or why it said nothing. */
import { readParquet, writeParquet } from '../../dataset/tables/table.js';
import type { Outcome } from '../../generation/outcome.js';
import { failedGates, pointsShare } from '../../prompts/judging/rubric.js';
import type { Sample } from '../../sample.js';

const columns = {
  id: 'VARCHAR',
  /** Whether all gates passed; null where there is no verdict. */
  passed: 'BOOLEAN',
  failedGates: 'VARCHAR[]',
  /** Share of the points. */
  points: 'DOUBLE',
  pointsByItem: 'VARCHAR',
  reason: 'VARCHAR',
  provider: 'VARCHAR',
  model: 'VARCHAR',
  modelVersion: 'VARCHAR',
  promptHash: 'VARCHAR',
  /** Why there is no verdict. */
  unjudged: 'VARCHAR',
  detail: 'VARCHAR',
} as const;

export interface VerdictRow {
  id: string;
  passed: boolean | null;
  failedGates: readonly string[];
  points: number | null;
}

/** @param outcomes One for each task, in their order. @param taskOf Candidate -> its task. */
export async function writeVerdicts(
  path: string,
  candidates: readonly Sample[],
  taskOf: readonly number[],
  outcomes: Iterable<Outcome>,
): Promise<void> {
  const rows = function* (): Generator<object> {
    const coming = outcomes[Symbol.iterator]();
    const counts = new Map<number, number>();
    for (const task of taskOf) counts.set(task, (counts.get(task) ?? 0) + 1);
    // Tasks are in the order of the first candidate of each; what is said of a later one is kept until it comes.
    const kept = new Map<number, object>();
    let next = 0;
    for (const [place, { id }] of candidates.entries()) {
      const task = taskOf[place] ?? -1;
      if (task === next) {
        const outcome = coming.next();
        if (outcome.done === true) return;
        kept.set(task, rowOf(outcome.value));
        next += 1;
      }
      const left = (counts.get(task) ?? 1) - 1;
      counts.set(task, left);
      yield { ...kept.get(task), id };
      if (left === 0) kept.delete(task);
    }
  };
  await writeParquet(path, rows(), columns);
}

function rowOf(outcome: Outcome): object {
  if ('dropped' in outcome) return { unjudged: outcome.dropped.reason, detail: outcome.dropped.detail };
  if (!('verdict' in outcome)) return {};
  const { verdict } = outcome;
  const { points, reason, provider, model, modelVersion = null, promptHash } = verdict;
  const failed = failedGates(verdict);
  return {
    passed: failed.length === 0,
    failedGates: failed,
    points: pointsShare(verdict),
    pointsByItem: JSON.stringify(points),
    reason,
    provider,
    model,
    modelVersion,
    promptHash,
  };
}

export async function readVerdicts(path: string): Promise<VerdictRow[]> {
  const rows = await readParquet<VerdictRow & { failedGates: string[] | null }>(path);
  return rows.map(({ id, passed, points, failedGates: failed }) => ({ id, passed, points, failedGates: failed ?? [] }));
}
