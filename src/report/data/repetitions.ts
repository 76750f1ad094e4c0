/** Which runs of a report are one recipe with several seeds, and what they come to together. Pure. */
import { poolComparisons, type PooledComparison } from '../../loop/comparison/pooled-comparison.js';
import type { RunRecord } from './run-record.js';
import { differingSettings } from './differing-settings.js';

/** Finished comparisons whose settings differ in nothing but the seed, each group of at least two. */
export function repetitions(runs: readonly RunRecord[]): { runs: RunRecord[]; pooled: PooledComparison }[] {
  const groups: RunRecord[][] = [];
  for (const run of runs) {
    if (run.comparison?.status !== 'complete') continue;
    const group = groups.find((others) => others.every((other) => isRepetition(other, run)));
    if (group === undefined) groups.push([run]);
    else group.push(run);
  }
  return groups
    .filter((group) => group.length > 1)
    .map((group) => ({
      runs: group,
      pooled: poolComparisons(group.flatMap(({ comparison }) => (comparison === null ? [] : [comparison]))),
    }));
}

function isRepetition(one: RunRecord, other: RunRecord): boolean {
  const differing = differingSettings([one.configText, other.configText]);
  const sameSeed = one.comparison?.seed === other.comparison?.seed;
  return !sameSeed && one.configText !== null && [...differing.keys()].every((key) => key === 'seed');
}
