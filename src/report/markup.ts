/** HTML as a tagged template in which every value is escaped unless it is markup already. No other way to make HTML here. */

/** Text that is HTML and safe to place into a page. Made by `html` and `trusted` alone. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text is escaped, nothing (null, undefined, false) leaves nothing, lists are joined. */
export type Content = string | number | Markup | null | undefined | false | readonly Content[];

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.map((part, i) => part + (i < values.length ? textOf(values[i]) : '')).join(''));
}

/** For text that this program made whole, such as a style sheet or a drawing. Never for text from a run. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function textOf(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return escapeText(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as element content and in quoted attributes. Control characters that HTML forbids become the replacement sign. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}/gu, (sign) => ('\t\n\r'.includes(sign) ? sign : '\ufffd'))
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
