/** What verdicts came to, in a few lines. Pure. */
import { fixed, formatCount, percentWithin } from '../../format.js';
import type { Estimate } from '../../evaluation/verdicts/estimate.js';
import type { ReviewSummary } from './review-summary.js';

/** `86.2 % (75.0 to 93.1)`: the interval is of 95 %. */
const shareText = (estimate: Estimate | null): string => percentWithin(estimate?.value, estimate);

/** Of κ, which is no share: `0.86 (0.75 to 0.93)`. */
export const estimateText = (estimate: Estimate | null): string =>
  estimate === null ? '–' : `${fixed(estimate.value, 2)} (${fixed(estimate.low, 2)} to ${fixed(estimate.high, 2)})`;

type Figures = Pick<ReviewSummary, 'precision' | 'recall'>;

/** Name, value; the first says who judged how many. */
export function reviewRows({ readers, judged, disputed, kappa, corrected, cycles, ...all }: ReviewSummary): string[][] {
  const of = (where: string, { precision, recall }: Figures): string[][] => [
    [`precision of D_gen${where}`, shareText(precision)],
    [`recall of the filter${where}`, shareText(recall)],
  ];
  return [
    ['judged by experts', `${formatCount(judged, 'sample')} by ${readers.join(', ')}`],
    ...of('', all),
    ...(corrected === null
      ? []
      : of(`, if a reader errs in ${fixed(100 * corrected.readerError, 0)} of 100`, corrected)),
    ...(cycles.length < 2 ? [] : cycles.flatMap((cycle) => of(`, cycle ${cycle.cycle}`, cycle))),
    ...(kappa === null
      ? []
      : [
          [
            `agreement (κ) of ${kappa.readers.join(' and ')}`,
            `${estimateText(kappa)} on ${formatCount(kappa.n, 'sample')}`,
          ],
        ]),
    ...(disputed === 0 ? [] : [['disputed', formatCount(disputed, 'sample')]]),
  ];
}

/** In what such figures hold, and in what they do not. */
export const reviewNote =
  'Estimates from the verdicts, with 95 % intervals: each verdict is weighted by the probability with which its sample was drawn. ' +
  'They are of what these readers would say of all candidates of the cycles that they judged.';

/** As lines: `precision of D_gen: 0.86 (0.75 to 0.93)`. */
export const reviewLines = (summary: ReviewSummary): string[] =>
  reviewRows(summary).map(([name = '', value = '']) => `${name}: ${value}`);
