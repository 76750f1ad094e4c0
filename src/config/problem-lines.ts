/** Turns zod's findings into one line each that a person can act on. */
import type { z } from 'zod';
import { nearest } from './nearest-word.js';
import { keysAt } from './known-keys.js';

export interface Problem {
  path: PropertyKey[];
  message: string;
  /** Where the fault is the key itself (unknown key), not its value. */
  at: 'key' | 'value';
}

type Issue = z.core.$ZodIssue;

/** One problem per unknown key, wrong value or missing value. */
export function describeIssues(issues: readonly Issue[], schema: z.ZodType, value: unknown): Problem[] {
  return issues.flatMap((issue) => describeIssue(issue, schema, value));
}

function describeIssue(issue: Issue, schema: z.ZodType, value: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path, value);
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(key, known), at: 'key' }));
  }
  if (issue.code === 'invalid_union') return [describeUnion(issue, schema, value)];
  return [{ path: issue.path, message: plain(issue, valueAt(value, issue.path)), at: 'value' }];
}

/** TRL has more than a hundred options: such a list helps nobody. */
const shownKeys = 30;

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  if (meant !== null) return `unknown key; did you mean ${meant}?`;
  if (known.length === 0 || known.length > shownKeys) return 'unknown key';
  return `unknown key; known here: ${known.join(', ')}`;
}

/** The branch that got furthest is the one the person meant; where none did, all are named. */
function describeUnion(issue: Extract<Issue, { code: 'invalid_union' }>, schema: z.ZodType, value: unknown): Problem {
  const deep = issue.errors.flat().find((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys');
  if (deep !== undefined) {
    const [problem] = describeIssue({ ...deep, path: [...issue.path, ...deep.path] }, schema, value);
    if (problem !== undefined) return problem;
  }
  const found = valueAt(value, issue.path);
  const wanted = issue.errors
    .flat()
    .map((inner) => (inner.code === 'invalid_type' ? typeName(inner.expected) : inner.message));
  const message =
    wanted.length > 0
      ? `expected ${[...new Set(wanted)].join(' or ')}, found ${show(found)}`
      : `not one of the known kinds, found ${show(found)}`;
  return { path: issue.path, message, at: 'value' };
}

function plain(issue: Issue, found: unknown): string {
  // Known and refused: the schema says why.
  if (issue.code === 'invalid_type' && issue.expected === 'never') return issue.message;
  if (issue.code === 'invalid_type' && found === undefined) return `missing; expected ${typeName(issue.expected)}`;
  if (issue.code === 'invalid_type') return `expected ${typeName(issue.expected)}, found ${show(found)}`;
  if (issue.code === 'invalid_value') {
    const meant = typeof found === 'string' ? nearest(found, issue.values.map(String)) : null;
    const hint = meant === null ? '' : `; did you mean ${meant}?`;
    return `expected one of ${issue.values.map(String).join(', ')}, found ${show(found)}${hint}`;
  }
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return `${lowerFirst(issue.message)}, found ${show(found)}`;
  return found === undefined ? issue.message : `${issue.message}, found ${show(found)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  object: 'a section of settings',
  record: 'a section of settings',
  array: 'a list',
};

const typeName = (name: string): string => typeNames[name] ?? name;

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a section of settings';
  return JSON.stringify(value);
}

/** The value at a path of plain objects and arrays; undefined where there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) =>
      typeof node === 'object' && node !== null ? (node as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
