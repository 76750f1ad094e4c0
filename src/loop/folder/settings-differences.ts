/** Where two sets of settings differ: by dotted path for programs, and as a short list for people. Pure. */

export interface Difference {
  path: string;
  /** As JSON; `nothing` where it is not there. */
  before: string;
  after: string;
}

/** Leaves that differ; a list is a leaf. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isSection(before) && isSection(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  const [was, is] = [before, after].map((value) => JSON.stringify(value) ?? nothing);
  return was === is ? [] : [{ path, before: was ?? '', after: is ?? '' }];
}

/** Within lists too, entries with a name by that; long values are cut, and no more than fit a screen are told. */
export function differenceLines(changed: readonly Difference[]): string[] {
  const lines = changed.flatMap(withinLists).map(({ path, before, after }) => {
    if (before === nothing) return `${path}: not there, ${cut(after)} here`;
    return `${path}: ${cut(before)} there, ${after === nothing ? 'nothing' : cut(after)} here`;
  });
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), `… and ${lines.length - mostLines + 1} more`];
}

const nothing = 'nothing';
const mostLines = 12;
const longest = 60;

function withinLists(difference: Difference): Difference[] {
  const [before, after] = [listOf(difference.before), listOf(difference.after)];
  if (before === null || after === null) return [difference];
  return differences(before, after, difference.path).flatMap(withinLists);
}

/** A list of sections as one section, by name or by place; null of anything else. */
function listOf(text: string): Record<string, unknown> | null {
  if (!text.startsWith('[{')) return null;
  const items = JSON.parse(text) as readonly unknown[];
  if (!items.every(isSection)) return null;
  return Object.fromEntries(items.map((item, index) => [String(item['name'] ?? index + 1), item]));
}

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

export const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
