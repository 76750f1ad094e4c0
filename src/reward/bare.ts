/** Answers that stand alone at the head or the end of a longer text: `B` and an explanation below it, or above it. */
import lexicon from './lexicon/phrases.json' with { type: 'json' };
import type { Declaration } from './declared.js';
import { phraseWords } from './phrases.js';

/** Words that a reasoning has at least, before a line that ends it. */
const shortestReasoning = 8;
const conclusion = new RegExp(
  `^(?:${lexicon.conclusions.map((phrase) => phraseWords(phrase).join(' ')).join('|')})[\\s,:]+`,
  'iu',
);

/** @param isBare Whether a piece of text is an option's name and nothing else. */
export function bareAnswers(text: string, isBare: (piece: string) => boolean): Declaration[] {
  return [headOf(text, isBare), endOf(text, isBare)].filter((one) => one !== null);
}

/** The first line, or the first sentence where another begins behind it. */
function headOf(text: string, isBare: (piece: string) => boolean): Declaration | null {
  const [line = ''] = text.split('\n');
  const sentence = /^([^.!。！]{1,80}?)[.!。！](?=\s+["'“(*]?[\p{Lu}\p{N}]|\p{Script=Han})/u.exec(line)?.[1];
  for (const piece of [line, sentence])
    if (piece !== undefined && piece.length < text.length && isBare(piece)) return declared(piece, 0);
  return null;
}

function endOf(text: string, isBare: (piece: string) => boolean): Declaration | null {
  const start = text.lastIndexOf('\n') + 1;
  const line = text.slice(start).replace(conclusion, '');
  const reasoning = text.slice(0, start).match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  return start > 0 && reasoning >= shortestReasoning && isBare(line) ? declared(line, text.length - line.length) : null;
}

function declared(piece: string, start: number): Declaration {
  return { line: piece, sentence: piece, start, end: start + piece.length, doubtful: false, revised: false };
}
