/** Turns a rationale for `yes` into one for `no` and back, as far as a few fixed patterns reach; else it stays. */
import { articleFor, withCaseOf } from './inflection.js';

const verbs = '(there (?:is|are|was|were)|shows?|contains?|has|have|with)';

interface Turn {
  denied: RegExp;
  /** Makes a claim of the denial. */
  claimed: (...match: string[]) => string;
  claim: RegExp;
  /** Makes a denial of the claim. */
  denial: string;
}

const turns: readonly Turn[] = [
  {
    denied: new RegExp(`\\b${verbs} no (\\w+)`, 'i'),
    claimed: (_, verb = '', noun = '') => `${verb} ${/[^s]s$/.test(noun) ? noun : `${articleFor(noun)} ${noun}`}`,
    claim: new RegExp(`\\b${verbs}(?: an?| some)? (?!no\\b)(\\w+)`, 'i'),
    denial: '$1 no $2',
  },
  { denied: /\bno evidence of\b/i, claimed: () => 'evidence of', claim: /\bevidence of\b/i, denial: 'no evidence of' },
  { denied: /\babsent\b/i, claimed: () => 'present', claim: /\bpresent\b/i, denial: 'absent' },
  {
    denied: /\b(is|are|was|were) not\b/i,
    claimed: (_, verb = '') => verb,
    claim: /\b(is|are|was|were)\b(?! not\b)/i,
    denial: '$1 not',
  },
];

/**
 * Exchanges `yes` and `no` where they stand as an answer (`no fracture` is a finding), and turns the last sentence that
 * can be turned: a denial into a claim, and where the answer was `yes`, a claim into a denial.
 */
export function turnPolarity(text: string, from: 'yes' | 'no'): string {
  const sentences = text
    .replace(/\b(yes|no)\b(?=\s*(?:[,.;!]|$))/gi, (word) =>
      withCaseOf(word, word.toLowerCase() === 'yes' ? 'no' : 'yes'),
    )
    .split(/(?<=[.!?])\s+/);
  for (let i = sentences.length - 1; i >= 0; i--) {
    const sentence = sentences[i] ?? '';
    const turned = turns.map((turn) => apply(turn, sentence, from)).find((result) => result !== sentence);
    if (turned === undefined) continue;
    sentences[i] = withCaseOf(sentence.charAt(0), turned);
    break;
  }
  return sentences.join(' ');
}

function apply({ denied, claimed, claim, denial }: Turn, sentence: string, from: 'yes' | 'no'): string {
  if (denied.test(sentence)) return sentence.replace(denied, claimed);
  return from === 'yes' ? sentence.replace(claim, denial) : sentence;
}
