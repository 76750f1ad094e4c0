/** Curves as rows of braille characters: two dots across and four down in each cell. Pure text; colours come later. */

export interface Curve {
  points: readonly (readonly [step: number, value: number])[];
  /** Drawn behind the others. */
  faint?: boolean;
}

export interface Segment {
  text: string;
  faint: boolean;
}

export interface PlotOptions {
  /** Cells. */
  width: number;
  height: number;
  /** Range of steps; the values' range is theirs. */
  steps: readonly [first: number, last: number];
  values: readonly [lowest: number, highest: number];
}

const blank = 0x28_00;
/** Bit of the dot at [column][row] of a cell. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

export function plot(curves: readonly Curve[], options: PlotOptions): Segment[][] {
  const { width, height } = options;
  const solid = new Uint8Array(width * height);
  const faint = new Uint8Array(width * height);
  for (const curve of curves) draw(curve, options, curve.faint === true ? faint : solid);
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (__, column): Segment => {
      const index = row * width + column;
      const own = solid[index] ?? 0;
      const bits = own | (faint[index] ?? 0);
      return { text: bits === 0 ? ' ' : String.fromCodePoint(blank + bits), faint: own === 0 };
    }).reduce(joinAlike, []),
  );
}

/** Joins neighbours of one look: fewer pieces for the terminal. */
function joinAlike(segments: Segment[], next: Segment): Segment[] {
  const last = segments.at(-1);
  if (last === undefined || last.faint !== next.faint) return [...segments, next];
  return [...segments.slice(0, -1), { text: last.text + next.text, faint: last.faint }];
}

function draw({ points }: Curve, { width, height, steps, values }: PlotOptions, cells: Uint8Array): void {
  const [columns, rows] = [width * 2, height * 4];
  const place = ([step, value]: readonly [number, number]): [x: number, y: number] => [
    scale(step, steps, columns - 1),
    rows - 1 - scale(value, values, rows - 1),
  ];
  const set = (x: number, y: number): void => {
    const index = (y >> 2) * width + (x >> 1);
    cells[index] = (cells[index] ?? 0) | (dots[x % 2 === 0 ? 0 : 1][y % 4] ?? 0);
  };
  for (const [index, point] of points.entries()) {
    const [x, y] = place(point);
    const [fromX, fromY] = index === 0 ? [x, y] : place(points[index - 1] ?? point);
    const length = Math.max(Math.abs(x - fromX), Math.abs(y - fromY), 1);
    for (let dot = 0; dot <= length; dot++) {
      const share = dot / length;
      set(Math.round(fromX + (x - fromX) * share), Math.round(fromY + (y - fromY) * share));
    }
  }
}

/** Whole number from 0 to `largest`; values outside the range lie on its edge. */
function scale(value: number, [low, high]: readonly [number, number], largest: number): number {
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return Math.round(Math.min(1, Math.max(0, share)) * largest);
}

/** Lowest and highest value of some curves, with a little air where all are the same. */
export function rangeOf(curves: readonly Curve[]): [lowest: number, highest: number] {
  const values = curves.flatMap((curve) => curve.points.map(([, value]) => value));
  const [low, high] = values.reduce(
    ([lowest, highest], value) => [Math.min(lowest, value), Math.max(highest, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (values.length === 0) return [0, 1];
  return high - low < 1e-9 ? [low - 0.5, high + 0.5] : [low, high];
}

const eighths = ' ▁▂▃▄▅▆▇█';

/** Counts as columns of blocks, one cell a count, `height` rows. */
export function histogram(counts: readonly number[], height: number): string[] {
  const most = Math.max(1, ...counts);
  return Array.from({ length: height }, (_, row) =>
    counts
      .map((count) => {
        const filled = Math.ceil((count / most) * height * 8) - (height - 1 - row) * 8;
        return eighths[Math.min(8, Math.max(0, filled))] ?? ' ';
      })
      .join(''),
  );
}

/** A bar of `width` cells, filled by a share from 0 to 1. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(Math.max(0, width - filled));
}
