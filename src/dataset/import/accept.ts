/**
 * Whether a row makes a sample: the rules by which importers reject. A row is taken as it is or rejected with its reason;
 * nothing is guessed, and the answer is always kept in words.
 */
import { answerBlock } from '../../reward/format.js';
import { readLabel } from '../../reward/label.js';
import { optionLetter } from '../../reward/options.js';
import { normalize } from '../../reward/text.js';
import { modalitySchema, questionTypes, type Modality, type QuestionType, type Sample } from '../../sample.js';
import type { Rejection } from '../folder.js';
import { modalityNamed, optionsInText, questionTypeNamed, withoutOptions } from '../omnimedvqa.js';
import type { StoredImage } from './image-store.js';
import type { ImportRow } from './rows.js';

/** A row whose words are in order; its image is not looked at yet. */
export interface AcceptedRow {
  file: string;
  line: number;
  id: string | null;
  image: string;
  patient: string | null;
  question: string;
  options: string[];
  answer: string;
  rationale: string;
  questionType: QuestionType;
  modality: Modality;
  /** A modality outside the eight, as written. */
  otherModality: string | null;
  dataset: string | null;
}

export type Refusal = Pick<Rejection, 'code' | 'reason'>;

export function acceptRow({ file, line, fields, modality }: ImportRow): AcceptedRow | Refusal {
  const { question, answer, image } = fields;
  if (question === null) return refusal('question-missing', 'has no question');
  if (answer === null) return refusal('answer-missing', 'has no answer');
  if (image === null) return refusal('image-missing', 'names no image');
  if (modality === null) return refusal('modality-missing', 'has no modality, though others of the file have');
  const options = fields.options.length > 0 ? fields.options : optionsInText(question, plainAnswer(answer));
  const same = firstTwins(options);
  if (same !== null) return refusal('options-identical', `has twice the same option: ${same}`);
  if (options.length === 1) return refusal('options-single', 'has one option only');
  const label = readLabel(plainAnswer(answer), options);
  if ('reason' in label)
    return refusal('answer-not-among-options', `has the answer "${answer}", which ${label.reason}`);
  const right = label.answer;
  if (right === '') return refusal('answer-missing', 'has no answer');
  const asked = options.length === 0 ? question : withoutOptions(question);
  const named = modalityNamed(modality);
  const known = modalitySchema.safeParse(named).data;
  return {
    file,
    line,
    id: fields.id,
    image,
    patient: fields.patient,
    question: asked,
    options,
    answer: right,
    rationale: fields.rationale ?? '',
    questionType: questionTypes.find((type) => type === questionTypeNamed(fields.questionType ?? '')) ?? otherType,
    modality: known ?? 'unknown',
    otherModality: known === undefined ? named : null,
    dataset: fields.dataset,
  };
}

/** Where a row names no question type, or one outside OmniMedVQA's five. */
const otherType: QuestionType = 'other biological attributes';

/** `<answer> B </answer>` as `B`. */
const plainAnswer = (answer: string): string => (answerBlock(answer) ?? answer).trim();

function firstTwins(options: readonly string[]): string | null {
  const seen = new Map<string, number>();
  for (const [index, option] of options.entries()) {
    // Signs alone have no words to compare.
    const key = normalize(option) || option.trim();
    const first = seen.get(key);
    if (first !== undefined) return `${optionLetter(first)} and ${optionLetter(index)}, "${option}"`;
    seen.set(key, index);
  }
  return null;
}

function refusal(code: string, reason: string): Refusal {
  return { code, reason };
}

export function toSample(row: AcceptedRow, image: StoredImage, { id, model }: { id: string; model: string }): Sample {
  const { question, options, answer, rationale, questionType, modality } = row;
  return {
    id,
    image: image.path,
    imageHash: image.imageHash,
    question,
    options,
    answer,
    rationale,
    questionType,
    modality,
    provenance: { provider: 'seed', model, strategy: null, promptHash: null, cycle: 0 },
    score: null,
    rewardModelVersion: null,
  };
}

/** The same question about the same image, with the same options in any order. */
export function questionIdentity({
  imageHash,
  question,
  options,
}: Pick<Sample, 'imageHash' | 'question' | 'options'>): string {
  return [imageHash, normalize(question), ...options.map((option) => normalize(option)).toSorted()].join('\n');
}
