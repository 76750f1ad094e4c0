/** Numbers, times and tables as people read them. */
import stringWidth from 'string-width';

/** `0:07`, `12:40`, `1:02:03`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `1 file`, `2 files`. @param one As of one of them; its plural ends in s. */
export const formatCount = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/**
 * Decimals by the one rule that screen, tables, report and files share: half up, of the number that is meant. 438 of 480 is
 * 0.9125, and so 0.913 and 91.3 %, though as a binary number it lies a hair below.
 */
export function fixed(value: number, digits: number): string {
  const scaled = Math.round(Number((Math.abs(value) * 10 ** digits).toPrecision(13)));
  // What is rounded to 0 has no sign.
  return `${value < 0 && scaled > 0 ? '-' : ''}${(scaled / 10 ** digits).toFixed(digits)}`;
}

/** Up to `digits` decimals; a dash where there is no number. */
export function formatNumber(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return '–';
  return Number.isInteger(value) ? String(value) : fixed(value, digits);
}

/** A share, as all of them are told: 0.9125 -> `91.3 %`; a dash where there is none. */
export const percent = (share: number | null | undefined, digits = 1): string =>
  share === null || share === undefined ? '–' : `${fixed(100 * share, digits)} %`;

/** `65 → 97 %`: the unit once. @param between What stands between the two. */
export const percentPair = (one: number | null, other: number | null, between: string, digits = 1): string =>
  `${one === null ? '–' : fixed(100 * one, digits)}${between}${percent(other, digits)}`;

/** `91.3 % (88.6 to 93.8)`; without the brackets where there is no interval. */
export function percentWithin(
  share: number | null | undefined,
  interval: { low: number; high: number } | null | undefined,
): string {
  if (interval === null || interval === undefined) return percent(share);
  return `${percent(share)} (${fixed(100 * interval.low, 1)} to ${fixed(100 * interval.high, 1)})`;
}

/** What one share is above another, in points: 0.354 -> `+35.4`; a true minus. */
export const signedPoints = (share: number): string => {
  const points = fixed(100 * share, 1);
  return points.startsWith('-') ? points.replace('-', '\u2212') : `+${points}`;
};

/** 0.0213 -> `0.021`. The tests by drawing draw ten thousand times: below a thousandth no more is known. */
export const probability = (p: number): string => (p < 0.001 ? '< 0.001' : fixed(p, 3));

/** `p = 0.021`, `p < 0.001`. */
export const pText = (p: number): string => `p ${p < 0.001 ? '' : '= '}${probability(p)}`;

/** `512 bytes`, `4 MiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${formatNumber(Math.round((bytes / 1024 ** power) * 10) / 10, 1)} ${['bytes', 'KiB', 'MiB', 'GiB'][power]}`;
}

/** `12.40 USD`; small amounts to a hundredth of a cent. @param currency As the price file names it; null where not kept. */
export function formatMoney(amount: number, currency: string | null): string {
  const digits = amount > 0 && amount < 1 ? 4 : 2;
  const [whole = '', rest = ''] = fixed(amount, digits).split('.');
  return `${Number(whole).toLocaleString('en-US')}.${rest}${currency === null ? '' : ` ${currency}`}`;
}

/** Tables and texts with an empty line before each; what is null is left out. */
export const formatParagraphs = (parts: readonly (string | null)[]): string =>
  `\n${parts.filter((part) => part !== null).join('\n\n')}`;

/** What fills a text up to a width, in cells of a terminal: words in Chinese take two each, and some marks none. */
export const gap = (text: string, width = 0): string => ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Columns of equal width, the first to the left and the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(stringWidth(cell), found[column] ?? 0)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell + gap(cell, widths[column]) : gap(cell, widths[column]) + cell))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * A section of Markdown: a heading, and rows below the first as a table. Cells hold what people wrote (names, answers): nothing in
 * them is a tag or an image, which would be loaded wherever the card is opened.
 */
export function markdownTable(title: string, rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map(inCell));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `## ${title}\n\n${[line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')}\n`;
}

const inCell = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('![', '!\\[')
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]+/g, ' ');

/** `answerMatch` -> `answer match`: names of settings, rewards and guards as people read them. */
export const spacedName = (name: string): string =>
  name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** `812`, `14.2k`, `3.1M`. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 999_950) return `${fixed(value / 1e6, 1)}M`;
  return value >= 10_000 ? `${fixed(value / 1e3, 1)}k` : String(Math.round(value));
}
