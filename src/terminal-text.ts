/**
 * What others wrote (a provider's error, a model's words, a file's name) as a terminal may be given it. Escape sequences can
 * set its title, fill its clipboard or hide lines; bidi overrides show a text in another order than it has.
 */

/** C0 without tab and line end, DEL, C1, and the embeddings, overrides and isolates of bidirectional text. */
// oxlint-disable-next-line no-control-regex -- these are what it is about
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Each such character as `\u001b`: visible, and in JSON the same text as before. */
export function forTerminal(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(unsafe, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The same for every text within a value of JSON. */
export function forTerminalDeep<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return forTerminal(value);
  if (Array.isArray(value)) return value.map(deep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [forTerminal(key), deep(item)]));
}
