/**
 * How many tokens an image takes in each family, by what stands in a model's own files. Pure; the same figures as its processor's,
 * which test/golden/image-rules.json holds both languages to.
 */
import { imageTokens, mostImageTokens, type ImageSize, type VisionLimits } from './image-tokens.js';

export type ImageRule =
  | ({ kind: 'area' } & Omit<VisionLimits, 'context'>)
  /** Every image comes to one size; or, in Mllama, is looked at beside the text. */
  | { kind: 'fixed'; tokens: number }
  /** InternVL: cut into tiles of one size, and once more as a whole. */
  | { kind: 'tiles'; width: number; height: number; perTile: number; least: number; most: number }
  /** Idefics3 and SmolVLM: the longer edge comes to `edge`; rows of tiles with marks between, and the whole. */
  | { kind: 'rows'; edge: number; tile: number; perTile: number; splits: boolean }
  /** LLaVA-OneVision: one of several resolutions, what pads it cut off, and the whole. */
  | {
      kind: 'grids';
      grids: readonly (readonly [height: number, width: number])[];
      base: number;
      perTile: number;
      most: number;
    };

/** Edge of what Idefics3 and SmolVLM read at all. */
const ideficsEdge = 4096;

export function tokensOf(size: ImageSize, rule: ImageRule): number {
  switch (rule.kind) {
    case 'area':
      return imageTokens(size, rule);
    case 'fixed':
      return rule.tokens;
    case 'tiles': {
      const tiles = tilesOf(size, rule);
      return 2 + rule.perTile * (tiles > 1 ? tiles + 1 : 1);
    }
    case 'rows': {
      const [rows, columns] = rule.splits ? rowsOf(size, rule) : [0, 0];
      return rule.perTile + 3 + rows * ((rule.perTile + 2) * columns + 1);
    }
    case 'grids':
      return gridTokens(size, rule);
  }
}

/** The most tokens that any image can take. */
export function mostTokens(rule: ImageRule): number {
  switch (rule.kind) {
    case 'area':
      return mostImageTokens(rule);
    case 'fixed':
      return rule.tokens;
    case 'tiles':
      return 2 + rule.perTile * (rule.most > 1 ? rule.most + 1 : 1);
    case 'rows':
      return tokensOf({ width: rule.edge, height: rule.edge }, rule);
    case 'grids':
      return Math.max(...rule.grids.map(([height, width]) => tokensOf({ width, height }, rule)));
  }
}

/** What one token is, for people. */
export function ruleText(rule: ImageRule): string {
  const count = (pixels: number): string => pixels.toLocaleString('en-US');
  switch (rule.kind) {
    case 'area':
      return `a token is ${rule.tokenSide} x ${rule.tokenSide} pixels, of ${count(rule.minPixels)} to ${count(rule.maxPixels)} pixels an image`;
    case 'fixed':
      return 'every image takes as many';
    case 'tiles':
      return `${rule.perTile} a tile of ${rule.width} x ${rule.height} pixels, at most ${rule.most} tiles and the whole image`;
    case 'rows':
      return rule.splits
        ? `${rule.perTile} a tile of ${rule.tile} x ${rule.tile} pixels and the whole image, whose longer edge is brought to ${rule.edge}`
        : `${rule.perTile} an image, which is not split`;
    case 'grids':
      return `${rule.perTile} a tile of ${rule.base} x ${rule.base} pixels in one of ${rule.grids.length} resolutions, and the whole image`;
  }
}

/** As InternVL chooses: the nearest shape; of equals the larger, while the image has half of its pixels. */
function tilesOf({ width, height }: ImageSize, rule: Extract<ImageRule, { kind: 'tiles' }>): number {
  if (rule.most <= 1) return 1;
  const shapes: [number, number][] = [];
  for (let columns = 1; columns <= rule.most; columns++)
    for (let rows = 1; rows <= rule.most; rows++)
      if (columns * rows <= rule.most && columns * rows >= rule.least) shapes.push([columns, rows]);
  let best: [number, number] = [1, 1];
  let nearest = Number.POSITIVE_INFINITY;
  for (const shape of shapes.toSorted(([a, b], [c, d]) => a * b - c * d)) {
    const [columns, rows] = shape;
    const off = Math.abs(width / height - columns / rows);
    const roomy = width * height > 0.5 * rule.width * rule.height * columns * rows;
    if (off < nearest || (off === nearest && roomy)) best = shape;
    nearest = Math.min(nearest, off);
  }
  return best[0] * best[1];
}

/** Rows and columns of tiles; none of an image that is one. */
function rowsOf(size: ImageSize, { edge, tile }: Extract<ImageRule, { kind: 'rows' }>): [number, number] {
  const longer = Math.min(edge, ideficsEdge);
  const ratio = size.width / size.height;
  const even = (value: number): number => Math.max(1, value % 2 === 0 ? value : value + 1);
  const isWide = size.width >= size.height;
  let width = isWide ? edge : even(Math.trunc(edge * ratio));
  let height = isWide ? even(Math.trunc(edge / ratio)) : edge;
  if (edge > longer) {
    const again = width / height;
    [width, height] = isWide ? [longer, Math.trunc(longer / again)] : [Math.trunc(longer * again), longer];
  }
  const columns = Math.ceil(width / tile);
  const rows = Math.ceil(height / tile);
  return rows > 1 || columns > 1 ? [rows, columns] : [0, 0];
}

function gridTokens({ width, height }: ImageSize, rule: Extract<ImageRule, { kind: 'grids' }>): number {
  const [gridHeight, gridWidth] = bestGrid({ width, height }, rule.grids);
  const side = Math.trunc(Math.sqrt(rule.perTile));
  let rows = side * Math.trunc(gridHeight / rule.base);
  let columns = side * Math.trunc(gridWidth / rule.base);
  const whole = (value: number): number => Math.trunc(Math.round(value * 1e7) / 1e7);
  if (width / height > columns / rows) rows -= 2 * Math.floor((rows - whole(height * (columns / width))) / 2);
  else columns -= 2 * Math.floor((columns - whole(width * (rows / height))) / 2);
  const ratio = Math.sqrt((rows * columns) / (rule.most * side ** 2));
  if (ratio > 1.1) {
    rows = Math.trunc(rows / ratio);
    columns = Math.trunc(columns / ratio);
  }
  return rows * columns + rows + rule.perTile;
}

/** The one that shows most of the image, and of those the one that wastes least. */
function bestGrid(
  { width, height }: ImageSize,
  grids: readonly (readonly [number, number])[],
): readonly [number, number] {
  let best: readonly [number, number] = grids[0] ?? [1, 1];
  let shown = 0;
  let waste = Number.POSITIVE_INFINITY;
  for (const grid of grids) {
    const scale = Math.min(grid[1] / width, grid[0] / height);
    const area = Math.min(Math.trunc(width * scale) * Math.trunc(height * scale), width * height);
    const rest = grid[0] * grid[1] - area;
    if (area > shown || (area === shown && rest < waste)) [best, shown, waste] = [grid, area, rest];
  }
  return best;
}
