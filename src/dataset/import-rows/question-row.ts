/** One row of a table as a question: its fields as text, its options in their places. Nothing of a row is left out unsaid. */
import type { PlacedRow } from '../predictions/prediction-file.js';
import type { ColumnUse, ImportField } from './row-columns.js';
import { conversationOf, type Conversation } from './conversation.js';
import { shortName } from '../pictures/image-name.js';
import { labelText, type LabelText } from './expert-label.js';
import { parseListText } from './list-text.js';
import { NoOptions, optionsInColumns, optionsOf, withoutLetters, type Places } from './row-options.js';

export interface QuestionFields {
  id: string | null;
  question: string | null;
  /** As written; which option it names is read later. */
  answer: LabelText;
  options: Places;
  /** The options as they were written, where letters before them were taken off. */
  written: Places;
  image: string | null;
  modality: string | null;
  questionType: string | null;
  dataset: string | null;
  rationale: string | null;
  /** What a person wrote about the image; no part of the sample. */
  context: string | null;
  patient: string | null;
}

export interface RowProblem {
  code: string;
  reason: string;
}

export function readQuestionRow(row: PlacedRow, columns: ColumnUse): QuestionFields | RowProblem {
  const text = (field: ImportField): string | null => textOf(columns.valueOf(row, field));
  const asked = text('question');
  const talk = conversationOf(columns.valueOf(row, 'conversation'));
  const problem = talkProblem(talk, asked);
  if (problem !== null) return problem;
  const places = placesOf(row, columns);
  if ('reason' in places) return places;
  const twice = columns.contradictionIn(row);
  if (twice !== null) return { code: 'column-twice', reason: `has two columns "${twice}" of different values` };
  const images = imagesOf(columns.valueOf(row, 'image'), talk);
  const numbered = columns.numberedImagesIn(row).flatMap((value) => imagesOf(value, null));
  if (numbered.length > 1 || images.length === 0) images.push(...numbered.filter((name) => !images.includes(name)));
  if (images.length > 1)
    return {
      code: 'images-several',
      reason: `names ${images.length} images, and a sample has one: ${images.slice(0, 3).map(shortName).join(', ')}`,
    };
  if (images.length === 0 && holdsBytes(columns.valueOf(row, 'image')))
    return { code: 'image-bytes', reason: 'holds the bytes of its image, not its name: write images to files first' };
  const answer = labelText(columns.valueOf(row, 'answer'));
  return {
    id: text('id'),
    question: asked ?? talk?.question ?? null,
    answer: answer ?? talk?.answer ?? null,
    options: withoutLetters(places),
    written: places,
    image: images[0] ?? null,
    modality: text('modality'),
    questionType: text('questionType'),
    dataset: text('dataset'),
    rationale: text('rationale'),
    context: text('context'),
    patient: null,
  };
}

function talkProblem(talk: Conversation | null, asked: string | null): RowProblem | null {
  if (talk === null || asked !== null || talk.turns <= 1) return null;
  return {
    code: 'turns-several',
    reason: `is a conversation of ${talk.turns} questions, and a sample has one: make a row of each`,
  };
}

function placesOf(row: PlacedRow, columns: ColumnUse): Places | RowProblem {
  try {
    const listed = optionsOf(columns.valueOf(row, 'options'));
    return listed.length > 0 ? listed : optionsInColumns(columns.optionsIn(row) ?? []);
  } catch (error) {
    if (!(error instanceof NoOptions)) throw error;
    return { code: 'row-misfit', reason: `has options that ${error.message}` };
  }
}

/** Names of images: a text, a list, a list as text, objects with a path; those of a conversation where no column has one. */
function imagesOf(value: unknown, talk: Conversation | null): string[] {
  const listed = typeof value === 'string' && /^\s*[[(]/.test(value) ? (parseListText(value) ?? value) : value;
  const items: unknown[] = Array.isArray(listed) ? listed : [listed];
  const names = items.flatMap((item) => textOf(pathIn(item)) ?? []);
  return names.length > 0 ? names : [...new Set(talk?.images)];
}

const holdsBytes = (value: unknown): boolean =>
  ArrayBuffer.isView(value) || (typeof value === 'object' && value !== null && 'bytes' in value);

/** Parquet files of the hub hold `{ bytes, path }`. */
const pathIn = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && 'path' in item ? item.path : item;

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.length === 1 ? textOf(value[0]) : null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
