/** Reads what jobs wrote, checked against what was asked: one line per row, in order, with finite numbers. */
import { z } from 'zod';
import { readJsonl } from './table.js';
import { DataError } from '../../errors.js';

const scoreLine = z.object({ id: z.string(), score: z.number().nullable() });
const completionLine = z.object({ id: z.string(), index: z.int(), text: z.string(), finished: z.boolean() });
export type Completion = z.output<typeof completionLine>;

const answerLine = z.object({
  id: z.string(),
  text: z.string(),
  finished: z.boolean(),
  responses: z.array(z.object({ logLikelihood: z.number(), tokens: z.int().positive() })),
  /** Drawn beside the greedy one; left out where none were asked for. */
  sampled: z.array(z.object({ text: z.string(), finished: z.boolean() })).optional(),
});
export type AnswerLine = z.output<typeof answerLine>;

/**
 * Raw scores in the order of `ids`, which the file must have; of all rows where no ids are given. Null where the reward model
 * could not read a row, because it is longer than the model's context.
 */
export async function readScores(file: string, ids?: readonly string[]): Promise<(number | null)[]> {
  const lines = await readLines(file, scoreLine);
  if (ids !== undefined) {
    expectRows(
      file,
      lines.map((line) => line.id),
      ids,
    );
  }
  return lines.map((line) => line.score);
}

/** All completions; where `ids` are given the file must have `samples` for each of them, in order. */
export async function readCompletions(file: string, ids?: readonly string[], samples = 1): Promise<Completion[]> {
  const lines = await readLines(file, completionLine);
  if (ids !== undefined) {
    expectRows(
      file,
      lines.map((line) => line.id),
      ids.flatMap((id) => Array.from({ length: samples }, () => id)),
    );
  }
  return lines;
}

/**
 * Greedy completions with the likelihoods of the responses asked about, in the order of `ids`.
 * @param samples How many must have been drawn beside each.
 */
export async function readAnswers(file: string, ids: readonly string[], samples = 0): Promise<AnswerLine[]> {
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
  expectRows(
    file,
    lines.map((line) => line.id),
    ids,
  );
  return lines;
}

async function readLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  return (await readJsonl(file)).map((line, index) => {
    const parsed = schema.safeParse(line);
    if (parsed.success) return parsed.data;
    const where = `${file}:${index + 1}`;
    throw new DataError('job-line', `a job wrote what cannot be used: ${z.prettifyError(parsed.error)}`, {
      where,
      remedy: 'A score that is no number means that the reward model diverged: lower its learning rate.',
    });
  });
}

function expectRows(file: string, found: readonly string[], wanted: readonly string[]): void {
  const at = wanted.findIndex((id, index) => found[index] !== id);
  if (at === -1 && found.length === wanted.length) return;
  throw new DataError(
    'job-rows',
    `a job answered ${found.length} rows where ${wanted.length} were asked, or in another order`,
    {
      where: `${file}:${Math.max(at, 0) + 1}`,
    },
  );
}
