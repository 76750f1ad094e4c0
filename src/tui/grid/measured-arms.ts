/** The arms of a comparison that are measured, each at its mean over the seeds. Pure. */
import { baseArm } from '../../loop/comparison/arm-plan.js';
import { accuracyOf, gainOver, seedsOf } from '../state/arms.js';
import type { ScreenState } from '../state/screen-state.js';

export interface MeasuredArm {
  name: string;
  label: string;
  accuracy: number;
  /** Over the base, on the seeds that have both; null without one, and of the base itself. */
  gain: number | null;
}

/** The highest first; `base` is null where the recipe has no arm of that name, or has not measured it. */
export function bestFirst(state: ScreenState): { measured: MeasuredArm[]; base: MeasuredArm | null } {
  const { grid } = state;
  if (grid === null) return { measured: [], base: null };
  const measured = grid.arms.flatMap(({ name, label }) => {
    const spread = accuracyOf(grid, seedsOf(state), name);
    const gain = name === baseArm ? null : gainOver(grid, seedsOf(state), name, baseArm);
    return spread === null ? [] : [{ name, label, accuracy: spread.mean, gain }];
  });
  return {
    measured: measured.toSorted((a, b) => b.accuracy - a.accuracy),
    base: measured.find(({ name }) => name === baseArm) ?? null,
  };
}
