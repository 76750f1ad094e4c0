/**
 * Reads a generator's reply into the fields of samples, or says why it cannot be one. How it is written may be repaired,
 * which is told; what it says never is.
 */
import { normalize } from '../reward/words/normal-text.js';
import type { QuestionType } from '../sample.js';
import { canonical } from './replies/loose-value.js';
import { questionTypeNamed, readSample } from './replies/read-sample.js';
import type { Fields } from './replies/reply-fields.js';
import { findReplyObjects } from './replies/reply-objects.js';
import { sampleShape } from './replies/sample-shape.js';
import { drop, quote, type ParsedReply, type ReplyContext } from './replies/reply-schema.js';
import { endedOtherwise, unreadable } from './replies/whole-reply.js';

export { dropReasons, replySchema, replySchemaOf } from './replies/reply-schema.js';
export type { DropReason, ParsedReply, Reply, ReplyContext, ReplyFields } from './replies/reply-schema.js';

export function parseReply(text: string, context: ReplyContext): ParsedReply {
  const failed = endedOtherwise(text, context);
  if (failed !== null) return failed;
  const { samples, repairs, json, doubt } = findReplyObjects(text, sampleShape);
  const [fields] = samples;
  if (samples.length > 1) return drop('malformed-json', `Holds ${samples.length} samples that differ: ${quote(text)}`);
  const found = { json, doubt, isFound: fields !== undefined };
  return unreadable(text, found) ?? readSample(fields === undefined ? json : fields, context.questionType, repairs);
}

/** @param questionTypes What was asked for, in order: as many outcomes come back, and one more for each sample too many. */
export function parseReplies(
  text: string,
  questionTypes: readonly QuestionType[],
  context: Omit<ReplyContext, 'questionType'>,
): ParsedReply[] {
  const [questionType = 'disease diagnosis'] = questionTypes;
  if (questionTypes.length === 1) return [parseReply(text, { ...context, questionType })];
  const failed = endedOtherwise(text, context);
  const { samples, repairs, json, doubt } = failed === null ? findReplyObjects(text, sampleShape) : nothing;
  const whole = failed ?? unreadable(text, { json, doubt, isFound: samples.length > 0 });
  if (whole !== null) return questionTypes.map(() => whole);
  if (samples.length === 0) {
    const none = drop('schema', `samples: none is there: ${quote(text)}`);
    return questionTypes.map(() => none);
  }
  // What is asked for in several samples is wrapped: that is no repair.
  repairs.delete('wrapped');
  const places = placesOf(samples, questionTypes);
  const came = `Of ${questionTypes.length} samples ${samples.length} came`;
  // Which of them is lost, their order does not tell.
  const isPlaced = samples.length >= questionTypes.length || new Set(questionTypes).size === 1;
  const told = questionTypes.map((type, i): ParsedReply => {
    const sample = samples[places.indexOf(i)];
    if (sample === undefined) return drop('sample-missing', `${came}.`);
    if (isPlaced || typeOf(sample) !== null) return readSample(sample, type, new Set(repairs));
    return drop('wrong-question-type', `${came}, and this one does not say which question type it is of.`);
  });
  const extra = samples
    .filter((_, i) => places[i] === -1)
    .map((sample) => drop('sample-not-asked-for', `More than was asked for: ${quote(canonical(sample))}`));
  return [...withoutTwins(told), ...extra];
}

const nothing: ReturnType<typeof findReplyObjects> = { samples: [], repairs: new Set() };

/** Null where it says none. */
function typeOf(sample: Fields): string | null {
  const type = sample.get('questionType');
  return typeof type === 'string' ? questionTypeNamed(type) : null;
}

/** For each sample the place of what was asked for that it fills: by its type, else by its order; -1 where none is left. */
function placesOf(samples: readonly Fields[], questionTypes: readonly QuestionType[]): number[] {
  const free = new Set(questionTypes.keys());
  const take = (place: number): number => {
    free.delete(place);
    return place;
  };
  const typed = samples.map((sample) => {
    const type = typeOf(sample);
    const place = [...free].find((i) => questionTypes[i] === type);
    return place === undefined ? null : take(place);
  });
  return typed.map((place) => place ?? take([...free][0] ?? -1));
}

/** Two samples that ask the same: the second says nothing new, and where it says otherwise, neither can be trusted. */
function withoutTwins(told: readonly ParsedReply[]): ParsedReply[] {
  const keyOf = (one: ParsedReply): string => (one.ok ? normalize(one.fields.question) : '');
  return told.map((one, i) => {
    if (!one.ok) return one;
    const twins = told.filter((other) => other.ok && keyOf(other) === keyOf(one));
    const disagree = twins.some((other) => other.ok && normalize(other.fields.answer) !== normalize(one.fields.answer));
    const isSecond = told.findIndex((other) => other.ok && keyOf(other) === keyOf(one)) < i;
    if (!disagree && !isSecond) return one;
    return drop(
      'same-question',
      `Asked twice${disagree ? ' with different answers' : ''}: ${quote(one.fields.question)}`,
    );
  });
}
