/** How long work takes, from what a run has shown: seconds per job begun, sequence written, read and learned from, and row of a table. Pure. */
import type { StageWork } from './work-schema.js';

const kinds = ['start', 'write', 'read', 'learn', 'learnToGrade', 'table'] as const;
type Kind = (typeof kinds)[number];
export type Rates = Readonly<Record<Kind, number>>;

/** What they cost against each other where nothing was measured: measured on the shipped model, two cores. */
const prior: Rates = { start: 0.25, write: 0.009, read: 0.004, learn: 0.015, learnToGrade: 0.015, table: 0.001 };

export interface FinishedWork {
  work: StageWork;
  /** How long it took. */
  seconds: number;
}

/** Null where no model has worked yet: what a sequence takes on this machine is then anybody's guess. */
export function ratesOf(finished: readonly FinishedWork[]): Rates | null {
  const measured = finished
    .map(({ work, seconds }) => ({ work, seconds: Math.max(seconds - work.seconds, seconds / 10) }))
    .filter(({ work }) => kinds.some((kind) => work[kind] > 0));
  const byModels = measured.filter(({ work }) => work.table === 0);
  if (byModels.length === 0) return null;
  const sum = (items: readonly FinishedWork[], of: (item: FinishedWork) => number): number =>
    items.reduce((total, item) => total + of(item), 0);
  // A kind that has not been seen keeps its proportion to the others.
  const scale = sum(byModels, ({ seconds }) => seconds) / sum(byModels, ({ work }) => modelSeconds(work, prior));
  let rates = eachKind((kind) => prior[kind] * (kind === 'table' ? 1 : scale));
  // A stage of several kinds is shared out by what each is thought to take, until that no longer changes.
  for (let round = 0; round < 10; round++) {
    const now = rates;
    rates = eachKind((kind) => {
      const units = sum(measured, ({ work }) => work[kind]);
      if (units === 0) return now[kind];
      const seconds = sum(
        measured,
        (item) => (item.seconds * item.work[kind] * now[kind]) / modelSeconds(item.work, now),
      );
      return seconds / units;
    });
  }
  return rates;
}

/** Seconds of a stage by such rates. */
export const workSeconds = (work: StageWork, rates: Rates): number => work.seconds + modelSeconds(work, rates);

const modelSeconds = (work: StageWork, rates: Rates): number =>
  kinds.reduce((sum, kind) => sum + work[kind] * rates[kind], 0);

const eachKind = (of: (kind: Kind) => number): Rates => ({
  start: of('start'),
  write: of('write'),
  read: of('read'),
  learn: of('learn'),
  learnToGrade: of('learnToGrade'),
  table: of('table'),
});
