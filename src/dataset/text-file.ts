/**
 * Text files in whatever encoding they are: UTF-8 and what a byte order mark says are read, another has to be named. No byte
 * is ever replaced: a letter that is lost changes an answer.
 */
import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { ConfigError, DataError, messageOf } from '../errors.js';
import { largestText, requireFile } from '../file-kind.js';

export interface TextFile {
  text: string;
  /** As it is called, such as `utf-8`. */
  encoding: string;
}

/** What no table of text begins with, and what to do about it. */
const otherKinds: readonly (readonly [name: string, start: string, remedy: string])[] = [
  ['an Excel workbook or another zip file', 'PK\x03\x04', 'Save the sheet as CSV (UTF-8) and import that.'],
  ['an old Excel workbook', '\xd0\xcf\x11\xe0', 'Save the sheet as CSV (UTF-8) and import that.'],
  ['compressed with gzip', '\x1f\x8b', 'Unpack it first: gunzip -k FILE.'],
  ['a Parquet file', 'PAR1', 'Let its name end in .parquet.'],
  ['a PDF file', '%PDF', 'Save its table as CSV (UTF-8) and import that.'],
];

const marks: readonly (readonly [mark: string, encoding: string])[] = [
  ['\xef\xbb\xbf', 'utf-8'],
  ['\xff\xfe', 'utf-16le'],
  ['\xfe\xff', 'utf-16be'],
];

/** @param encoding Of files without a mark; UTF-8 when left out. */
export async function readTextFile(path: string, encoding: string | null = null): Promise<TextFile> {
  let bytes: Buffer;
  try {
    requireFile(path, largestText);
    bytes = await readFile(path);
  } catch (cause) {
    throw new DataError('file-unreadable', `Cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      where: path,
      remedy: 'Check that the file exists and may be read.',
    });
  }
  const starts = bytes.toString('latin1', 0, 4);
  const other = otherKinds.find(([, start]) => starts.startsWith(start));
  if (other !== undefined)
    throw new DataError('file-kind', `${path} is ${other[0]}, not text`, { where: path, remedy: other[2] });
  const marked = marks.find(([mark]) => starts.startsWith(mark))?.[1];
  const chosen = marked ?? encoding ?? (looksWide(bytes) ? 'utf-16le' : 'utf-8');
  try {
    return { text: decoderOf(chosen).decode(bytes), encoding: chosen };
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new DataError('file-encoding', `${path} is not in ${chosen}${placeOf(bytes, chosen)}`, {
      cause,
      where: path,
      remedy: 'Say in which encoding it is: --encoding windows-1252 for most tables saved by Excel in Europe.',
    });
  }
}

/** @throws ConfigError for an encoding that is not known. */
export function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new ConfigError('encoding-unknown', `--encoding ${encoding}: there is no such encoding`, {
      cause,
      remedy: 'Such as utf-8, windows-1252, iso-8859-15, utf-16le, shift_jis or gb18030.',
    });
  }
}

/** Plain letters in UTF-16 without a mark: every second byte is null. */
function looksWide(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 200);
  return head.length >= 4 && head.every((byte, index) => (byte === 0) === (index % 2 === 1));
}

/** Line and byte of the first letter that is none in UTF-8. */
function placeOf(bytes: Buffer, encoding: string): string {
  if (encoding !== 'utf-8') return '';
  let line = 1;
  let from = 0;
  for (let to = bytes.indexOf(10); ; to = bytes.indexOf(10, from)) {
    const text = bytes.subarray(from, to === -1 ? bytes.length : to);
    if (text.toString('utf8').includes('\ufffd')) {
      const byte = text.find((value) => value >= 0x80) ?? 0;
      return `: line ${line} has a byte 0x${byte.toString(16)}`;
    }
    if (to === -1) return '';
    from = to + 1;
    line += 1;
  }
}
