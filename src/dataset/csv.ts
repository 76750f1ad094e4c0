/**
 * CSV and TSV as RFC 4180 has them, with the physical line of each record: a quoted field may hold line breaks, so that the
 * number of a row is not its line. Values stay text.
 */

export interface CsvRecord {
  /** Where the record begins, from 1. */
  line: number;
  /** An empty field is null. */
  fields: Record<string, string | null>;
}

export interface CsvTable {
  columns: string[];
  records: CsvRecord[];
  bad: { line: number; reason: string }[];
}

const delimiters = [',', ';', '\t', '|'] as const;

export function parseCsv(text: string): CsvTable {
  // As Excel writes it, also where a program has put it in quotes.
  const said = /^"?sep=(.)"?(?:\r\n?|\n)/i.exec(text);
  const start = said?.[0].length ?? 0;
  const delimiter = said?.[1] ?? delimiterOf(text);
  const found = splitRecords(text, { start, line: said === null ? 1 : 2, delimiter });
  const [head, ...rest] = found.records;
  const columns = columnsOf(head?.values ?? []);
  const table: CsvTable = { columns, records: [], bad: [...found.bad] };
  for (const { line, values } of rest) {
    const over = values.slice(columns.length);
    if (values.length < columns.length || over.some((value) => value.trim() !== ''))
      table.bad.push({
        line,
        reason: `has ${values.length} fields where the header has ${columns.length}: quote a field that holds "${delimiter}"`,
      });
    else
      table.records.push({
        line,
        fields: Object.fromEntries(columns.map((name, i) => [name, plainValue(values[i] ?? '') || null])),
      });
  }
  return table;
}

/** Excel's way to keep a number's zeros: `="007"`. */
const plainValue = (value: string): string =>
  /^="((?:[^"]|"")*)"$/.exec(value.trim())?.[1]?.replaceAll('""', '"') ?? value;

/** A column whose name stood before; no number, which would make options of answers. */
export const repeatedName = (name: string, count: number): string =>
  `${name} (again${count === 2 ? '' : `, ${count}.`})`;

/** What the header has most of outside quotes; a comma where it has none. */
function delimiterOf(text: string): string {
  const header = (/^\s*(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0] ?? '').replaceAll(/"(?:[^"]|"")*"/g, '');
  const counts = delimiters.map((one) => header.split(one).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** Names of their own for columns without one, and for those that stand twice. */
function columnsOf(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((given, index) => {
    const name = given.trim() || `column ${index + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : repeatedName(name, count);
  });
}

interface Place {
  start: number;
  line: number;
  delimiter: string;
}

interface Found {
  records: { line: number; values: string[] }[];
  bad: CsvTable['bad'];
}

function splitRecords(text: string, { start, line: first, delimiter }: Place): Found {
  const found: Found = { records: [], bad: [] };
  let line = first;
  for (let at = start; at < text.length;) {
    const record = readRecord(text, at, delimiter);
    // After a broken record the next line is taken for a record: a quote that is never closed would take in all the rest.
    const end = record.reason === null ? record.end : endOfLine(text, at);
    if (record.reason !== null) found.bad.push({ line, reason: record.reason });
    else if (record.values.length > 1 || record.values[0]?.trim() !== '')
      found.records.push({ line, values: record.values });
    line += text.slice(at, end).match(lineBreak)?.length ?? 0;
    at = end;
  }
  return found;
}

const lineBreak = /\r\n?|\n/g;

const endOfLine = (text: string, at: number): number => {
  lineBreak.lastIndex = at;
  return lineBreak.exec(text) === null ? text.length : lineBreak.lastIndex;
};

/** One record from `at`, and where the next begins. */
function readRecord(
  text: string,
  start: number,
  delimiter: string,
): { values: string[]; end: number; reason: string | null } {
  const values: string[] = [];
  for (let at = start; ;) {
    let value: string;
    // Blanks before a quote belong to nothing.
    const open = /[ ]*"/y;
    open.lastIndex = at;
    if (open.test(text)) {
      const closed = closingQuote(text, open.lastIndex);
      if (closed === -1) return { values, end: at, reason: 'has a quote that is never closed' };
      value = text.slice(open.lastIndex, closed).replaceAll('""', '"');
      at = closed + 1;
      while (text[at] === ' ') at += 1;
      if (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r')
        return { values, end: at, reason: 'goes on after a closing quote: write a quote inside a field twice' };
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at += 1;
      value = text.slice(from, at);
    }
    values.push(value);
    if (text[at] === delimiter) {
      at += 1;
      continue;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    return { values, end: at, reason: null };
  }
}

/** The first quote that is not written twice. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}
