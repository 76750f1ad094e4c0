/**
 * Finds the question that a prediction answers, by question id, else by image path. Paths are compared from their end,
 * since every machine keeps the images elsewhere; what could be two different things is found as neither.
 */
import type { AnsweredRow } from './answered-row.js';

/** What a question file adds to a prediction. */
export type QuestionFacts = Pick<
  AnsweredRow,
  'answer' | 'question' | 'options' | 'modality' | 'questionType' | 'dataset'
>;

export interface QuestionIndex {
  /** Null where no question fits. */
  find(row: Pick<AnsweredRow, 'id' | 'image' | 'question'>): QuestionFacts | null;
  /** How many questions no row that was looked for could mean. */
  unasked(): number;
}

export function indexQuestions(questions: readonly AnsweredRow[]): QuestionIndex {
  const byId = groupBy(questions, ({ id }) => (id === null ? [] : [id]));
  const meant = new Set<AnsweredRow>();
  const agreed = (rows: readonly AnsweredRow[], question: string | null): QuestionFacts | null => {
    const same = rows.filter((row) => row.question !== null && row.question === question);
    const candidates = same.length > 0 ? same : rows;
    for (const row of candidates) meant.add(row);
    return inCommon(candidates);
  };
  const byImage = groupBy(questions, ({ image }) => (image === null ? [] : pathEnds(image)));
  return {
    find: ({ id, image, question }) => {
      const named = id === null ? undefined : byId.get(id);
      if (named !== undefined) return agreed(named, question);
      const end = image === null ? undefined : pathEnds(image).find((path) => byImage.has(path));
      return end === undefined ? null : agreed(byImage.get(end) ?? [], question);
    },
    unasked: () => questions.length - meant.size,
  };
}

/** One question's facts, or of several what they agree on; null where they are of different modalities. */
function inCommon(candidates: readonly AnsweredRow[]): QuestionFacts | null {
  const [first] = candidates;
  if (first === undefined) return null;
  if (candidates.length === 1) return first;
  const common = <T>(pick: (row: AnsweredRow) => T): T | null =>
    candidates.every((row) => JSON.stringify(pick(row)) === JSON.stringify(pick(first))) ? pick(first) : null;
  const modality = common((row) => row.modality);
  if (modality === null && first.modality !== null) return null;
  return {
    modality,
    answer: common((row) => row.answer),
    question: common((row) => row.question),
    options: common((row) => row.options) ?? [],
    questionType: common((row) => row.questionType),
    dataset: common((row) => row.dataset),
  };
}

/** `a/b/c.png` as itself, then `b/c.png`: a file name alone says too little, unless the path has no folder. */
function pathEnds(path: string): string[] {
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  return parts.slice(0, Math.max(1, parts.length - 1)).map((_, from) => parts.slice(from).join('/'));
}

function groupBy(rows: readonly AnsweredRow[], keys: (row: AnsweredRow) => string[]): Map<string, AnsweredRow[]> {
  const groups = new Map<string, AnsweredRow[]>();
  for (const row of rows) {
    for (const key of keys(row)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
  }
  return groups;
}
