/** What held-out questions said before GRPO, cycle by cycle, and whether GRPO was left out for it. */
import { headroomOutputSchema, type HeadroomOutput } from '../../loop/headroom/measure-headroom.js';
import { ownLedger, type RunRecord } from './run-record.js';

export interface CycleHeadroom extends HeadroomOutput {
  cycle: number;
  /** Why GRPO was left out; null where it was not. */
  skipped: string | null;
}

/** None of runs that did not look, and of versions that could not. */
export function readHeadroom(run: RunRecord): CycleHeadroom[] {
  return ownLedger(run)
    .filter(({ stage }) => stage === 'headroom')
    .toSorted((a, b) => a.cycle - b.cycle)
    .flatMap(({ cycle, output }) => {
      const { data } = headroomOutputSchema.safeParse(output);
      const skipped = run.result?.cycles.find((done) => done.cycle === cycle)?.grpoSkipped ?? null;
      return data === undefined ? [] : [{ ...data, cycle, skipped }];
    });
}
