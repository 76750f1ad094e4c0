/** Values over steps in bounded memory: when full, neighbours are joined, so that a run of any length keeps its shape. */

export interface Series {
  /** Step and value, in order of steps. */
  points: readonly (readonly [step: number, value: number])[];
  /** How many values one point stands for. */
  stride: number;
  /** Values that do not fill a point yet. */
  pending: readonly (readonly [step: number, value: number])[];
}

export const emptySeries: Series = { points: [], stride: 1, pending: [] };
const capacity = 512;

export function addPoint(series: Series, step: number, value: number | null): Series {
  if (value === null) return series;
  const pending = [...series.pending, [step, value] as const];
  if (pending.length < series.stride) return { ...series, pending };
  const points = [...series.points, joined(pending)];
  if (points.length < capacity) return { points, stride: series.stride, pending: [] };
  const halved = Array.from({ length: points.length / 2 }, (_, index) =>
    joined(points.slice(index * 2, index * 2 + 2)),
  );
  return { points: halved, stride: series.stride * 2, pending: [] };
}

/** The newest value, whether or not it is part of a point yet. */
export function lastValue(series: Series): number | null {
  return (series.pending.at(-1) ?? series.points.at(-1))?.[1] ?? null;
}

const joined = (values: readonly (readonly [number, number])[]): readonly [number, number] => [
  values.at(-1)?.[0] ?? 0,
  values.reduce((sum, [, value]) => sum + value, 0) / values.length,
];
