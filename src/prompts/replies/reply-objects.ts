/**
 * Finds the objects that were asked for in a reply, in whatever they are wrapped. What is no JSON is read twice, by jsonrepair and by
 * our own strict reader, and taken only where both read the same: jsonrepair alone would close what was cut off.
 */
import { jsonrepair } from 'jsonrepair';
import { readLoose } from './loose-json.js';
import { canonical, type Loose } from './loose-value.js';
import type { Fields } from './reply-fields.js';
import type { ReplyRepair } from './reply-repairs.js';

export interface ReplyObjects {
  /** Those that differ, in the order of the text. */
  samples: Fields[];
  repairs: Set<ReplyRepair>;
  /** The JSON itself where it is valid, whatever it holds. */
  json?: unknown;
  /** Why nothing was taken although something is there. */
  doubt?: string;
}

/** What kind of object is looked for. */
export interface ReplyShape {
  /** The fields that were asked for, gathered from within it where `isWrapped`; null for an object of another kind. */
  take(value: Fields, repairs: Set<ReplyRepair>): { fields: Fields; isWrapped: boolean } | null;
  /** Fields that stand outside of any object: what was read may be a part of what was meant. */
  outside: RegExp;
}

/** A text in a text in a text is no reply. */
const deepest = 3;

export function findReplyObjects(raw: string, shape: ReplyShape, depth = 0): ReplyObjects {
  const repairs = new Set<ReplyRepair>();
  const text = withCommands(raw, repairs);
  const inner = /^\s*```\w*\s*([\s\S]*?)\s*```\s*$/.exec(text)?.[1] ?? text;
  const json = parsed(inner);
  if (json === undefined) return findInText(text, { shape, repairs, depth });
  const read = readLoose(inner, 0);
  if ('fault' in read) return { samples: [], repairs, json, doubt: faults[read.fault] };
  const found = objectsIn(read.value, { shape, repairs, depth });
  return { ...distinct(found, repairs), json };
}

const faults = {
  conflict: 'A field stands twice and says different things',
  open: 'The text ends before the object does',
  deep: 'It nests deeper than any sample',
  other: 'Not one JSON object',
};

interface Search {
  shape: ReplyShape;
  repairs: Set<ReplyRepair>;
  depth: number;
}

