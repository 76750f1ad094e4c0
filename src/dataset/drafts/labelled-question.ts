/** A chosen draft as a question: its wording, and its options with the answer at a place that answers had least. */
import { seededRandom, type Random } from '../../random.js';
import { comparable } from '../../reward/words/normal-text.js';
import type { QuestionType } from '../../sample.js';
import type { Draft, DraftOptions } from './draft.js';
import { wordingOf } from './question-wording.js';

export interface LabelledQuestion {
  question: string;
  options: string[];
  answer: string;
  rationale: string;
  questionType: QuestionType;
  basis: string;
}

/** Options of one question. */
const most = 4;

/** Keeps count of the places that answers had. */
export function questionWriter(seed: number): (draft: Draft, imageHash: string) => LabelledQuestion {
  const places = new Map<number, number[]>();
  /** The least used of the places that can be; of several, any. */
  const placeIn = (size: number, possible: readonly number[], random: Random): number => {
    const counts = places.get(size) ?? Array.from({ length: size }, () => 0);
    const least = Math.min(...possible.map((place) => counts[place] ?? 0));
    const place = random.pick(possible.filter((one) => counts[one] === least));
    counts[place] = least + 1;
    places.set(size, counts);
    return place;
  };
  const optionsOf = (answer: string, options: DraftOptions, random: Random): string[] => {
    if (options.how === 'yes-no') return ['Yes', 'No'];
    if (options.how === 'numbers') {
      const truth = Number(answer);
      const below = Math.floor(truth / options.step);
      const place = placeIn(most, range(Math.min(most, below + 1)), random);
      return range(most).map((at) => String(truth + (at - place) * options.step));
    }
    const others = distinct(answer, options.others(), random);
    const place = placeIn(others.length + 1, range(others.length + 1), random);
    return others.toSpliced(place, 0, answer);
  };
  return (draft, imageHash) => {
    const { answer, questionType, basis } = draft;
    const random = seededRandom('label wording', seed, imageHash, draft.ask, draft.about);
    const { question, rationale, number } = wordingOf(draft, random);
    const options = optionsOf(answer, draft.options, random);
    return { question, options, answer, rationale, questionType, basis: `${draft.ask} ${number}: ${basis}` };
  };
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

function distinct(answer: string, others: readonly string[], random: Random): string[] {
  const taken = new Set([comparable(answer)]);
  const found: string[] = [];
  for (const other of random.shuffle(others)) {
    if (found.length === most - 1) break;
    const key = comparable(other);
    if (!taken.has(key)) found.push(other);
    taken.add(key);
  }
  return found;
}
