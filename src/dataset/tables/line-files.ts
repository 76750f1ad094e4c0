/** Lines to files, some at a time: in one, or in as many as DuckDB reads with little memory. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Lines = Iterable<string> | AsyncIterable<string>;

/** Characters that are gathered before they are written: more of them would outlive V8's young generation. */
const pieceLength = 256 * 1024;
/** Of a file that DuckDB reads: it fills a buffer of 32 MB as far as a file is long. */
const partLength = 4 * 1024 * 1024;

/** Lines joined some at a time, and the most bytes that one of them may have; at least one piece. */
async function* piecesOf(lines: Lines): AsyncGenerator<{ text: string; longest: number }, void> {
  let piece: string[] = [];
  let length = 0;
  let longest = 0;
  for await (const line of lines) {
    piece.push(`${line}\n`);
    length += line.length;
    // A character has at most three bytes.
    longest = Math.max(longest, 3 * line.length);
    if (length < pieceLength) continue;
    yield { text: piece.join(''), longest };
    piece = [];
    length = 0;
  }
  yield { text: piece.join(''), longest };
}

export async function writeLines(path: string, lines: Lines): Promise<void> {
  for await (const { text } of piecesOf(lines)) await appendFile(path, text);
}

/** Lines as files in a folder, in their order; resolves with these, and the most bytes that a line may have. */
export async function writeParts(folder: string, lines: Lines): Promise<{ files: string[]; longest: number }> {
  const files: string[] = [];
  let length = 0;
  let most = 0;
  for await (const { text, longest } of piecesOf(lines)) {
    if (files.length === 0 || length >= partLength) {
      files.push(join(folder, `${files.length}.jsonl`));
      length = 0;
    }
    await appendFile(files.at(-1) ?? '', text);
    length += text.length;
    most = longest;
  }
  return { files, longest: most };
}
