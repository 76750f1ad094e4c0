/** What a reader says of a sample: the verdict as it is written down, and which of a reader's verdicts stand. Pure. */
import { z } from 'zod';

/** What a reader can say of a sample; `skip` says nothing of it. */
export const verdictKinds = [
  'accept',
  'wrong-answer',
  'bad-question',
  'bad-rationale',
  'unusable-image',
  'skip',
] as const;
export const verdictKindSchema = z.enum(verdictKinds);
/** What a reader can say of a sample. */
export type VerdictKind = z.infer<typeof verdictKindSchema>;

/** Why a sample is in the queue: the part of the sampling design that drew it. */
export const reviewReasons = [
  'random-accepted',
  'random-rejected',
  'disagreement',
  'near-threshold',
  'thin-stratum',
] as const;
export const reviewReasonSchema = z.enum(reviewReasons);
export type ReviewReason = z.infer<typeof reviewReasonSchema>;

const writtenReader = z.string().trim().min(1).max(80);
/**
 * A reader's name or initials, as it is written down with each verdict: one line that can be seen, spelt in one way however
 * it was typed, since two spellings would be two readers.
 */
export const readerSchema = writtenReader
  .normalize('NFC')
  .regex(/[\p{L}\p{N}\p{P}\p{S}]/u, 'a name needs a letter or a sign that can be seen')
  // Line ends and escapes, and what turns the direction of all that follows.
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u, 'a name has no control characters');

/** One verdict, as it stands in verdicts.jsonl and as the page gets it. */
export const verdictSchema = z.strictObject({
  /** Made by whoever judges; a repeated one is no second verdict. */
  id: z.uuid(),
  /** Id of the sample. */
  item: z.string().min(1),
  /** Hash of the sample as it was judged (`seenOf`); left out by versions that did not keep it, and where nobody knows. */
  seen: z.string().min(1).max(64).optional(),
  reader: writtenReader,
  verdict: verdictKindSchema,
  /** The right answer in the reader's words; with `wrong-answer` only, one of the options where there are any. */
  correctedAnswer: z.string().trim().min(1).max(2000).optional(),
  comment: z.string().trim().min(1).max(4000).optional(),
  /** When it was written down, ISO 8601. */
  at: z.iso.datetime(),
  /** Time that the reader took, in seconds. */
  seconds: z.number().min(0),
  /** The reader saw R_φ's score before judging. */
  scoreSeen: z.boolean(),
  strategy: reviewReasonSchema,
  /** The probability with which the queue holds this sample, (0, 1]; null where none is known. */
  probability: z.number().gt(0).max(1).nullable(),
});
/** A reader's verdict on a sample. */
export type Verdict = z.infer<typeof verdictSchema>;

/** What is wrong with something that should be a verdict: `reader: a name has no control characters`. */
export const issuesText = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');

/** Takes a verdict back; the verdict that the reader had given before stands again. */
export const undoSchema = z.strictObject({
  id: z.uuid(),
  /** Id of the verdict. */
  undo: z.uuid(),
  reader: writtenReader,
  at: z.iso.datetime(),
});
/** Takes back a verdict. */
export type Undo = z.infer<typeof undoSchema>;

/** A line of verdicts.jsonl. */
export const verdictLineSchema = z.union([verdictSchema, undoSchema]);
/** What a line of verdicts.jsonl says. */
export type VerdictLine = z.infer<typeof verdictLineSchema>;

/**
 * The verdicts that stand, in the order they were given: of each reader on each sample the newest that was not taken back. A line
 * that stands twice, as in two copies of a file put together, was given once, where it stands first.
 */
export function standingVerdicts(lines: readonly VerdictLine[]): Verdict[] {
  const undone = new Set(lines.flatMap((line) => ('undo' in line ? [line.undo] : [])));
  const known = new Set<string>();
  const newest = new Map<string, Verdict>();
  for (const line of lines) {
    if ('undo' in line || undone.has(line.id) || known.has(line.id)) continue;
    known.add(line.id);
    const key = JSON.stringify([line.reader, line.item]);
    newest.delete(key);
    newest.set(key, line);
  }
  return [...newest.values()];
}

/** What all readers together say of a sample. */
export interface Consensus {
  item: string;
  /** Share of the readers who accept it, in [0, 1]. */
  accepted: number;
  /** Null where as many accept it as do not. */
  accept: boolean | null;
  /** Verdicts that stand on it, without those that skip. */
  verdicts: Verdict[];
}

/** By sample, of all that somebody judged. */
export function consensusOf(standing: readonly Verdict[]): Map<string, Consensus> {
  const judged = Map.groupBy(
    standing.filter(({ verdict }) => verdict !== 'skip'),
    ({ item }) => item,
  );
  return new Map(
    [...judged].map(([item, verdicts]) => {
      const accepted = verdicts.filter(({ verdict }) => verdict === 'accept').length / verdicts.length;
      return [item, { item, accepted, accept: accepted === 0.5 ? null : accepted > 0.5, verdicts }];
    }),
  );
}

/** Samples that readers judge differently, or correct differently. */
export function disputedOf(standing: readonly Verdict[]): Consensus[] {
  return [...consensusOf(standing).values()].filter(
    ({ verdicts }) =>
      new Set(verdicts.map(({ verdict, correctedAnswer }) => `${verdict} ${correctedAnswer ?? ''}`)).size > 1,
  );
}
