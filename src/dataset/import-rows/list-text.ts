/** Lists and dictionaries as text: JSON, Python's, or numpy's without commas. Reads strings, numbers, True, False and None. */

const token =
  /\s*(?:([[\](){}:,])|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|(True|False|None|true|false|null|nan)\b)/y;

type Token = { sign: string } | { value: unknown };

/** @returns A list or object, or null where the text is neither. */
export function parseListText(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    const tokens = tokensOf(text);
    return tokens === null ? null : readAll(tokens);
  }
}

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  const whole = text.trim();
  for (token.lastIndex = 0; token.lastIndex < whole.length;) {
    const found = token.exec(whole);
    if (found === null) return null;
    const [, sign, single, double, number, word] = found;
    if (sign !== undefined) tokens.push({ sign });
    else if (number !== undefined) tokens.push({ value: Number(number) });
    else if (word !== undefined) tokens.push({ value: words[word.toLowerCase()] ?? null });
    else tokens.push({ value: unescaped(single ?? double ?? '') });
  }
  return tokens;
}

const words: Readonly<Record<string, unknown>> = { true: true, false: false };

const unescaped = (text: string): string =>
  text.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs,
    (_, wide?: string, narrow?: string, plain?: string) => {
      const code = wide ?? narrow;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return { n: '\n', t: '\t', r: '\r' }[plain ?? ''] ?? plain ?? '';
    },
  );

function readAll(tokens: readonly Token[]): unknown {
  const at = { index: 0 };
  const value = readValue(tokens, at);
  return at.index === tokens.length && typeof value === 'object' ? value : null;
}

const closes: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };

/** Undefined where the tokens make no value. */
function readValue(tokens: readonly Token[], at: { index: number }): unknown {
  const first = tokens[at.index++];
  if (first === undefined) return undefined;
  if ('value' in first) return first.value;
  const close = closes[first.sign];
  if (close === undefined) return undefined;
  const items: unknown[] = [];
  const keys: string[] = [];
  for (;;) {
    const next = tokens[at.index];
    if (next === undefined) return undefined;
    if ('sign' in next && next.sign === close) {
      at.index += 1;
      break;
    }
    if ('sign' in next && next.sign === ',') {
      at.index += 1;
      continue;
    }
    const item = readValue(tokens, at);
    if (item === undefined) return undefined;
    const after = tokens[at.index];
    if (first.sign === '{' && after !== undefined && 'sign' in after && after.sign === ':') {
      at.index += 1;
      const value = readValue(tokens, at);
      if (value === undefined) return undefined;
      keys.push(String(item));
      items.push(value);
    } else items.push(item);
  }
  if (keys.length === 0) return items;
  return keys.length === items.length ? Object.fromEntries(keys.map((key, index) => [key, items[index]])) : undefined;
}
