/** Reads what jobs wrote, checked against what was asked: one line per row, in order, with finite numbers. */
import { z } from 'zod';
import { readJsonLines } from './table.js';
import { DataError } from '../../errors.js';

const scoreLine = z.object({ id: z.string(), score: z.number().nullable() });
const completionLine = z.object({ id: z.string(), index: z.int(), text: z.string(), finished: z.boolean() });
/** One completion: of which row, which of several, its text, and whether it ended by itself. */
export type Completion = z.output<typeof completionLine>;

const answerLine = z.object({
  id: z.string(),
  text: z.string(),
  finished: z.boolean(),
  responses: z.array(z.object({ logLikelihood: z.number(), tokens: z.int().positive() })),
  /** Drawn beside the greedy one; left out where none were asked for. */
  sampled: z.array(z.object({ text: z.string(), finished: z.boolean() })).optional(),
});
/** A greedy completion with the log-likelihood of each option in order, and what was sampled beside it. */
export type AnswerLine = z.output<typeof answerLine>;

/** What a job wrote, by the path of its file, or by a result that holds it. */
export type JobFile = string | { readonly path: string };

/** What a job wrote, one line after the other as it is iterated: memory does not grow with the file. Any number of times. */
export interface JobLines<T> extends AsyncIterable<T> {
  /** Absolute path of the JSONL file. */
  readonly path: string;
}

/** The lines of a `complete` job, each checked when it comes. */
export const completionLines = (path: string): JobLines<Completion> => linesIn(path, completionLine);

/** The lines of an `evaluate` job, each checked when it comes. */
export const answerLines = (path: string): JobLines<AnswerLine> => linesIn(path, answerLine);

const linesIn = <T>(path: string, schema: z.ZodType<T>): JobLines<T> => ({
  path,
  [Symbol.asyncIterator]: () => checkedLines(path, schema),
});

const pathOf = (file: JobFile): string => (typeof file === 'string' ? file : file.path);

/**
 * What a `score` job wrote: raw scores, not clamped. Null where the reward model could not read a row, because it is longer
 * than the model's context.
 * @param ids The order that the file must have; all rows as they are where it is left out.
 * @throws DataError as `readAnswers`.
 */
export async function readScores(from: JobFile, ids?: readonly string[]): Promise<(number | null)[]> {
  const file = pathOf(from);
  const scores: (number | null)[] = [];
  let other = -1;
  for await (const { id, score } of checkedLines(file, scoreLine)) {
    if (ids !== undefined && other === -1 && ids[scores.length] !== id) other = scores.length;
    scores.push(score);
  }
  if (ids !== undefined && (other !== -1 || scores.length !== ids.length))
    throw otherRows(file, { at: other, found: scores.length, wanted: ids.length });
  return scores;
}

/**
 * What a `complete` job wrote.
 * @param ids The order that the file must have, `samples` rows of each; all rows as they are where it is left out.
 * @throws DataError as `readAnswers`.
 */
export async function readCompletions(from: JobFile, ids?: readonly string[], samples = 1): Promise<Completion[]> {
  const file = pathOf(from);
  const lines = await readLines(file, completionLine);
  const wanted = ids?.flatMap((id) => Array.from({ length: samples }, () => id));
  expectRows(file, lines, wanted);
  return lines;
}

/**
 * What an `evaluate` job wrote: greedy completions with the log-likelihood of each response asked about.
 * @param ids The order that the file must have; all rows as they are where it is left out.
 * @param samples How many must have been drawn beside each.
 * @throws DataError `job-rows` where rows are missing or in another order, `job-line` where one has a wrong form.
 * @example
 * await using engine = await openEngine();
 * const data = [{ image: 'scan.png', question: 'Which modality is this?', options: ['CT', 'MRI'] }];
 * const { answers } = await engine.evaluate({ model: 'phantom', data, outDir: 'out', maxNewTokens: 64 });
 * for await (const { id, text } of answers) console.log(id, text); // one at a time
 * const [first] = await readAnswers(answers); // all of them
 * console.log(first?.responses[0]?.logLikelihood);
 */
export async function readAnswers(from: JobFile, ids?: readonly string[], samples = 0): Promise<AnswerLine[]> {
  const file = pathOf(from);
  const lines = await readLines(file, answerLine);
  const short = lines.findIndex(({ sampled }) => (sampled?.length ?? 0) < samples);
  if (short !== -1)
    throw new DataError(
      'job-rows',
      `a job drew ${lines[short]?.sampled?.length ?? 0} samples where ${samples} were asked`,
      {
        where: `${file}:${short + 1}`,
      },
    );
  expectRows(file, lines, ids);
  return lines;
}

async function readLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines: T[] = [];
  for await (const line of checkedLines(file, schema)) lines.push(line);
  return lines;
}

async function* checkedLines<T>(file: string, schema: z.ZodType<T>): AsyncGenerator<T, void> {
  let number = 0;
  for await (const line of readJsonLines(file)) {
    number += 1;
    const parsed = schema.safeParse(line);
    if (!parsed.success)
      throw new DataError('job-line', `a job wrote what cannot be used: ${z.prettifyError(parsed.error)}`, {
        where: `${file}:${number}`,
        remedy: 'A score that is no number means that the reward model diverged: lower its learning rate.',
      });
    yield parsed.data;
  }
}

function expectRows(file: string, found: readonly { id: string }[], wanted: readonly string[] | undefined): void {
  if (wanted === undefined) return;
  const at = wanted.findIndex((id, index) => found[index]?.id !== id);
  if (at === -1 && found.length === wanted.length) return;
  throw otherRows(file, { at, found: found.length, wanted: wanted.length });
}

/** @param at Place of the first that is another; -1 where there are only too few or too many. */
const otherRows = (file: string, { at, found, wanted }: { at: number; found: number; wanted: number }): DataError =>
  new DataError('job-rows', `a job answered ${found} rows where ${wanted} were asked, or in another order`, {
    where: `${file}:${Math.max(at, 0) + 1}`,
  });
