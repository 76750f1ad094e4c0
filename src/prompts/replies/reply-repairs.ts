/** The kinds of repair by which a reply was read. None changes what it says; each is counted. */
export const replyRepairs = [
  /** Words before or behind the object: prose, thoughts, the tags of a tool call. */
  'surroundings',
  /** Trailing commas, comments, other quotes, Python's words, line breaks within texts. */
  'syntax',
  /** Written as a text within JSON, with escaped quotes or as HTML. */
  'encoded',
  'invisible-characters',
  /** Within another object or list, or told more than once alike. */
  'wrapped',
  /** Names in other letters, or the usual other name. */
  'field-name',
  'extra-field',
  'null-field',
  /** A number, a truth value or a list of one where a text was asked for. */
  'not-text',
  'markdown',
  'options-form',
  'answer-form',
] as const;
export type ReplyRepair = (typeof replyRepairs)[number];
