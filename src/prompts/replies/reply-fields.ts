/** The fields of a sample as models name and shape them, brought to the form that was asked for. Nothing is guessed. */
import { isDisputed, optionByText, optionLetter } from '../../reward/options/answer-options.js';
import { canonical, NumberText, type Loose } from './loose-value.js';
import type { ReplyRepair } from './reply-repairs.js';

export type Fields = Map<string, Loose>;

const asked = ['questionType', 'reflection', 'question', 'options', 'rationale', 'answer'] as const;
type Name = (typeof asked)[number];

const other: ReadonlyMap<string, Name> = new Map([
  ['choices', 'options'],
  ['answeroptions', 'options'],
  ['correctanswer', 'answer'],
  ['explanation', 'rationale'],
]);

/** Beside `answer`, as models add it. */
const answerAgain = /^(?:correct(?:answer)?|answer)(?:letter|label|key|text|option|choice)$/;

const bareName = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

/** The field that a name stands for, in whatever letters. */
function fieldOf(name: string): Name | undefined {
  const bare = bareName(name);
  return asked.find((field) => field.toLowerCase() === bare) ?? other.get(bare);
}

/** Field -> the name that it has in the object; its own name where it stands there too. */
export function fieldNames(value: Fields): Map<Name, string> {
  const names = new Map<Name, string>();
  for (const name of value.keys()) {
    const field = fieldOf(name);
    if (field !== undefined && names.get(field) !== field) names.set(field, name);
  }
  return names;
}

/** The object with nothing but the fields of a sample, under their names; `conflict` where two names differ in what they say. */
export function namedFields(value: Fields, repairs: Set<ReplyRepair>): Fields {
  const fields: Fields = new Map();
  const again: Loose[] = [];
  const names = fieldNames(value);
  for (const [name, member] of value) {
    const field = fieldOf(name);
    if (field === undefined) {
      repairs.add('extra-field');
      if (answerAgain.test(bareName(name))) again.push(member);
      continue;
    }
    if (field !== name) repairs.add('field-name');
    const before = fields.get(field);
    const differs = before !== undefined && canonical(before) !== canonical(member);
    // Two explanations are no contradiction; two answers are.
    if (differs && field !== 'rationale' && field !== 'reflection') fields.set('conflict', field);
    if (before === undefined || names.get(field) === name) fields.set(field, member);
  }
  if (again.some((member) => namesAnother(member, fields))) fields.set('conflict', 'answer');
  return fields;
}

/** Whether it stands for another option than the answer; what names none says nothing. */
function namesAnother(again: Loose, fields: Fields): boolean {
  const options = optionsOf(fields.get('options'), new Set());
  if (options === null) return false;
  const [answer, said] = [fields.get('answer'), again].map((value) =>
    optionByText(answerOf(value, options, new Set()) ?? '', options.texts),
  );
  return typeof answer === 'string' && typeof said === 'string' && answer !== said;
}

/** A rationale may be a list of its steps. */
export function rationaleOf(value: Loose | undefined, repairs: Set<ReplyRepair>): string | null {
  const isList = Array.isArray(value) && value.length > 1 && value.every((item) => typeof item === 'string');
  if (!isList) return textOf(value, repairs);
  repairs.add('not-text');
  return value.join(' ');
}

/** A value as the text that was asked for; null where it is none. */
export function textOf(value: Loose | undefined, repairs: Set<ReplyRepair>): string | null {
  if (typeof value === 'string') return value;
  const text = plainText(value);
  if (text !== null) repairs.add('not-text');
  return text;
}

function plainText(value: Loose | undefined): string | null {
  if (typeof value === 'string') return value;
  if (value instanceof NumberText) return value.text;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 1 ? plainText(value[0]) : null;
  if (!(value instanceof Map) || value.size !== 1) return null;
  const [[name, member] = ['', null]] = value;
  return textNames.test(name) ? plainText(member) : null;
}

const textNames = /^(?:text|value|content|option|answer|description)$/i;
const labelNames = /^(?:label|letter|key|id|option|choice)$/i;
const labelForm = /^(?:option|choice)?[ _-]?\(?([A-Z]|\d{1,2})[).:]?$/i;

export interface Options {
  texts: string[];
  /** What they are called where that is said: `A`, `1`. */
  labels: string[] | null;
}

interface Labelled {
  label: string;
  text: string;
}