function findInText(raw: string, search: Search): ReplyObjects {
  const { shape, repairs } = search;
  const reply = withoutThoughts(withoutInvisible(raw, repairs), repairs);
  const found: Fields[] = [];
  const fail = (doubt: string): ReplyObjects => ({ samples: [], repairs, doubt });
  if (reply === null) return fail('It ends within its thoughts');
  const text = decoded(reply, repairs);
  let left = '';
  let at = 0;
  for (let next = 0; (next = nextOpening(text, at)) !== -1;) {
    const read = readLoose(text, next);
    if ('fault' in read) {
      // A cut reply stays dropped, also where a whole object stands within what is cut.
      if (read.fault !== 'other') return fail(faults[read.fault]);
      left += text.slice(at, next + 1);
      at = next + 1;
      continue;
    }
    const slice = text.slice(next, read.end);
    const samples = objectsIn(read.value, search);
    if (read.repaired && samples.length > 0) {
      repairs.add('syntax');
      if (!isReadAlike(slice, samples, search)) return fail('It can be read in two ways');
    }
    found.push(...samples);
    left += text.slice(at, next);
    at = read.end;
  }
  left += text.slice(at);
  if (shape.outside.test(left)) return fail(faults.other);
  if (left.replace(/```\w*/g, '').trim() !== '') repairs.add('surroundings');
  return distinct(found, repairs);
}

function nextOpening(text: string, from: number): number {
  const opening = /[{[]/g;
  opening.lastIndex = from;
  return opening.exec(text)?.index ?? -1;
}

function isReadAlike(slice: string, samples: readonly Fields[], search: Search): boolean {
  if (parsed(slice) !== undefined) return true;
  try {
    const other = readLoose(jsonrepair(slice), 0);
    if ('fault' in other) return false;
    const theirs = objectsIn(other.value, { ...search, repairs: new Set() });
    return canonicalOf(theirs) === canonicalOf(samples);
  } catch {
    return false;
  }
}

/** jsonrepair takes the apostrophe of `'Crohn's'` for a double quote; the words are the same. */
const canonicalOf = (samples: readonly Fields[]): string =>
  samples.map((fields) => canonical(fields).replaceAll(String.raw`\"`, "'")).join('\n');

function distinct(found: readonly Fields[], repairs: Set<ReplyRepair>): ReplyObjects {
  const samples = [...new Map(found.map((fields) => [canonical(fields), fields])).values()];
  if (samples.length < found.length) repairs.add('wrapped');
  return { samples, repairs };
}

/** Objects with the fields that were asked for, at whatever depth; one within another's fields is its own affair. */
function objectsIn(value: Loose, search: Search): Fields[] {
  const { shape, repairs, depth } = search;
  if (depth > deepest) return [];
  if (typeof value === 'string') return objectsInText(value, search);
  if (Array.isArray(value))
    return wrapped(
      value.flatMap((item) => objectsIn(item, search)),
      repairs,
    );
  if (!(value instanceof Map)) return [];
  const taken = shape.take(value, repairs);
  if (taken !== null) return taken.isWrapped ? wrapped([taken.fields], repairs) : [taken.fields];
  return wrapped(
    [...value.values()].flatMap((member) => objectsIn(member, search)),
    repairs,
  );
}

function objectsInText(text: string, { shape, repairs, depth }: Search): Fields[] {
  if (!/^\s*(?:```\w*\s*)?[{[]/.test(text)) return [];
  const inner = findReplyObjects(text, shape, depth + 1);
  if (inner.samples.length === 0) return [];
  for (const repair of inner.repairs) repairs.add(repair);
  repairs.add('encoded');
  return inner.samples;
}

function wrapped(samples: Fields[], repairs: Set<ReplyRepair>): Fields[] {
  if (samples.length > 0) repairs.add('wrapped');
  return samples;
}

/** LaTeX's, that begin as an escape of JSON's does; before a letter `\b` and `\f` never stand for a sign of their own. */
const command = /^(?:[bf][A-Za-z]|(?:text\w*|theta|tau|times|rho|right\w*|neq|nabla)(?![A-Za-z]))/;

/** A backslash that begins no escape, as of LaTeX's `\mu` or `\%`, was meant as one: its author forgot to write it twice. */
function withCommands(text: string, repairs: Set<ReplyRepair>): string {
  const whole = text.replace(/\\(.)/gsu, (escape: string, next: string, at: number) => {
    const isForgotten = /[ac-eg-mo-qsv-zA-Z%$#_]/.test(next) || command.test(text.slice(at + 1, at + 12));
    return isForgotten ? `\\${escape}` : escape;
  });
  if (whole !== text) repairs.add('syntax');
  return whole;
}

const invisible = /[\u200b\u2060\ufeff\u00ad]/g;

/** Texts without characters that nobody sees; joiners of scripts that need them stay. */
export function withoutInvisible(text: string, repairs: Set<ReplyRepair>): string {
  const seen = text.replace(invisible, '');
  if (seen.length < text.length) repairs.add('invisible-characters');
  return seen;
}

const thoughts = '(?:think|thinking|thought|thoughts|reasoning|analysis|scratchpad)';
const wholeThoughts = new RegExp(String.raw`^[^{[]*?<(${thoughts})>[\s\S]*?</\1>`, 'i');
const openThoughts = new RegExp(`^[^{[]*<${thoughts}>`, 'i');
const anyThoughts = new RegExp(`<${thoughts}>`, 'i');
const endOfThoughts = new RegExp(`^[\\s\\S]*</${thoughts}>`, 'i');

/**
 * Without what a model thought before its reply; also where only the end of it stands there, as some chat templates leave
 * it. Null where it never ended: what looks like a reply is a draft.
 */
function withoutThoughts(text: string, repairs: Set<ReplyRepair>): string | null {
  let rest = text;
  for (let next = ''; (next = rest.replace(wholeThoughts, '')) !== rest;) rest = next;
  if (openThoughts.test(rest)) return null;
  if (!anyThoughts.test(rest)) rest = rest.replace(endOfThoughts, '');
  if (rest !== text) repairs.add('surroundings');
  return rest;
}

const entities: Readonly<Record<string, string>> = {
  quot: '"',
  '#34': '"',
  '#39': "'",
  apos: "'",
  amp: '&',
  lt: '<',
  gt: '>',
};

/** A whole reply as HTML writes it, or with every quote escaped as within a text of JSON. */
function decoded(text: string, repairs: Set<ReplyRepair>): string {
  let plain = text;
  if (/[{,]\s*&(?:quot|#34|#39|apos);/.test(text) && !text.includes('"'))
    plain = text.replace(/&(quot|#34|#39|apos|amp|lt|gt);/g, (_, name: string) => entities[name] ?? '');
  else if (/\{\s*\\+"/.test(text) && !/(?:^|[^\\])"/.test(text)) plain = unescaped(text) ?? text;
  if (plain !== text) repairs.add('encoded');
  return plain;
}

/** Null where other backslashes stand there: nobody knows how often those were escaped. */
function unescaped(text: string): string | null {
  if (text.replace(/\\"|\\n(?=\s|\\"|[}\]])/g, '').includes('\\')) return null;
  const once = parsed(`"${text.replaceAll('\n', String.raw`\n`)}"`);
  return typeof once === 'string' ? once : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
