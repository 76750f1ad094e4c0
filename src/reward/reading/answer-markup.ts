/** What wraps an answer without being part of it: JSON, XML and HTML tags, LaTeX, Markdown, ticked lists. */
import lexicon from '../lexicon/phrases.json' with { type: 'json' };

/** The text to be read, and what a JSON object names beside it, such as `alternatives`. */
export interface Unwrapped {
  body: string;
  beside: string;
}

const answerKeys = new Set(lexicon.answerKeys);
const besideKeys = new Set(lexicon.besideKeys);

export function unwrap(whole: string): Unwrapped {
  const text = lastTurn(whole);
  const object = objectIn(text);
  const entries = Object.entries(object ?? {}).map(([key, value]) => [
    key.toLowerCase().replace(/[\s_-]+/g, ''),
    value,
  ]);
  const valuesOf = (keys: ReadonlySet<string>): string[] =>
    entries.flatMap(([key, value]) => (typeof key === 'string' && keys.has(key) ? textsOf(value) : []));
  const answers = valuesOf(answerKeys);
  return answers.length === 0
    ? { body: withoutMarkup(findingsOf(entries) ?? text), beside: '' }
    : { body: withoutMarkup(answers.join(', ')), beside: valuesOf(besideKeys).join('\n') };
}

/** `### Assistant:`, behind which stands what was answered, and before it an echo of what was asked. */
const turn = /(?:^|\n)[^\p{L}\n]{0,6}assistant[*\s]*[:：]/giu;

function lastTurn(text: string): string {
  const [last, ...more] = text.matchAll(turn);
  return last === undefined || more.length > 0 ? text : text.slice(last.index + last[0].length);
}

/** `{"cardiomegaly": true}` as `cardiomegaly is present`; null where no value is true or false. */
function findingsOf(entries: readonly (readonly unknown[])[]): string | null {
  if (!entries.some(([, value]) => typeof value === 'boolean')) return null;
  const spoken = (value: unknown): string =>
    typeof value === 'boolean' ? `is ${value ? 'present' : 'absent'}` : `: ${textsOf(value).join(', ')}`;
  return entries.map(([key, value]) => `${String(key)} ${spoken(value)}.`).join('\n');
}

/** The object that a text consists of, in a code fence or not. */
function objectIn(text: string): object | null {
  const [, fenced] = /^\s*```\w*\s*([\s\S]*?)```\s*$/.exec(text) ?? [];
  const body = (fenced ?? text).trim();
  if (!/^\{[\s\S]*\}$/.test(body)) return null;
  try {
    return JSON.parse(body) as object;
  } catch {
    return null;
  }
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(textsOf);
}

/** What is struck out, or left unticked in a ticked list, is not said. */
function withoutMarkup(text: string): string {
  return withoutRejected(onlyTicked(text))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/~~[^~\n]+~~|<(del|s|strike)>[^<]*<\/\1>/gi, ' ')
    .replace(/<(?:br|\/p|\/li|\/div|\/tr|\/h[1-6])\s*\/?>/gi, '\n')
    .replace(/<\|[^|>\n]{1,40}\|>|\[\/?INST\]/g, ' ')
    .replace(/<\/?[a-z][a-z0-9_-]*(?:\s[^<>]*)?\/?>/gi, ' ')
    .replace(/\\(?:text|textbf|textit|mathrm|mathbf|mathit|mathsf|emph|rm|bf)\b\s*\{([^{}]*)\}/g, '$1')
    .replace(/^\s*#{1,6}\s+/gm, '')
    .replace(/^\s*(?:>+|[-*•])\s+(?=[\p{L}*([])/gmu, '')
    .replace(ticks, ' (correct) ')
    .replace(crosses, ' (incorrect) ')
    .replace(/\$/g, ' ')
    .replace(/\*\*|__/g, ' ')
    .replace(/(^|[^\\\w])boxed\b/g, '$1')
    .trim();
}

const ticks = /[✓✔✅🗸]\uFE0F?/gu;
const crosses = /[✗✘❌✖🗙]\uFE0F?/gu;
const verdict = (words: string): RegExp =>
  new RegExp(
    String.raw`^(\W*(?:option\s+)?[A-Za-z0-9]{1,2}\b[\W_]+[\p{L}\p{N}].*?)(?:\s[-–—]+|[:：→])[\s*_]*(?:${words})[\s*_]*(?:$|[.,;。，–—-])`,
    'iu',
  );
/** `A) MRI - Correct.`; an option `A: Correct` has no words of its own before it. */
const calledRight = verdict(
  'correct|korrekt|richtig|vrai|exact|corretto|corretta|correcto|correcta|correto|correta|верно|正确',
);
const calledWrong = verdict(
  '(?:not |in)correct|inkorrekt|wrong|falsch|faux|inexact|sbagliat[oa]|incorrect[oa]|incorret[oa]|неверно|错误|不正确',
);

/** Of a list that judges each of its lines, those called right, without their reasons: a reason may speak of any option. */
function withoutRejected(text: string): string {
  const lines = text.split('\n').map((line) => {
    const [tick, cross] = [line.match(ticks) !== null, line.match(crosses) !== null];
    const right = tick && !cross ? line.replace(ticks, ' ') : (calledRight.exec(line)?.[1] ?? null);
    const wrong = cross && !tick ? line.replace(crosses, ' ') : (calledWrong.exec(line)?.[1] ?? null);
    return { line, right, wrong: right === null ? wrong : null };
  });
  const heads = (which: 'right' | 'wrong'): string[] => lines.flatMap((line) => line[which]?.trim() ?? []);
  const [right, wrong] = [heads('right'), heads('wrong')];
  // Not where one is called both.
  if (right.length === 0 || wrong.length === 0 || right.some((head) => wrong.includes(head))) return text;
  return lines
    .filter((line) => line.wrong === null)
    .map((one) => one.right ?? one.line)
    .join('\n');
}

const box = /^\s*(?:[-*•]\s*)?(\[[ xX✓✔]?\]|[☐☑☒])\s+/;

/** Of `[ ] A` and `[x] B` the second. */
function onlyTicked(text: string): string {
  const lines = text.split('\n');
  if (!lines.some((line) => box.test(line))) return text;
  return lines
    .filter((line) => !/^\s*(?:[-*•]\s*)?(?:\[ ?\]|☐)\s/.test(line))
    .map((line) => line.replace(box, ''))
    .join('\n');
}
