/** Which object of a reply is a sample, and its fields under the names that were asked for. */
import { canonical, type Loose } from './loose-value.js';
import { fieldNames, namedFields } from './reply-fields.js';
import type { ReplyShape } from './reply-objects.js';

export const sampleShape: ReplyShape = {
  take: (value, repairs) => {
    const names = fieldNames(value);
    if (!names.has('question') || !names.has('answer')) return null;
    const name = names.get('question') ?? '';
    if (!(value.get(name) instanceof Map)) return { fields: namedFields(value, repairs), isWrapped: false };
    const flat = withQuestionSpread(value, name);
    return flat === null ? null : { fields: namedFields(flat, repairs), isWrapped: true };
  },
  outside: /["'“”‘’`](?:question|options|rationale|answer)["'“”‘’`]\s*:/i,
};

/** `{"question": {"text": …, "options": […]}, "answer": …}`; null where inside and outside say different things. */
function withQuestionSpread(value: Map<string, Loose>, name: string): Map<string, Loose> | null {
  const inside = value.get(name);
  if (!(inside instanceof Map)) return null;
  const flat = new Map([...value].filter(([other]) => other !== name));
  for (const [key, member] of inside) {
    const target = /^(?:text|question|stem)$/i.test(key) ? 'question' : key;
    const before = flat.get(target);
    if (before !== undefined && canonical(before) !== canonical(member)) return null;
    flat.set(target, member);
  }
  return flat;
}
