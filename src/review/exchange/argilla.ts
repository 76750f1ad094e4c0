/**
 * Argilla 2's JSON (`Dataset.records.to_json`): a list of records with `fields`, `metadata`, `suggestions` by question and `responses` by
 * question, each by a user's UUID. https://docs.argilla.io/latest/reference/argilla/records/records. Pure.
 */
import { z } from 'zod';
import { seenOf } from '../../loop/review/seen.js';
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
      seen: seenOf(sample),
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

const responseSchema = z.looseObject({ value: z.unknown(), user_id: z.string(), status: z.string().nullish() });
export const argillaSchema = z.array(
  z.looseObject({
    id: z.string(),
    metadata: z.looseObject({ readers: z.array(z.string()).nullish(), seen: z.string().nullish() }).nullish(),
    responses: z
      .record(z.string(), z.array(responseSchema))
      .nullish()
      .transform((given) => given ?? {}),
  }),
);

export function fromArgilla(records: z.output<typeof argillaSchema>): ExchangedVerdict[] {
  return records.flatMap(({ id, metadata, responses }) => {
    const names = new Map((metadata?.readers ?? []).map((reader) => [userOf(reader), reader]));
    const of = (question: string, user: string): string | undefined => {
      const value = responses[question]?.find(({ user_id: by }) => by === user)?.value;
      // A question of several labels gives a list.
      const text = (Array.isArray(value) ? value : [value])
        .filter((one) => typeof one === 'string')
        .join(' and ')
        .trim();
      return text === '' ? undefined : text;
    };
    /** What was discarded says nothing of the sample; what was not submitted is not said yet. */
    const verdictOf = (user: string): string => {
      const status =
        Object.values(responses)
          .flat()
          .find(({ user_id: by }) => by === user)?.status ?? 'submitted';
      return status === 'discarded' ? 'skip' : status === 'draft' ? 'a draft' : (of('verdict', user) ?? '');
    };
    const users = new Set(Object.values(responses).flatMap((given) => given.map(({ user_id: user }) => user)));
    return [...users].map((user) => ({
      item: id,
      seen: metadata?.seen ?? undefined,
      reader: names.get(user) ?? user,
      verdict: verdictOf(user),
      correctedAnswer: verdictOf(user) === 'skip' ? undefined : of('correctedAnswer', user),
      comment: of('comment', user),
      seconds: 0,
      version: '',
    }));
  });
}
