/** Medians and spreads of what a bench measured, and its table. Pure. */
export interface Line {
  what: string;
  /** With its unit. */
  value: string;
  /** What was hoped for, or what it is compared with. */
  note: string;
}

/** The value below which `share` of the values lie (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** `median (lowest–highest)` */
export function spread(values: readonly number[], digits: number, unit: string): string {
  const text = (value: number): string => value.toFixed(digits);
  if (values.length < 2) return `${text(median(values))} ${unit}`;
  return `${text(median(values))} ${unit} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** `median, 95 % below …` */
export function typical(values: readonly number[], digits: number, unit: string): string {
  return `${median(values).toFixed(digits)} ${unit}, 95 % below ${quantile(values, 0.95).toFixed(digits)} ${unit}`;
}

export function table(lines: readonly Line[]): string {
  const rows = lines.map(({ what, value, note }) => `| ${what} | ${value} | ${note} |`);
  return ['| what | median | beside |', '|---|---|---|', ...rows, ''].join('\n');
}
