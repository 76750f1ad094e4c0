/** What a reward model is trained on: graded texts of the seed data, preferences of the policy, and replay of both. Pure. */
import type { GradedRow } from '../../grading/index.js';
import type { Random } from '../../random.js';
import { rewardRow, type RewardRow, type RowOptions } from './job-rows.js';

/** Graded texts as rows; within a sample the right texts are paired with its hard mismatches for the pairwise loss. */
export function gradedRewardRows(graded: readonly GradedRow[], options: RowOptions): RewardRow[] {
  return [...Map.groupBy(graded, (row) => row.sampleId).values()].flatMap((rows) => {
    const better = rows.filter((row) => row.grade >= 6);
    const worse = rows.filter((row) => row.kind === 'mismatch');
    const pairs = new Map<GradedRow, { id: string; chosen: boolean }>();
    for (const [index, chosen] of better.entries()) {
      const rejected = worse[index];
      if (rejected === undefined) break;
      pairs.set(chosen, { id: chosen.id, chosen: true });
      pairs.set(rejected, { id: chosen.id, chosen: false });
    }
    return rows.map((row) => rewardRow(row, options, pairs.get(row) ?? null));
  });
}

/**
 * New rows and, for each of them, `share` earlier ones drawn at random, so that nothing is forgotten. The rows of a pair
 * stay together.
 */
export function withReplay(
  fresh: readonly RewardRow[],
  earlier: readonly RewardRow[],
  share: number,
  random: Random,
): RewardRow[] {
  const wanted = Math.round(fresh.length * share);
  const units = random.shuffle([...Map.groupBy(earlier, (row) => row.pair ?? row.id).values()]);
  const replayed: RewardRow[] = [];
  for (const unit of units) {
    if (replayed.length >= wanted) break;
    replayed.push(...unit);
  }
  return random.shuffle([...fresh, ...replayed]);
}
