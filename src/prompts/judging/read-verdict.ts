/** The reply of a judge: its structure, and how it is read, by the one way in which replies of generators are. Pure. */
import { z } from 'zod';
import { canonical, NumberText, type Loose } from '../replies/loose-value.js';
import { textOf, type Fields } from '../replies/reply-fields.js';
import { findReplyObjects, type ReplyShape } from '../replies/reply-objects.js';
import type { ReplyRepair } from '../replies/reply-repairs.js';
import { drop, quote, tidy, type DroppedReply, type ReplyContext } from '../replies/reply-schema.js';
import { endedOtherwise, unreadable } from '../replies/whole-reply.js';
import { bareName, type RubricItems, type Verdict } from './rubric.js';

export type ParsedVerdict = { ok: true; verdict: Omit<Verdict, 'id'>; repairs: ReplyRepair[] } | DroppedReply;

/** The reply's form, one schema for each set of items; why comes before what, so that a model thinks first. */
export function verdictSchema({ gates, points }: RubricItems): z.ZodType {
  return z.strictObject({
    reason: z.string().describe('What decided, in one or two sentences.'),
    ...Object.fromEntries(
      gates.map(({ name, ask }) => [name, z.enum(['yes', 'no']).describe(`"yes" or "no": ${ask}`)]),
    ),
    ...Object.fromEntries(
      points.map(({ name, most, ask }) => [name, z.int().min(0).max(most).describe(`0 to ${most}: ${ask}`)]),
    ),
  });
}

export function readVerdict(
  text: string,
  items: RubricItems,
  ending: Omit<ReplyContext, 'questionType'>,
): ParsedVerdict {
  const ended = endedOtherwise(text, ending);
  if (ended !== null) return ended;
  const found = findReplyObjects(text, shapeOf(items));
  const [fields] = found.samples;
  if (found.samples.length > 1)
    return drop('malformed-json', `Holds ${found.samples.length} verdicts that differ: ${quote(text)}`);
  const whole = unreadable(text, { json: found.json, doubt: found.doubt, isFound: fields !== undefined });
  if (whole !== null) return whole;
  if (fields === undefined) return drop('schema', `No item of the rubric is there: ${quote(text)}`);
  return verdictOf(fields, items, found.repairs);
}

function verdictOf(fields: Fields, { gates, points }: RubricItems, repairs: Set<ReplyRepair>): ParsedVerdict {
  const conflict = fields.get('conflict');
  if (conflict !== undefined) return drop('schema', `${String(conflict)}: stands twice and says different things`);
  const passed: Record<string, boolean> = {};
  for (const { name } of gates) {
    const said = yesOrNo(fields.get(bareName(name)), repairs);
    if (said === null)
      return drop('schema', `${name}: expected "yes" or "no", found ${shown(fields.get(bareName(name)))}`);
    passed[name] = said;
  }
  const given: Record<string, number> = {};
  for (const { name, most } of points) {
    const said = pointsOf(fields.get(bareName(name)), most, repairs);
    if (said === null)
      return drop(
        'schema',
        `${name}: expected a whole number from 0 to ${most}, found ${shown(fields.get(bareName(name)))}`,
      );
    given[name] = said;
  }
  const reason = tidy(textOf(fields.get('reason'), new Set()) ?? '');
  const mostPoints = points.reduce((sum, { most }) => sum + most, 0);
  return { ok: true, verdict: { gates: passed, points: given, mostPoints, reason }, repairs: [...repairs].toSorted() };
}

const shown = (value: Loose | undefined): string => (value === undefined ? 'nothing' : quote(canonical(value)));

function yesOrNo(value: Loose | undefined, repairs: Set<ReplyRepair>): boolean | null {
  const word =
    typeof value === 'boolean' ? (value ? 'yes' : 'no') : typeof value === 'string' ? value.trim().toLowerCase() : '';
  const bare = word.replace(/[.!]$/, '');
  if (bare !== 'yes' && bare !== 'no') return null;
  if (value !== bare) repairs.add('answer-form');
  return bare === 'yes';
}

/** What is out of range is no verdict: nobody knows which scale the judge had in mind. */
function pointsOf(value: Loose | undefined, most: number, repairs: Set<ReplyRepair>): number | null {
  const text = value instanceof NumberText ? value.text : typeof value === 'string' ? value.trim() : '';
  const [, digits, of] = /^(\d+)(?:\.0+)?(?:\s*\/\s*(\d+))?$/.exec(text) ?? [];
  if (digits === undefined || (of !== undefined && Number(of) !== most)) return null;
  if (!(value instanceof NumberText) || text !== digits) repairs.add('not-text');
  const points = Number(digits);
  return points <= most ? points : null;
}

function shapeOf({ gates, points }: RubricItems): ReplyShape {
  const names = ['reason', ...[...gates, ...points].map(({ name }) => name)];
  const bare = new Map(names.map((name) => [bareName(name), name]));
  const items = new Set([...gates, ...points].map(({ name }) => bareName(name)));
  return {
    // Models like to put gates and points into objects of their own.
    take: (value, repairs) => {
      const fields: Fields = new Map();
      let isWrapped = false;
      const gather = (object: Fields, depth: number): void => {
        for (const [name, member] of object) {
          const key = bareName(name);
          if (!bare.has(key)) {
            if (member instanceof Map && depth < 2) {
              isWrapped = true;
              gather(member, depth + 1);
            } else repairs.add('extra-field');
            continue;
          }
          if (name !== bare.get(key)) repairs.add('field-name');
          const before = fields.get(key);
          // Two reasons are no contradiction.
          if (before !== undefined && key !== 'reason' && canonical(before) !== canonical(member))
            fields.set('conflict', name);
          if (before === undefined) fields.set(key, member);
        }
      };
      gather(value, 0);
      return [...fields.keys()].some((key) => items.has(key)) ? { fields, isWrapped } : null;
    },
    outside: new RegExp(`["'“”‘’\`](?:${names.filter((name) => name !== 'reason').join('|')})["'“”‘’\`]\\s*:`, 'i'),
  };
}
