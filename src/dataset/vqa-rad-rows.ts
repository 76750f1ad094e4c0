/**
 * Reads VQA-RAD's trainset.json into clean rows: trailing blanks and numbers as answers are put right, contradictory
 * questions are left out. Changes no wording.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError, messageOf } from '../errors.js';
import { sha256 } from '../hash.js';
import type { Modality, QuestionType } from '../sample.js';
import { largestText, requireFile } from '../file-kind.js';

const text = z.union([z.string(), z.number()]).transform((value) => String(value).replaceAll(/\s+/g, ' ').trim());

const rawRowSchema = z.object({
  qid: text.pipe(z.string().min(1)),
  image_name: z.string().min(1),
  image_organ: text.default(''),
  answer: text.pipe(z.string().min(1)),
  answer_type: text.default(''),
  question_type: text.default(''),
  question: text.pipe(z.string().min(1)),
});

export interface VqaRadRow {
  qid: string;
  /** Absolute path. */
  image: string;
  imageHash: string;
  organ: string;
  question: string;
  /** Yes and No for a yes-or-no question; otherwise empty. */
  options: string[];
  answer: string;
  questionType: QuestionType;
  modality: Modality;
}

export interface VqaRadRows {
  rows: VqaRadRow[];
  /** Rows left out because their image is not in the folder. */
  withoutImage: number;
  /** Rows left out because the same question about the same image has different answers. */
  contradictory: number;
}

/** @param folder Holds trainset.json and images/. */
export async function readVqaRad(folder: string): Promise<VqaRadRows> {
  const raw = await readTrainset(join(folder, 'trainset.json'));
  const hashes = new Map<string, string | null>();
  for (const { image_name } of raw) {
    if (!hashes.has(image_name)) hashes.set(image_name, await hashOf(join(folder, 'images', image_name)));
  }
  const present = raw.flatMap((row) => {
    const imageHash = hashes.get(row.image_name) ?? null;
    return imageHash === null ? [] : [cleanRow(row, join(folder, 'images', row.image_name), imageHash)];
  });
  if (present.length === 0)
    throw new DataError('no-images', `none of the ${hashes.size} images that trainset.json names is in the folder`, {
      where: join(folder, 'images'),
      remedy: 'Give the folder that holds both trainset.json and images/.',
    });
  const answers = new Map<string, Set<string>>();
  for (const row of present) {
    const known = answers.get(questionKey(row)) ?? new Set();
    answers.set(questionKey(row), known.add(row.answer.toLowerCase()));
  }
  const agreed = present.filter((row) => answers.get(questionKey(row))?.size === 1);
  const modalityOf = modalitiesOf(agreed, ({ imageHash }) => imageHash);
  return {
    rows: agreed.map((row) => ({ ...row, modality: modalityOf.get(row.imageHash) ?? 'unknown' })),
    withoutImage: raw.length - present.length,
    contradictory: present.length - agreed.length,
  };
}

/** What makes two rows the same question. */
export function questionKey({ imageHash, question }: { imageHash: string; question: string }): string {
  return `${imageHash} ${question
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()}`;
}

async function readTrainset(file: string): Promise<z.output<typeof rawRowSchema>[]> {
  let json: unknown;
  try {
    requireFile(file, largestText);
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new DataError('vqa-rad-not-read', `cannot read VQA-RAD: ${messageOf(error)}`, {
      where: file,
      cause: error,
      remedy: 'Give the folder with trainset.json and images/ as --set data=FOLDER or in MEDGR2_DATA.',
    });
  }
  const parsed = z.array(rawRowSchema).safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `row ${issue.path.join('.')}: ${issue.message}`);
  throw new DataError('vqa-rad-rows', `trainset.json is not as expected: ${issues.join('; ')}`, {
    where: file,
    remedy: 'Use the file as VQA-RAD publishes it: a list of objects with qid, image_name, question and answer.',
  });
}

async function hashOf(file: string): Promise<string | null> {
  try {
    requireFile(file);
    return sha256(await readFile(file));
  } catch {
    return null;
  }
}

function cleanRow(row: z.output<typeof rawRowSchema>, image: string, imageHash: string): VqaRadRow {
  const closed = closedAnswer(row.answer);
  return {
    qid: row.qid,
    image,
    imageHash,
    organ: row.image_organ,
    question: row.question,
    options: closed === null ? [] : ['Yes', 'No'],
    answer: closed ?? row.answer,
    questionType: questionTypeOfCode(row.question_type),
    modality: 'unknown',
  };
}

/** `Yes` or `No` for the answer of a closed question; null for an open one's. */
export function closedAnswer(answer: string): 'Yes' | 'No' | null {
  const word = /^(yes|no)\.?$/i.exec(answer.trim())?.[1]?.toLowerCase();
  return word === undefined ? null : word === 'yes' ? 'Yes' : 'No';
}

/** VQA-RAD's codes in OmniMedVQA's five types; of several codes the first counts. */
export function questionTypeOfCode(code: string): QuestionType {
  const first = code.split(',')[0]?.trim().toUpperCase();
  if (first === 'MODALITY') return 'modality recognition';
  if (first === 'ORGAN' || first === 'POS') return 'anatomy identification';
  if (first === 'PRES' || first === 'ABN') return 'disease diagnosis';
  if (first === 'SIZE') return 'lesion grading';
  return 'other biological attributes';
}

/**
 * VQA-RAD has no modality column: an image's is known where an open modality question about it says so and no other
 * contradicts. By what `imageOf` gives.
 */
export function modalitiesOf<T extends Pick<VqaRadRow, 'question' | 'answer' | 'options'>>(
  rows: readonly (T & { questionType: string })[],
  imageOf: (row: T) => string,
): Map<string, Modality> {
  const found = new Map<string, Modality>();
  for (const row of rows) {
    const { question, answer, options, questionType } = row;
    if (questionType !== 'modality recognition' || options.length > 0 || /\bnot\b/i.test(question)) continue;
    const modality = modalityInAnswer(answer);
    if (modality === null) continue;
    const known = found.get(imageOf(row));
    found.set(imageOf(row), known === undefined || known === modality ? modality : 'unknown');
  }
  return found;
}

/** CT, MRI or X-ray where an answer names one of them and no other. */
function modalityInAnswer(answer: string): Modality | null {
  const named: Modality[] = [];
  if (/\bCT\b/.test(answer)) named.push('CT');
  if (/\b(MRI?|FLAIR|DWI|T[12])\b/i.test(answer)) named.push('MRI');
  if (/x-?\s?ray|\bCXR\b|plain film/i.test(answer)) named.push('X-ray');
  return named.length === 1 ? (named[0] ?? null) : null;
}
