/**
 * How near an open answer is to its key, word by word: token F1 as SQuAD has it, and ROUGE-L. They reward shared words, not
 * right ones (`no mass` and `mass` are near), and so are figures beside accuracy, never a reward. Our own few lines: the
 * packages there are cut words by a pattern for English, and leave nothing of other scripts.
 */
import { normalize } from './words/normal-text.js';

const wordsOf = (text: string): string[] =>
  normalize(text)
    .split(' ')
    .filter((word) => word !== '');

/** F1 of the words that both have, each as often as both have it. In [0, 1]; two empty texts are alike. */
export function tokenF1(text: string, key: string): number {
  const [said, wanted] = [wordsOf(text), wordsOf(key)];
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of said) {
    const count = left.get(word) ?? 0;
    if (count > 0) shared++;
    left.set(word, count - 1);
  }
  return harmonic(shared, said.length, wanted.length);
}

/** F1 of the longest common subsequence of words. In [0, 1]. */
export function rougeL(text: string, key: string): number {
  const [said, wanted] = [wordsOf(text), wordsOf(key)];
  let row = new Uint32Array(wanted.length + 1);
  for (const word of said) {
    const next = new Uint32Array(wanted.length + 1);
    for (const [i, other] of wanted.entries())
      next[i + 1] = word === other ? (row[i] as number) + 1 : Math.max(row[i + 1] as number, next[i] as number);
    row = next;
  }
  return harmonic(row[wanted.length] as number, said.length, wanted.length);
}

function harmonic(shared: number, said: number, wanted: number): number {
  return said + wanted === 0 ? 1 : (2 * shared) / (said + wanted);
}
