/**
 * Which faults are tried: a pure function of a seed, so that one trial can be repeated by its number alone. A longer list
 * begins with the shorter one.
 */
import { seededRandom } from '../../../src/random.js';
import type { ConfigurationName } from './acts/configurations.js';
import { faultKinds, type FaultKind } from './acts/kinds.js';

export interface Trial {
  /** `017-kill-node-at-random`: its place in the list, and its kind for the reader. */
  id: string;
  kind: FaultKind;
  configuration: ConfigurationName;
  /**
   * Uniform in [0, 1): which moment of the run, which file, where in it, and how long. Trials of a kind spread over
   * `moment`, those of a class over `file`.
   */
  draw: { moment: number; file: number; place: number; time: number };
}

/** Kinds in proportion to their weights. */
export function drawTrials(count: number, seed: number, kinds: readonly FaultKind[] = faultKinds): Trial[] {
  const start = seededRandom('faults', seed);
  const atKind = start.next();
  /** Each has a beginning of its own, or the first trials of all kinds would fall on one moment. */
  const beginning = (name: string): number => seededRandom('faults', seed, name).next();
  const ofKind = new Map<string, number>();
  const ofClass = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const random = seededRandom('faults', seed, index);
    const kind = kindAt(spread(atKind, index), kinds);
    return {
      id: `${String(index).padStart(3, '0')}-${kind.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
      kind,
      configuration: random.pick(kind.configurations),
      draw: {
        moment: spread(beginning(kind.name), next(ofKind, kind.name)),
        file: spread(beginning(`files ${classOf(kind)}`), next(ofClass, classOf(kind))),
        place: random.next(),
        time: random.next(),
      },
    };
  });
}

/** By number or by whole name. */
export function findTrial(trials: readonly Trial[], name: string): Trial | undefined {
  return trials.find(({ id }) => id === name || Number.parseInt(id, 10) === Number(name));
}

/** The weights laid end to end make a line of length 1. */
function kindAt(place: number, kinds: readonly FaultKind[]): FaultKind {
  let left = place * kinds.reduce((sum, { weight }) => sum + weight, 0);
  const found = kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds.at(-1);
  if (found === undefined) throw new RangeError('no kinds of faults to draw from');
  return found;
}

/** Damages of one phase share the files among them, whatever is done to each. */
function classOf({ name, act }: FaultKind): string {
  return act.type === 'damage' ? `damage ${act.when}` : name;
}

function next(counts: Map<string, number>, key: string): number {
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  return count;
}

/** The golden ratio spreads any number of points evenly over [0, 1). */
function spread(offset: number, index: number): number {
  return (offset + index * 0.618_033_988_749_895) % 1;
}
