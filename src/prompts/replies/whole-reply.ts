/** What can be said of a reply as a whole: how it ended, and whether there is anything to read in it. */
import { drop, quote, type DroppedReply, type ReplyContext } from './reply-schema.js';

/** Why there is nothing to read; null where there may be. */
export function endedOtherwise(
  text: string,
  { finish, why, maxCharacters }: Omit<ReplyContext, 'questionType'>,
): DroppedReply | null {
  const word = why === undefined ? '' : ` ${quote(why)}`;
  if (finish === 'blocked')
    return drop('blocked', `The provider's filter withheld it:${word || ' it does not say what'}`);
  if (finish === 'refused') return drop('refused', `The model says no:${word}`);
  const hasText = text.trim() !== '';
  if (finish === 'max-tokens')
    return drop('truncated', `The reply reached the limit of output tokens${hasText ? '' : ' before its first word'}.`);
  if (finish === 'empty' || !hasText) return drop('empty', 'The reply has no text.');
  // A server that does not keep to the limit of tokens: nobody asked for so much, and training would pay for it.
  if (text.length > (maxCharacters ?? Number.POSITIVE_INFINITY))
    return drop('too-long', `The reply has ${text.length} characters, more than ${maxCharacters}.`);
  return null;
}

interface Found {
  json?: unknown;
  doubt?: string | undefined;
  isFound: boolean;
}

export function unreadable(text: string, { json, doubt, isFound }: Found): DroppedReply | null {
  if (json === undefined && !isFound && refusal.test(text)) return drop('refused', `The model says no: ${quote(text)}`);
  if (doubt !== undefined || (!isFound && json === undefined))
    return drop('malformed-json', `${doubt ?? 'Not one JSON object'}: ${quote(text)}`);
  return null;
}

/** A model's own no, in place of a reply: another question, or another model, may fare better. No filter did it. */
const refusal =
  /^[^{]{0,80}\b(?:can(?:no|['’])t|cannot|unable to|not able to|won['’]t|will not|must decline|decline to|not comfortable)\b[^{]{0,60}\b(?:assist|help|provide|fulfil+|comply|create|generate|write|produce|analy[sz]e|interpret|diagnos|process|view|see|identify|offer|answer|do that|with (?:that|this)|request)/i;
