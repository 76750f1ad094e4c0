/**
 * Which of the questions that labels could answer are asked: so many an image, of as many kinds as there are, rare answers
 * first. Of each class presence is affirmed as often as denied. Pure: the same drafts and seed give the same choice.
 */
import { seededRandom, type Random } from '../../random.js';
import { answerKey, questionKey, type Draft } from './draft.js';
import type { Ask } from './question-wording.js';

export interface Choice {
  /** Most questions of one image. */
  perImage: number;
  seed: number;
  /** Asked also where every image has the same answer. */
  wanted?: readonly Ask[] | null;
}

/** @param drafts Of each image. @returns Those chosen, of each image in the same order. */
export function chooseDrafts(
  drafts: readonly (readonly Draft[])[],
  { perImage, seed, wanted = null }: Choice,
): Draft[][] {
  const random = seededRandom('label questions', seed);
  const possible = countOf(drafts.flat());
  const answers = Map.groupBy(new Map(drafts.flat().map((draft) => [answerKey(draft), draft])).values(), questionKey);
  const teaches = (draft: Draft): boolean => quota(draft) > 0;
  const used = new Map<string, number>();
  // No answer comes more often than all others together; of classes that are told apart each image has its own.
  const quota = (draft: Draft): number => {
    if (draft.ask === 'which' || draft.ask === 'middle' || wanted?.includes(draft.ask) === true)
      return Number.POSITIVE_INFINITY;
    const others = (answers.get(questionKey(draft)) ?? []).filter(({ answer }) => answer !== draft.answer);
    return others.reduce((sum, other) => sum + (possible.get(answerKey(other)) ?? 0), 0);
  };
  const chosen: Draft[][] = drafts.map(() => []);
  for (const index of random.shuffle([...drafts.keys()])) {
    const own = chosen[index] ?? [];
    const open = new Set((drafts[index] ?? []).filter(teaches));
    while (own.length < perImage) {
      const best = leastUsed(
        [...open].filter((draft) => (used.get(answerKey(draft)) ?? 0) < quota(draft)),
        own,
        used,
        random,
      );
      if (best === null) break;
      own.push(best);
      used.set(answerKey(best), (used.get(answerKey(best)) ?? 0) + 1);
      // One image is asked one thing once, whatever could be answered.
      for (const draft of open) if (questionKey(draft) === questionKey(best)) open.delete(draft);
    }
  }
  return balanced(chosen, used, random);
}

const opposite = (draft: Draft): Draft => ({ ...draft, answer: draft.answer === 'Yes' ? 'No' : 'Yes' });

function countOf(drafts: readonly Draft[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const draft of drafts) counts.set(answerKey(draft), (counts.get(answerKey(draft)) ?? 0) + 1);
  return counts;
}

/** Of a kind that the image was asked least of, and of those the answer that was given least. */
function leastUsed(
  open: readonly Draft[],
  own: readonly Draft[],
  used: ReadonlyMap<string, number>,
  random: Random,
): Draft | null {
  let best: Draft | null = null;
  let least: readonly number[] = [];
  for (const draft of open) {
    const kind = own.filter(({ ask }) => ask === draft.ask).length;
    const rank = [kind, used.get(answerKey(draft)) ?? 0, random.next()];
    if (best !== null && !isLess(rank, least)) continue;
    [best, least] = [draft, rank];
  }
  return best;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** Without the presence questions by which one answer is ahead of the other. */
function balanced(chosen: readonly Draft[][], used: ReadonlyMap<string, number>, random: Random): Draft[][] {
  const surplus = new Map<string, number>();
  for (const draft of chosen.flat()) {
    const ahead = (used.get(answerKey(draft)) ?? 0) - (used.get(answerKey(opposite(draft))) ?? 0);
    if (draft.ask === 'presence' && ahead > 0) surplus.set(answerKey(draft), ahead);
  }
  const left = new Set<Draft>();
  for (const draft of random.shuffle(chosen.flat())) {
    const ahead = surplus.get(answerKey(draft)) ?? 0;
    if (ahead === 0) continue;
    surplus.set(answerKey(draft), ahead - 1);
    left.add(draft);
  }
  return chosen.map((own) => own.filter((draft) => !left.has(draft)));
}
