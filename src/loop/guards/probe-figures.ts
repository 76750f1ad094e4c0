/** What R_φ makes of the probes: of each kind, how many pairs it ranks as it must. Pure. */
import { z } from 'zod';
import type { ProbePair } from '../../grading/probes.js';

export const probeFiguresSchema = z.record(
  z.string(),
  z.object({
    n: z.int(),
    /** A tie counts half. */
    right: z.number(),
  }),
);
export type ProbeFigures = z.output<typeof probeFiguresSchema>;

/** @param scores Of the better and the worse text of each pair; null where a text was too long to be read. */
export function probeFigures(
  pairs: readonly Pick<ProbePair, 'kind'>[],
  scores: readonly { better: number | null; worse: number | null }[],
): ProbeFigures {
  const figures: ProbeFigures = {};
  for (const [index, { kind }] of pairs.entries()) {
    const { better, worse } = scores[index] ?? { better: null, worse: null };
    if (better === null || worse === null) continue;
    const figure = (figures[kind] ??= { n: 0, right: 0 });
    figure.n += 1;
    figure.right += better > worse ? 1 : better === worse ? 0.5 : 0;
  }
  return figures;
}
