/** What verdicts came to, in a few lines. */
import type { Estimate } from '../../evaluation/verdicts/estimate.js';
import type { ReviewSummary } from '../../loop/review/review-summary.js';

/** `0.86 (0.75 to 0.93)`: the interval is of 95 %. */
export const estimateText = (estimate: Estimate | null): string =>
  estimate === null ? '–' : `${estimate.value.toFixed(2)} (${estimate.low.toFixed(2)} to ${estimate.high.toFixed(2)})`;

export function reviewLines({ readers, judged, disputed, kappa, precision, recall, cycles }: ReviewSummary): string[] {
  const of = (cells: Pick<ReviewSummary, 'precision' | 'recall'>): string =>
    `precision of D_gen ${estimateText(cells.precision)}, recall of the filter ${estimateText(cells.recall)}`;
  return [
    `${judged} samples judged by ${readers.join(', ')}: ${of({ precision, recall })}`,
    ...(cycles.length < 2
      ? []
      : cycles.map((cycle) => `  cycle ${cycle.cycle}, ${cycle.judged} samples: ${of(cycle)}`)),
    ...(kappa === null
      ? []
      : [
          `agreement of ${kappa.readers.join(' and ')}: κ ${estimateText(kappa)} on ${kappa.n} samples, ${disputed} disputed`,
        ]),
  ];
}
