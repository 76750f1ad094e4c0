/**
 * Reads JSON as models write it: trailing commas, comments, other quotes, Python's words, line breaks within texts.
 * Every word of the result stands in the text. What the text leaves open stays open: nothing is closed, added or guessed.
 */

import { canonical, NumberText, type Loose } from './loose-value.js';

export type LooseReading = { value: Loose; end: number; repaired: boolean } | { fault: LooseFault };

/** `open`: the text ends before the value does; `conflict`: a name stands twice, with values that differ; `deep`: it nests deeper than replies do. */
export type LooseFault = 'open' | 'conflict' | 'deep' | 'other';

/** Reads the value that begins at a place of the text. */
export function readLoose(text: string, at: number): LooseReading {
  const reader = new LooseReader(text, at);
  try {
    const value = reader.value(0);
    return { value, end: reader.at, repaired: reader.repaired };
  } catch (thrown) {
    if (thrown instanceof Fault) return { fault: thrown.kind };
    throw thrown;
  }
}

class Fault extends Error {
  constructor(readonly kind: LooseFault) {
    super(kind);
  }
}

/** Made once: a text of many brackets has a fault at each, and a stack is dear. */
const faults: Readonly<Record<LooseFault, Fault>> = {
  open: new Fault('open'),
  conflict: new Fault('conflict'),
  deep: new Fault('deep'),
  other: new Fault('other'),
};

/** No reply nests deeper; a text of ten thousand brackets must not end us. */
const deepest = 32;
const doubles = '"“”„‟';
const singles = "'‘’‚‛`´";
const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const words: ReadonlyMap<string, Loose> = new Map<string, Loose>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
/** Python's, JavaScript's; no number that there is stands for NaN. */
const otherWords: ReadonlyMap<string, Loose> = new Map<string, Loose>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['undefined', null],
  ['NaN', null],
  ['Infinity', null],
  ['-Infinity', null],
]);
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** A quote before this ends a text: what follows can only be structure. */
const afterText = /\s*(?:[,:}\]]|\/[/*]|$)|\s*\n\s*(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z_]\w*)\s*:/y;
const wordCharacter = /[\p{L}\p{N}]/u;

class LooseReader {
  repaired = false;

  constructor(
    readonly text: string,
    public at: number,
  ) {}

  value(depth: number): Loose {
    if (depth > deepest) throw faults.deep;
    this.blank();
    const next = this.peek();
    if (next === '{') return this.object(depth);
    if (next === '[') return this.list(depth);
    return isQuote(next) ? this.string() : this.word();
  }

  private object(depth: number): Map<string, Loose> {
    const members = new Map<string, Loose>();
    this.at++;
    for (;;) {
      this.blank();
      if (this.peek() === '}') break;
      const name = isQuote(this.peek()) ? this.string() : this.bareName();
      this.blank();
      if (this.peek() !== ':') throw faults.other;
      this.at++;
      const value = this.value(depth + 1);
      const before = members.get(name);
      if (before !== undefined && canonical(before) !== canonical(value)) throw faults.conflict;
      members.set(name, value);
      const from = this.at;
      this.blank();
      if (!this.separated('}') && !/\n/.test(this.text.slice(from, this.at))) throw faults.other;
    }
    this.at++;
    return members;
  }

  private list(depth: number): Loose[] {
    const items: Loose[] = [];
    this.at++;
    for (;;) {
      this.blank();
      if (this.peek() === ']') break;
      items.push(this.value(depth + 1));
      this.blank();
      if (!this.separated(']')) throw faults.other;
    }
    this.at++;
    return items;
  }

  /** Takes the comma, or sees the end; false where another member follows with nothing between. */
  private separated(close: string): boolean {
    const next = this.peek();
    if (next === close) return true;
    if (next !== ',') {
      this.repaired = true;
      return false;
    }
    this.at++;
    this.blank();
    if (this.peek() === close) this.repaired = true;
    return true;
  }

  private string(): string {
    const open = this.peek();
    if (open !== '"') this.repaired = true;
    this.at++;
    let said = '';
    let inner = 0;
    for (;;) {
      const next = this.peek();
      if (next === '\\') {
        said += this.escape();
        continue;
      }
      if (closes(open, next)) {
        if (this.endsText()) break;
        this.repaired = true;
        if (doubles.includes(next)) inner += this.innerQuote();
        else if (!this.isWithinWord()) throw faults.other;
      }
      if (next < ' ') this.repaired = true;
      said += next;
      this.at++;
    }
    this.at++;
    // Quotes of words within the text come in pairs; else the text may have been cut in two.
    if (inner % 2 !== 0) throw faults.other;
    return said;
  }

  private endsText(): boolean {
    afterText.lastIndex = this.at + 1;
    return afterText.test(this.text);
  }

  /** One that may as well open the next text is no quote of words. */
  private innerQuote(): number {
    const before = this.text.slice(0, this.at).trimEnd().at(-1) ?? '';
    if ('[{,:'.includes(before)) throw faults.other;
    return 1;
  }

  private isWithinWord(): boolean {
    return wordCharacter.test(this.text.charAt(this.at - 1)) && wordCharacter.test(this.text.charAt(this.at + 1));
  }

  private escape(): string {
    this.at++;
    const next = this.peek();
    this.at++;
    if ('"\\/'.includes(next)) return next;
    const control = escapes[next];
    if (control !== undefined) return control;
    if (next === "'") {
      this.repaired = true;
      return next;
    }
    const digits = this.text.slice(this.at, this.at + 4);
    if (next !== 'u' || !/^[0-9a-f]{4}$/i.test(digits)) throw faults.other;
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private bareName(): string {
    const name = this.match(/[A-Za-z_$][\w$]*/y);
    this.repaired = true;
    return name;
  }

  private word(): Loose {
    const word = this.match(/[^\s,:{}[\]"'“”‘’`/]+/y);
    const known = words.get(word);
    if (known !== undefined) return known;
    if (number.test(word)) return new NumberText(word);
    this.repaired = true;
    const other = otherWords.get(word);
    if (other !== undefined) return other;
    this.blank();
    if (!/^[A-Za-z][\w-]*$/.test(word) || !',}]'.includes(this.peek())) throw faults.other;
    return word;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found === undefined) throw faults.other;
    this.at += found.length;
    return found;
  }

  private peek(): string {
    const next = this.text[this.at];
    if (next === undefined) throw faults.open;
    return next;
  }

  private blank(): void {
    for (;;) {
      while (/\s/.test(this.text.charAt(this.at))) this.at++;
      const start = this.text.slice(this.at, this.at + 2);
      if (start !== '//' && start !== '/*') return;
      this.repaired = true;
      const end = this.text.indexOf(start === '//' ? '\n' : '*/', this.at + 2);
      if (end === -1) throw faults.open;
      this.at = start === '//' ? end : end + 2;
    }
  }
}

const isQuote = (character: string): boolean => doubles.includes(character) || singles.includes(character);

/** A plain quote is closed by itself alone; one of print by any of its kind. */
function closes(open: string, next: string): boolean {
  if (open === '"' || open === "'" || open === '`') return next === open;
  return (doubles.includes(open) ? doubles : singles).includes(next);
}
