/** What a verdict is on. A sample's id is that of its request: asked anew, the generator may say something else by the same id. Pure. */
import { sha256 } from '../../hash.js';
import type { Verdict } from '../../evaluation/verdicts/reader-verdict.js';
import type { Sample } from '../../sample.js';

/** Hash of what a reader judges: image, question, options, answer and rationale. */
export const seenOf = ({ imageHash, question, options, answer, rationale }: Sample): string =>
  sha256(JSON.stringify([imageHash, question, options, answer, rationale])).slice(0, 16);

/** Whether a verdict is on the sample as it is now; one of an earlier version does not say. */
export const isOn = ({ seen }: Pick<Verdict, 'seen'>, sample: Sample): boolean =>
  seen === undefined || seen === seenOf(sample);
