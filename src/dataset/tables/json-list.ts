/** Where the elements of a JSON list begin: the physical line of each, so that a reason can name it. */

/** Lines, from 1, of the elements of the first list that the text opens at depth `depth` (0: the text is the list). */
export function elementLines(text: string, depth = 0): number[] {
  const lines: number[] = [];
  let line = 1;
  let open = 0;
  let expecting = false;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\n') {
      line += 1;
      continue;
    }
    if (letter === ' ' || letter === '\t' || letter === '\r') continue;
    if (inside && open === depth + 1 && expecting && letter !== ']') {
      lines.push(line);
      expecting = false;
    }
    if (letter === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at += 1;
    } else if (letter === '[' || letter === '{') {
      if (letter === '[' && open === depth && !inside) inside = expecting = true;
      open += 1;
    } else if (letter === ']' || letter === '}') {
      open -= 1;
      if (inside && open === depth) return lines;
    } else if (letter === ',' && inside && open === depth + 1) expecting = true;
  }
  return lines;
}
