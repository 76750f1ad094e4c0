/** Reads a page back as a test needs it: tables by their name, and everything that could load or run something. */

export interface PageTable {
  head: string[];
  rows: string[][];
}

/** Text of a tag's content without tags, entities resolved. */
export function plain(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}

export function tableNamed(page: string, name: string): PageTable {
  const at = page.indexOf(`aria-label="${name}, table"`);
  if (at === -1) throw new Error(`no table named ${name}`);
  const table = page.slice(at, page.indexOf('</table>', at));
  const cells = (row: string): string[] =>
    [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, text]) => plain(text ?? ''));
  const [head = [], ...rows] = table.split('<tr').slice(1).map(cells);
  return { head, rows };
}

/** Values of attributes by which a page could fetch, lead away or run something. */
export function reaching(page: string): string[] {
  const pattern = /\s(src|href|srcset|action|formaction|data|poster|on[a-z]+)\s*=\s*"([^"]*)"/gi;
  return [...page.matchAll(pattern)].map(([, name, value]) => `${name}=${value?.slice(0, 40)}`);
}
