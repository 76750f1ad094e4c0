/**
 * Predictions made elsewhere, joined with their questions: each with its options, its right answer, its modality, type
 * and data set. Whether an answer is right is not decided here.
 */
import { DataError } from '../errors.js';
import { checkColumnMap, readRow, type AnsweredRow, type ColumnMap } from './answered-row.js';
import { datasetOfId, modalityNamed, modalityOfDataset, optionsInText, questionTypeNamed } from './omnimedvqa.js';
import { readPlacedRows, type BadLine } from './prediction-file.js';
import { indexQuestions, type QuestionIndex } from './question-index.js';

/** Stands where a modality, type or data set is not known. */
export const unknownName = 'unknown';

export interface PredictedRow {
  where: string;
  id: string | null;
  /** What the model wrote. */
  completion: string;
  /** The right answer as written: text or letter. */
  answer: string;
  question: string;
  /** Empty for an open question. */
  options: string[];
  modality: string;
  questionType: string;
  dataset: string;
  likelihoods: AnsweredRow['likelihoods'];
}

export interface PredictionSet {
  rows: PredictedRow[];
  /** Lines of the predictions that were left out. */
  bad: BadLine[];
  /** Lines of the questions that were left out. */
  badQuestions: BadLine[];
  /** Rows whose modality neither they, nor the question file, nor the data set's name gave. */
  unjoined: number;
  /** Rows that the question file has no question for; null without such a file. */
  notInQuestions: number | null;
  /** Questions of the question file that no row answers: they count nowhere. Null without such a file. */
  unanswered: number | null;
  /** Rows whose question id came before. They count like any other. */
  repeatedIds: number;
}

export interface PredictionSource {
  predictions: string;
  questions?: string | undefined;
  map?: ColumnMap | undefined;
  skipBad: boolean;
}

export async function readPredictions(source: PredictionSource): Promise<PredictionSet> {
  const { predictions, questions, map = {}, skipBad } = source;
  const asked = questions === undefined ? null : await readRows(questions, {}, skipBad);
  const index = asked === null ? null : indexQuestions(asked.rows);
  const given = await readRows(predictions, map, skipBad);
  const bad = given.bad;
  const rows: PredictedRow[] = [];
  let notInQuestions = 0;
  for (const row of given.rows) {
    const { joined, found } = join(row, index);
    if ('reason' in joined) {
      if (!skipBad) throw unusable(joined);
      bad.push(joined);
      continue;
    }
    if (!found) notInQuestions++;
    rows.push(joined);
  }
  const ids = rows.flatMap(({ id }) => id ?? []);
  return {
    rows,
    bad,
    badQuestions: asked?.bad ?? [],
    unjoined: rows.filter(({ modality }) => modality === unknownName).length,
    notInQuestions: index === null ? null : notInQuestions,
    unanswered: index?.unasked() ?? null,
    repeatedIds: ids.length - new Set(ids).size,
  };
}

async function readRows(
  path: string,
  map: ColumnMap,
  skipBad: boolean,
): Promise<{ rows: AnsweredRow[]; bad: BadLine[] }> {
  const placed = await readPlacedRows(path, { skipBad });
  checkColumnMap(placed.rows, map);
  const bad: BadLine[] = [...placed.bad];
  const rows = placed.rows.flatMap((row) => {
    try {
      return [readRow(row, map)];
    } catch (error) {
      if (!skipBad || !(error instanceof DataError)) throw error;
      bad.push({ where: row.where, reason: error.message });
      return [];
    }
  });
  return { rows, bad };
}

function join(row: AnsweredRow, index: QuestionIndex | null): { joined: PredictedRow | BadLine; found: boolean } {
  const facts = index?.find(row) ?? null;
  const answer = row.answer ?? facts?.answer ?? null;
  const missing = row.prediction === null ? 'prediction' : answer === null ? 'answer' : null;
  if (missing !== null || row.prediction === null || answer === null)
    return { joined: { where: row.where, reason: `has no ${missing ?? 'answer'}` }, found: facts !== null };
  const dataset = row.dataset ?? facts?.dataset ?? (row.id === null ? null : datasetOfId(row.id));
  const modality =
    modalityNamed(row.modality ?? '') ??
    modalityNamed(facts?.modality ?? '') ??
    (dataset === null ? null : modalityOfDataset(dataset));
  const listed = row.options.length > 0 ? row.options : (facts?.options ?? []);
  return {
    joined: {
      where: row.where,
      id: row.id,
      completion: row.prediction,
      answer,
      question: row.question ?? facts?.question ?? '',
      options: listed.length > 0 ? listed : optionsInText(row.question ?? facts?.question ?? '', answer),
      modality: modality ?? unknownName,
      questionType: questionTypeNamed(row.questionType ?? facts?.questionType ?? '') ?? unknownName,
      dataset: dataset ?? unknownName,
      likelihoods: row.likelihoods,
    },
    found: facts !== null,
  };
}

function unusable({ where, reason }: BadLine): DataError {
  return new DataError('field-missing', `${where} ${reason}.`, {
    where,
    remedy:
      'Name its column with --map prediction=COLUMN or --map answer=COLUMN, or leave such rows out with --skip-bad.',
  });
}
