/** Asks filters in order, which of the candidates D_gen may take: r > τ first, then a person's own. */
import type { Sample } from '../../sample.js';
import type { FilterContext, SampleFilter } from './loop-parts.js';

/** r > τ; what has no score could not be read by R_φ. */
export const aboveThreshold: SampleFilter = {
  name: 'below-threshold',
  version: '1',
  accept: ({ score }, { tau }) => score !== null && score > tau,
};

/** Candidates asked about at a time: a filter may ask a server. */
const atOnce = 32;

export interface Sifted {
  kept: Sample[];
  /** Of each that was refused, the name of the filter that was the first to. */
  refusedBy: Map<Sample, string>;
}

/** A candidate that one filter refuses is not put before the next. */
export async function sift(
  samples: readonly Sample[],
  filters: readonly SampleFilter[],
  context: FilterContext,
): Promise<Sifted> {
  const refusedBy = new Map<Sample, string>();
  const kept: Sample[] = [];
  for (let from = 0; from < samples.length; from += atOnce) {
    context.signal.throwIfAborted();
    const some = samples.slice(from, from + atOnce);
    const refusals = await Promise.all(some.map((sample) => refusalOf(sample, filters, context)));
    for (const [index, sample] of some.entries()) {
      const refusal = refusals[index] ?? null;
      if (refusal === null) kept.push(sample);
      else refusedBy.set(sample, refusal);
    }
  }
  return { kept, refusedBy };
}

async function refusalOf(
  sample: Sample,
  filters: readonly SampleFilter[],
  context: FilterContext,
): Promise<string | null> {
  for (const filter of filters) if (!(await filter.accept(sample, context))) return filter.name;
  return null;
}
