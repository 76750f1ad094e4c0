/** How many samples say the truth. For measuring only: nothing in the loop decides by it. */
import { answersMatch } from '../../reward/reading/extract.js';
import type { LoopData } from '../../dataset/sources/data-source.js';
import type { Sample } from '../../sample.js';

/** Whether a sample's answer is true; null where the truth is not known. */
export function isTrue(data: Pick<LoopData, 'truth'>, sample: Sample): boolean | null {
  const truth = data.truth(sample);
  return truth === null ? null : answersMatch(sample.answer, truth, sample.options);
}

/** Share in [0, 1] of the samples of known truth that are true; null where it is known of none. */
export const precisionOf = (data: Pick<LoopData, 'truth'>, samples: readonly Sample[]): number | null =>
  shareTrue(samples.map((sample) => isTrue(data, sample)));

/** The same of what `isTrue` gave. */
export function shareTrue(values: readonly (boolean | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.filter(Boolean).length / known.length;
}
