/** What goes to another reviewing tool and what comes back, whichever it is. Pure. */
import { sha256 } from '../../hash.js';
import type { ReviewReason, Verdict } from '../../evaluation/verdicts/reader-verdict.js';
import type { Sample } from '../../sample.js';

export interface ExchangedSample {
  sample: Sample;
  cycle: number;
  why: ReviewReason;
  /** Path of its image, relative to the file's folder. */
  image: string;
  context: string | null;
  /** Given so far. */
  verdicts: readonly Verdict[];
}

/** As it stands in a file: what is wrong with it is found when it is taken in. */
export interface ExchangedVerdict {
  item: string;
  /** Of the sample that was exported; undefined where the file does not say. */
  seen: string | undefined;
  reader: string;
  verdict: string;
  correctedAnswer: string | undefined;
  comment: string | undefined;
  seconds: number;
  /** Tells a verdict that was changed there and changed back. */
  version: string;
}

/** A UUID that is the same for the same words. */
export function uuidOf(...words: readonly string[]): string {
  const hex = sha256(words.join('\u0000'));
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
