/** A judge's verdicts as filters, one for each way in which it keeps a candidate out. */
import type { Sample } from '../../sample.js';
import type { SampleFilter } from '../parts/loop-parts.js';
import { passes } from './judge-figures.js';
import type { VerdictRow } from './verdict-table.js';

/** @param verdicts In the order of the candidates. */
export function judgeFilters(
  candidates: readonly Sample[],
  verdicts: readonly VerdictRow[],
  minPoints: number,
): SampleFilter[] {
  const verdictOf = new Map(candidates.map((sample, place) => [sample, verdicts[place]]));
  const filter = (name: string, accepts: (verdict: VerdictRow) => boolean): SampleFilter => ({
    name,
    version: '1',
    accept: (sample) => {
      const verdict = verdictOf.get(sample);
      return verdict !== undefined && accepts(verdict);
    },
  });
  return [
    filter('not-judged', ({ passed }) => passed !== null),
    filter('gate-failed', ({ passed }) => passed === true),
    filter('too-few-points', (verdict) => passes(verdict, minPoints) === true),
  ];
}
