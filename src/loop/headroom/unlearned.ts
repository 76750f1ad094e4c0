/** What was written and paid for, and that D_gen did not take: its questions stay good. Pure. */
import type { Sample } from '../../sample.js';

export interface Written {
  samples: Sample[];
  /** Fingerprints of the stages that wrote and scored them. */
  from: readonly string[];
}

/** @param scored This cycle's candidates. @param dataset D_gen after it, which may have taken samples of earlier cycles too. */
export function unlearnedOf(
  before: Written,
  scored: readonly Sample[],
  dataset: readonly Sample[],
  fingerprint: string,
): Written {
  const taken = new Set(dataset.map(({ id }) => id));
  return {
    samples: [...before.samples, ...scored].filter(({ id }) => !taken.has(id)),
    from: [...before.from, fingerprint],
  };
}
