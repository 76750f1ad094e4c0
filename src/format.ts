/** Numbers, times and tables as people read them. */

/** `0:07`, `12:40`, `1:02:03`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `1 file`, `2 files`. @param one As of one of them; its plural ends in s. */
export const formatCount = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** Up to `digits` decimals; a dash where there is no number. */
export function formatNumber(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined) return '–';
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

/** `512 bytes`, `4 MiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${formatNumber(Math.round((bytes / 1024 ** power) * 10) / 10, 1)} ${['bytes', 'KiB', 'MiB', 'GiB'][power]}`;
}

/** `12.40 USD`; small amounts to a hundredth of a cent. @param currency As the price file names it; null where not kept. */
export function formatMoney(amount: number, currency: string | null): string {
  const digits = amount > 0 && amount < 1 ? 4 : 2;
  const [whole = '', rest = ''] = amount.toFixed(digits).split('.');
  return `${Number(whole).toLocaleString('en-US')}.${rest}${currency === null ? '' : ` ${currency}`}`;
}

/** Tables and texts with an empty line before each; what is null is left out. */
export const formatParagraphs = (parts: readonly (string | null)[]): string =>
  `\n${parts.filter((part) => part !== null).join('\n\n')}`;

/** Columns of equal width, the first to the left and the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(cell.length, found[column] ?? 0)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A section of Markdown: a heading, and rows below the first as a table. */
export function markdownTable(title: string, rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `## ${title}\n\n${[line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')}\n`;
}

/** `answerMatch` -> `answer match`: names of settings, rewards and guards as people read them. */
export const spacedName = (name: string): string =>
  name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
