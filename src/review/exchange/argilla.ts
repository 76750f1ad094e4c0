/**
 * Argilla 2's JSON (`Dataset.records.to_json`): a list of records with `fields`, `metadata`, `suggestions` by question and `responses` by
 * question, each by a user's UUID. https://docs.argilla.io/latest/reference/argilla/records/records. Pure.
 */
import { z } from 'zod';
import { uuidOf, type ExchangedSample, type ExchangedVerdict } from './exchanged.js';

/** Names of the dataset's questions: a label, and two texts that need no answer. */
const questions = ['verdict', 'correctedAnswer', 'comment'] as const;

/** A reader without an account there is known by this. */
const userOf = (reader: string): string => uuidOf('reader', reader);

export function toArgilla(samples: readonly ExchangedSample[]): object[] {
  return samples.map(({ sample, cycle, why, image, context, verdicts }) => ({
    id: sample.id,
    fields: {
      image,
      question: sample.question,
      options: sample.options.join('\n'),
      answer: sample.answer,
      rationale: sample.rationale,
      context: context ?? '',
    },
    metadata: {
      cycle,
      why,
      modality: sample.modality,
      questionType: sample.questionType,
      ...(verdicts.length === 0 ? {} : { readers: verdicts.map(({ reader }) => reader) }),
    },
    suggestions: {},
    responses: Object.fromEntries(
      questions.flatMap((name) => {
        const given = verdicts.flatMap((verdict) =>
          verdict[name] === undefined ? [] : [{ value: verdict[name], user_id: userOf(verdict.reader) }],
        );
        return given.length === 0 ? [] : [[name, given]];
      }),
    ),
    vectors: {},
  }));
}

const responseSchema = z.looseObject({ value: z.unknown(), user_id: z.string() });
export const argillaSchema = z.array(
  z.looseObject({
    id: z.string(),
    metadata: z.looseObject({ readers: z.array(z.string()).nullish() }).nullish(),
    responses: z.record(z.string(), z.array(responseSchema)).default({}),
  }),
);

export function fromArgilla(records: z.output<typeof argillaSchema>): ExchangedVerdict[] {
  return records.flatMap(({ id, metadata, responses }) => {
    const names = new Map((metadata?.readers ?? []).map((reader) => [userOf(reader), reader]));
    const of = (question: string, user: string): string | undefined => {
      const value = responses[question]?.find(({ user_id: by }) => by === user)?.value;
      return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
    };
    const users = new Set(Object.values(responses).flatMap((given) => given.map(({ user_id: user }) => user)));
    return [...users].map((user) => ({
      item: id,
      reader: names.get(user) ?? user,
      verdict: of('verdict', user) ?? '',
      correctedAnswer: of('correctedAnswer', user),
      comment: of('comment', user),
      seconds: 0,
      version: '',
    }));
  });
}
