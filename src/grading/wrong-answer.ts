/**
 * Grade -6, the hard way: the same question with a plausible wrong answer, and a rationale that argues for it as
 * fluently as the original argued for the right one. Only reading the image tells the two apart.
 */
import { answersMatch } from '../reward/reading/extract.js';
import { comparable } from '../reward/words/normal-text.js';
import type { Random } from '../random.js';
import type { Sample } from '../sample.js';
import { articleFor, withCaseOf } from './inflection.js';
import { turnPolarity } from './turn-yes-no.js';

/** Wrong answers to a sample's question, most plausible first, all different. */
export function wrongAnswers(sample: Sample, others: AnswerPool, random: Random): string[] {
  if (sample.options.length > 0) {
    return random.shuffle(sample.options.filter((option) => !answersMatch(option, sample.answer, sample.options)));
  }
  const own = comparable(sample.answer);
  const opposite = /^(?:yes|no)$/.test(own) ? [withCaseOf(sample.answer, own === 'yes' ? 'no' : 'yes')] : [];
  const number = /^\d+$/.test(own) ? random.shuffle([Number(own) + 1, Math.abs(Number(own) - 1)]).map(String) : [];
  const found = new Map<string, string>();
  for (const answer of [...opposite, ...number, ...others.likelyFor(sample, random)]) {
    const key = comparable(answer);
    if (opposite.length > 0 && !/^(?:yes|no)$/.test(key)) continue;
    if (!found.has(key) && !answersMatch(answer, sample.answer, [])) found.set(key, answer);
  }
  return [...found.values()];
}

/** Answers given to open questions, from which wrong ones are taken. */
export interface AnswerPool {
  /** Answers to the same question elsewhere, then of the same type and modality, then of the same type. */
  likelyFor(sample: Sample, random: Random): string[];
}

/** How many answers of each closeness are looked at; more than any set asks for. */
const drawn = 24;

export function answerPool(samples: readonly Sample[]): AnswerPool {
  const pools = new Map<string, Set<string>>();
  const keysOf = (sample: Sample): string[] => {
    const shape = /^\d/.test(comparable(sample.answer)) ? 'number' : 'words';
    return [
      `question\n${shape}\n${comparable(sample.question)}`,
      `type\n${shape}\n${sample.questionType}\n${sample.modality}`,
      `type\n${shape}\n${sample.questionType}`,
    ];
  };
  for (const sample of samples) {
    if (sample.options.length > 0 || /^(?:yes|no)$/.test(comparable(sample.answer))) continue;
    for (const key of keysOf(sample)) pools.set(key, (pools.get(key) ?? new Set()).add(sample.answer));
  }
  const lists = new Map([...pools].map(([key, answers]) => [key, [...answers]]));
  return {
    likelyFor: (sample, random) =>
      keysOf(sample).flatMap((key) => {
        const list = lists.get(key) ?? [];
        return list.length <= drawn ? random.shuffle(list) : Array.from({ length: drawn }, () => random.pick(list));
      }),
  };
}

/**
 * The rationale turned to argue for `wrong`: every mention of the right answer becomes the wrong one and the other way
 * round, case and articles kept right. For yes and no, what is claimed is denied, and what is denied is claimed.
 */
export function argueFor(sample: Pick<Sample, 'rationale' | 'answer'>, wrong: string): string {
  const polarity = comparable(sample.answer);
  if (polarity === 'yes' || polarity === 'no') return turnPolarity(sample.rationale, polarity);
  return swap(sample.rationale, sample.answer, wrong);
}

function swap(text: string, right: string, wrong: string): string {
  const pairs: [from: string, to: string][] = [
    [right, wrong],
    [wrong, right],
  ];
  pairs.sort(([a], [b]) => b.length - a.length);
  const words = pairs.map(([from]) => escape(from.trim()).replace(/\s+/g, '\\s+')).join('|');
  const mention = new RegExp(`(?:\\b(an?)(\\s+))?(?<![\\p{L}\\p{N}])(${words})(?![\\p{L}\\p{N}])`, 'giu');
  return text.replace(mention, (whole: string, article: string | undefined, gap: string | undefined, found: string) => {
    const pair = pairs.find(([from]) => comparable(from) === comparable(found));
    if (pair === undefined) return whole;
    const to = likeCase(found, pair[0], pair[1]);
    const takesNone = takesNoArticle(to);
    if (article !== undefined)
      return takesNone ? withCaseOf(article, to) : `${withCaseOf(article, articleFor(to))}${gap ?? ' '}${to}`;
    return takesNoArticle(pair[0]) && !takesNone ? `${withCaseOf(found, articleFor(to))} ${withoutCapital(to)}` : to;
  });
}

/** `no lesion`, `normal`, `2`: answers that do not follow `a`. */
function takesNoArticle(answer: string): boolean {
  return /^(?:no|none|nothing|not|normal|the|an?|\d+)\b/i.test(answer.trim());
}

/** `target` in the case in which `found` writes `source`. Abbreviations keep theirs. */
function likeCase(found: string, source: string, target: string): string {
  const abbreviation = /^[\p{Lu}\d-]{2,}/u;
  if (abbreviation.test(target) || abbreviation.test(found)) return target;
  if (found === source && !/^\p{Lu}/u.test(found)) return target;
  return withCaseOf(found, found === source ? target : withoutCapital(target));
}

function withoutCapital(text: string): string {
  return text.replace(/^\p{Lu}(?=\p{Ll})/u, (letter) => letter.toLowerCase());
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
