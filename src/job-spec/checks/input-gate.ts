/**
 * The one gate of all jobs: what is given as a sample, or as a row in words of one's own, is checked here before anything is
 * written or started. A job must not learn `<answer>undefined</answer>`, whoever asks for it and in whatever form.
 */
import { z } from 'zod';
import { nearest } from '../../config/nearest-word.js';
import { ConfigError, DataError } from '../../errors.js';
import { firstTwins } from '../../reward/options/options-differ.js';
import { sampleSchema } from '../../sample.js';

/** What a row is given for. */
export type RowKind = 'sft' | 'grpo' | 'reward-model' | 'score' | 'complete' | 'evaluate';

/** What a template or a table makes of a value that is not there. `None` may be an answer. */
const nothing = /^\s*(?:undefined|null|nan|NaN|\[object Object\])?\s*$/;
const text = z.string().refine((value) => !nothing.test(value), {
  error: ({ input }) => (String(input).trim() === '' ? 'is empty' : `says "${String(input).trim()}"`),
});
const id = z.string().min(1).optional();
const noAnswer = /<answer>\s*(?:undefined|null|nan|NaN|\[object Object\])?\s*<\/answer>/;
const completion = text.refine((value) => !noAnswer.test(value), 'has an answer that says nothing');
/** On the scale of the four grades. */
const grade = z.number().min(-6).max(10);

/** A question as it may be given, with whatever else a sample has. */
const question = z.strictObject({
  ...sampleSchema.partial().shape,
  image: text,
  question: text,
  options: z.array(text).optional(),
  answer: text.optional(),
});
const sample = question.extend({ answer: text });
const prompt = z.strictObject({ id, image: text, prompt: text });
const scored = prompt.extend({ response: text });

/** Each kind's forms: of a sample or question, and in words of one's own. */
const forms = {
  sft: { asked: sample, own: prompt.extend({ completion }) },
  /** Rewards need whole samples; a file has the prompts that were made of them. */
  grpo: { asked: sample, own: null },
  'reward-model': {
    asked: question.extend({ response: text, grade }),
    own: scored.extend({ grade: grade.nullish(), pair: z.string().min(1).nullish(), chosen: z.boolean().nullish() }),
  },
  score: { asked: sample, own: scored },
  complete: { asked: question, own: prompt },
  evaluate: { asked: question, own: prompt.extend({ responses: z.array(text) }) },
} as const;
const withResponse = question.extend({ response: text });

/** What the file of a job's rows must have, and may have. */
export function columnsOf(kind: RowKind): { required: string[]; optional: string[] } {
  const columns = Object.entries((forms[kind].own ?? prompt).shape);
  const isOptional = ([name, schema]: (typeof columns)[number]): boolean =>
    name !== 'id' && schema.safeParse(undefined).success;
  return {
    required: columns.filter((column) => !isOptional(column)).map(([name]) => name),
    optional: columns.filter(isOptional).map(([name]) => name),
  };
}

/**
 * @param from File that the rows were read from, for messages.
 * @throws DataError `sample-invalid` or `row-invalid` that names the row, its id and the field; ConfigError
 * `row-id-repeated`, or `no-rows` where there are none.
 */
export function checkInputs(kind: RowKind, inputs: readonly unknown[], from?: string): void {
  if (inputs.length === 0)
    throw new ConfigError('no-rows', `The ${kind} job has no rows${from === undefined ? '' : ` in ${from}`}.`, {
      where: from,
      remedy: 'Give at least one.',
    });
  const ids = new Map<string, number>();
  for (const [index, input] of inputs.entries()) {
    checkInput(kind, input, index, from);
    const name = idOf(input) ?? String(index + 1);
    const other = ids.get(name);
    if (other !== undefined)
      throw new ConfigError('row-id-repeated', `Rows ${other + 1} and ${index + 1} have the id ${name}.`, {
        where: from ?? name,
        remedy: 'Give each row an id of its own, or leave all ids out.',
      });
    ids.set(name, index);
  }
}

export function checkInput(kind: RowKind, input: unknown, index: number, from?: string): void {
  const { asked, own } = forms[kind];
  const isOwn = own !== null && isObject(input) && 'prompt' in input;
  const form = isOwn ? own : kind === 'score' && isObject(input) && 'response' in input ? withResponse : asked;
  const parsed = form.safeParse(input, { reportInput: true });
  const problems = parsed.success
    ? moreProblems(kind, parsed.data as Read)
    : parsed.error.issues.map((issue) => problemOf(issue, Object.keys(form.shape)));
  if (problems.length === 0) return;
  const name = idOf(input);
  const place = `${isOwn ? 'Row' : 'Sample'} ${index + 1}${name === null ? '' : ` (id ${name})`}`;
  const where = `${isOwn ? 'row' : 'sample'} ${index + 1}`;
  throw new DataError(
    isOwn ? 'row-invalid' : 'sample-invalid',
    `${from === undefined ? '' : `${from}: `}${place} cannot be used: ${problems.join('; ')}.`,
    {
      where: from === undefined ? where : `${from}, ${where}`,
      cause: parsed.success ? undefined : parsed.error,
      remedy: `Mend or leave out this ${isOwn ? 'row' : 'sample'}.`,
    },
  );
}

function problemOf(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code === 'unrecognized_keys')
    return issue.keys
      .map((key) => {
        const meant = nearest(key, known);
        return `${key} is no field of it${meant === null ? '' : ` (${meant} is meant?)`}`;
      })
      .join('; ');
  const field = issue.path.join('.');
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return `${field === '' ? 'it' : field} ${missing ? 'is missing' : issue.message.replace(/^Invalid input: /, 'is wrong: ')}`;
}

interface Read {
  options?: readonly string[] | undefined;
  answer?: string | undefined;
  rationale?: string | undefined;
  grade?: number | null | undefined;
  pair?: string | null | undefined;
  chosen?: boolean | null | undefined;
}

/** What no field alone can have wrong. */
function moreProblems(kind: RowKind, { options = [], answer, rationale, grade: given, pair, chosen }: Read): string[] {
  const problems: string[] = [];
  const same = firstTwins(options);
  if (same !== null) problems.push(`options has twice the same: ${same}`);
  if (answer !== undefined && options.length > 0 && !options.includes(answer))
    problems.push(`it has the answer "${answer}", which is no option`);
  for (const [field, said] of Object.entries({ answer, rationale, options: options.join(' ') }))
    if (/<\/?(?:think|answer)>/i.test(said ?? '')) problems.push(`${field} holds tags of the response format`);
  if ((typeof pair === 'string') !== (typeof chosen === 'boolean')) problems.push('pair and chosen go together');
  if (kind === 'reward-model' && typeof given !== 'number' && typeof pair !== 'string')
    problems.push('it has neither a grade nor a pair');
  return problems;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function idOf(input: unknown): string | null {
  const given = isObject(input) ? (input as { id?: unknown }).id : undefined;
  return typeof given === 'string' && given !== '' ? given : null;
}
