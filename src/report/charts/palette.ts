/**
 * The page's colours as CSS variables, so that one drawing serves light, dark and print. Hues start from Okabe and Ito's
 * set, which colour-blind readers can tell apart; marks differ in shape or dash as well, never in hue alone.
 */

type Theme = Readonly<Record<string, string>>;

/** Steps of a heat map from low to high, in names `--heat-0` to `--heat-8`; `--gain-0` to `--gain-8` for differences. */
export const heatSteps = 9;
const heatLight = ['#f1f5f9', '#dbe8f3', '#bfd8eb', '#98c1df', '#6ca6cf', '#3576a8', '#236ca3', '#0f5188', '#093a66'];
const heatDark = ['#222a33', '#23384b', '#234763', '#24587d', '#2a6c99', '#3f86b8', '#64a3d2', '#90c2e8', '#c3e2fb'];

const gainLight = ['#a33f00', '#d27436', '#e8a378', '#f6d7c2', '#f2f3f5', '#cfe2f2', '#92bfe0', '#3576a8', '#0f5188'];
const gainDark = ['#ffa469', '#d4783c', '#96542a', '#55382a', '#262d35', '#24435c', '#2a6691', '#4f97cb', '#a5d4f7'];

/** @param inverse Steps on which text has the page's colour. */
const heat = (prefix: string, colours: readonly string[], inverse: (step: number) => boolean): Theme =>
  Object.fromEntries(
    colours.flatMap((colour, i) => [
      [`${prefix}-${i}`, colour],
      [`on-${prefix}-${i}`, inverse(i) ? 'var(--ink-inverse)' : 'var(--ink)'],
    ]),
  );

export const light: Theme = {
  page: '#f5f6f8',
  card: '#ffffff',
  ink: '#1a2028',
  'ink-inverse': '#ffffff',
  muted: '#525c68',
  line: '#d8dde3',
  link: '#005a9c',
  notice: '#fff6e0',
  'notice-line': '#a86b00',
  base: '#66707c',
  sft: '#0072b2',
  grpo: '#c44e00',
  right: '#0072b2',
  gained: '#3c93cf',
  wrong: '#d55e00',
  neutral: '#838d98',
  'series-0': '#0072b2',
  'series-1': '#c44e00',
  'series-2': '#008060',
  'series-3': '#a3458a',
  'series-4': '#8a6d00',
  'series-5': '#4b5560',
  ...heat('heat', heatLight, (step) => step >= 5),
  ...heat('gain', gainLight, (step) => step < 1 || step > 6),
};

export const dark: Theme = {
  page: '#12161b',
  card: '#1a1f26',
  ink: '#e7ebf0',
  'ink-inverse': '#10151b',
  muted: '#a9b3be',
  line: '#39424d',
  link: '#7cc0ff',
  notice: '#33290f',
  'notice-line': '#e0a63a',
  base: '#a3adb8',
  sft: '#62b3ee',
  grpo: '#ff9a57',
  right: '#4fa3e0',
  gained: '#a9dbff',
  wrong: '#ff8c42',
  neutral: '#6b7783',
  'series-0': '#62b3ee',
  'series-1': '#ff9a57',
  'series-2': '#3fcf9f',
  'series-3': '#ea9ad2',
  'series-4': '#e5c54a',
  'series-5': '#b6c0ca',
  ...heat('heat', heatDark, (step) => step >= 5),
  ...heat('gain', gainDark, (step) => step < 2 || step > 6),
};

export const colour = (name: string): string => `var(--${name})`;

const seriesColours = 6;
const dashes = [[], [5, 3], [2, 2], [7, 2, 2, 2]] as const;
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'] as const;

/** Look of the i-th of several series. */
export function series(i: number): { colour: string; dash: readonly number[]; shape: string } {
  return {
    colour: colour(`series-${i % seriesColours}`),
    dash: dashes[Math.floor(i / seriesColours + i) % dashes.length] ?? [],
    shape: shapes[i % shapes.length] ?? 'circle',
  };
}

/** Declarations for a style sheet. */
export const variables = (theme: Theme): string =>
  Object.entries(theme)
    .map(([name, value]) => `--${name}:${value};`)
    .join('');