/** Null where they are of a form that could mean something else. */
export function optionsOf(value: Loose | undefined, repairs: Set<ReplyRepair>): Options | null {
  if (value === null) {
    repairs.add('null-field');
    return { texts: [], labels: null };
  }
  if (Array.isArray(value) && value.every((item) => !(item instanceof Map))) {
    const texts = value.map((item) => textOf(item, repairs));
    return texts.includes(null) ? null : { texts: texts as string[], labels: null };
  }
  const labelled = labelledOptions(value);
  if (labelled === null) return null;
  repairs.add('options-form');
  const labels = labelled.map(({ label }) => label.toUpperCase());
  if (new Set(labels).size < labels.length) return null;
  const texts = labelled.map(({ text }) => text);
  return { texts, labels: labels.some((label) => label === '') ? null : labels };
}

function labelledOptions(value: Loose | undefined): Labelled[] | null {
  let found: (Labelled | null)[] = [];
  if (typeof value === 'string') found = linesOf(value.trim()).map(lineOption);
  else if (value instanceof Map) found = [...value].map(([name, member]) => memberOption(name, member));
  else if (Array.isArray(value)) found = value.map((item) => (item instanceof Map ? itemOption(item) : null));
  const whole = found.filter((option) => option !== null);
  if (whole.length === 0 || whole.length < found.length) return null;
  // An object has no order of its own, its names have.
  return value instanceof Map
    ? whole.toSorted((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }))
    : whole;
}

/** One option a line, or all in one: `A. CT, B. MRI`, where the letters follow each other. */
function linesOf(text: string): string[] {
  const lines = text.split(/\s*\n\s*/);
  const parts = text.split(/\s*[,;|]?\s+(?=\(?[A-J][).:]\s)/);
  const isOrdered = parts.every((part, i) => new RegExp(`^\\(?${optionLetter(i)}[).:]\\s`).test(part));
  return lines.length === 1 && isOrdered ? parts : lines;
}

function lineOption(line: string): Labelled | null {
  const [, label = '', text = ''] = /^\(?([A-Z]|\d{1,2})[).:]\s*(.+)$/i.exec(line) ?? [];
  return label === '' ? null : { label, text };
}

function memberOption(name: string, member: Loose): Labelled | null {
  const label = labelForm.exec(name.trim())?.[1];
  const text = typeof member === 'boolean' ? null : plainText(member);
  return label === undefined || text === null ? null : { label, text };
}

/** `{"label": "A", "text": "CT"}`, `{"A": "CT"}` or `{"text": "CT"}`. */
function itemOption(item: Fields): Labelled | null {
  const [[name, member] = ['', null]] = item;
  if (item.size === 1) {
    const text = textNames.test(name) ? plainText(member) : null;
    return text === null ? memberOption(name, member) : { label: '', text };
  }
  if (item.size !== 2) return null;
  const text = [...item].find(([key]) => textNames.test(key));
  const label = [...item].find(([key]) => labelNames.test(key) && key !== text?.[0]);
  if (text === undefined || label === undefined) return null;
  return memberOption(plainText(label[1]) ?? '', text[1]);
}

/** The answer in words or by letter; null where its parts contradict one another. */
export function answerOf(value: Loose | undefined, options: Options, repairs: Set<ReplyRepair>): string | null {
  const both = value instanceof Map ? itemOption(value) : null;
  const said = both === null ? textOf(value, repairs) : both.label === '' ? both.text : `${both.label}) ${both.text}`;
  if (both !== null) repairs.add('answer-form');
  if (said === null || options.texts.length === 0) return said;
  return labelledAnswer(said.trim(), options, repairs) ?? said;
}

/** `Option B`, `B - MRI`, `MRI (B)`, and labels that are not the letters of the order. Null where it is not of such a form. */
function labelledAnswer(said: string, { texts, labels }: Options, repairs: Set<ReplyRepair>): string | null {
  if (texts.includes(said)) return null;
  const form =
    /^(?:(?:the )?(?:correct )?(?:answer|option|choice)(?: is)?:?\s*)?(?:option )?\(?([A-Z]|\d{1,2})\)?(?:\s*[).:,–—-]\s*(.*))?$/i;
  const [, before, text = ''] = form.exec(said) ?? [];
  const [, textBefore = '', behind] = /^(.*\S)\s*[([]([A-Z]|\d{1,2})[)\]]$/i.exec(said) ?? [];
  const label = (before ?? behind ?? '').toUpperCase();
  const words = before === undefined ? textBefore : text;
  const names = labels ?? texts.map((_, i) => optionLetter(i));
  const named = texts[names.indexOf(label)];
  if (label === '' || named === undefined) return null;
  // A label that is itself the text of another option could mean either.
  if (texts.some((option) => option !== named && option.trim().toUpperCase() === label)) return null;
  if (labels === null && isDisputed(label, texts)) return null;
  if (words !== '' && optionByText(words, texts) !== named) return null;
  // A letter before the words is how options are commonly named.
  if (labels !== null || !/^\W*[A-Z]\W*$|^\W*[A-Z]\s*[).:]/i.test(said)) repairs.add('answer-form');
  return named;
}
