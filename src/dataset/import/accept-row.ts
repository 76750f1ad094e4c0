/**
 * Whether a row makes a sample: the rules by which importers reject. A row is taken as it is or rejected with its reason;
 * nothing is guessed, and the answer is always kept in words.
 */
import { specialTokens, withEscapedTokens, withoutImagePlaces } from '../../prompts/special-tokens.js';
import { whyNoLabel } from '../../reward/reading/read-label.js';
import { answerBlock } from '../../reward/response-format.js';
import { normalize } from '../../reward/words/normal-text.js';
import { type Modality, modalitySchema, type QuestionType, questionTypes, type Sample } from '../../sample.js';
import { labelledOption, placeWritten, truthOf } from '../import-rows/expert-label.js';
import { firstTwins } from '../../reward/options/options-differ.js';
import type { RowProblem } from '../import-rows/question-row.js';
import type { ImportRow } from '../import-rows/question-rows.js';
import type { StoredImage } from '../pictures/image-store.js';
import { modalityNamed, optionsInText, questionTypeNamed, withoutOptions } from '../sources/omnimedvqa-names.js';

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
  /** What a person wrote about the image. */
  context: string | null;
  /** What was put right, for counting. */
  mended: string[];
}

export const tokenChoices = ['reject', 'escape'] as const;
/** What is done with special tokens of tokenizers in texts. */
export type TokenChoice = (typeof tokenChoices)[number];

export function acceptRow(row: ImportRow, tokens: TokenChoice = 'reject'): AcceptedRow | RowProblem {
  const { fields, modality } = row;
  const { answer: label, image } = fields;
  if (fields.question === null) return refusal('question-missing', 'has no question');
  if (label === null) return refusal('answer-missing', 'has no answer');
  if (typeof label !== 'string') return refusal('answer-several', label.problem);
  if (image === null) return refusal('image-missing', 'names no image');
  if (modality === null) return refusal('modality-missing', 'has no modality, though others of the file have');
  const { question: shown, places } = withoutImagePlaces(fields.question);
  if (places > 1) return refusal('images-several', `asks about ${places} images, and a sample has one`);
  const read = readAnswer(shown, plainAnswer(label), row);
  if ('reason' in read) return read;
  const rationale = bareRationale(fields.rationale ?? '');
  const texts = cleanTexts({ question: read.question, options: read.options, answer: read.answer, rationale }, tokens);
  if ('reason' in texts) return texts;
  const named = modalityNamed(modality);
  const known = modalitySchema.safeParse(named).data;
  const mended = [
    ...(places > 0 ? ['places of the image taken out of questions'] : []),
    ...(texts.escaped ? ['special tokens escaped'] : []),
  ];
  return {
    file: row.file,
    line: row.line,
    id: fields.id,
    image,
    patient: fields.patient,
    question: texts.question,
    options: texts.options,
    answer: texts.answer,
    rationale: texts.rationale,
    questionType: questionTypes.find((type) => type === questionTypeNamed(fields.questionType ?? '')) ?? otherType,
    modality: known ?? 'unknown',
    otherModality: known === undefined ? named : null,
    dataset: fields.dataset,
    context: fields.context,
    mended,
  };
}

/** Where a row names no question type, or one outside OmniMedVQA's five. */
const otherType: QuestionType = 'other biological attributes';

/** `<answer> B </answer>` as `B`. */
const plainAnswer = (answer: string): string => (answerBlock(answer) ?? answer).trim();

/** The reasoning without the tags around it. */
const bareRationale = (text: string): string =>
  /^\s*<(think|thinking|reasoning)>([\s\S]*)<\/\1>\s*$/i.exec(text)?.[2]?.trim() ?? text;

interface Texts {
  question: string;
  options: string[];
  answer: string;
  rationale: string;
}

/** Question, options and answer in words. */
function readAnswer(
  question: string,
  label: string,
  { fields, answerPlace }: ImportRow,
): Omit<Texts, 'rationale'> | RowProblem {
  const given = fields.options.length > 0 ? fields.options : optionsInText(question, label);
  const options = given.filter((place) => place !== null);
  const same = firstTwins(given);
  if (same !== null) return refusal('options-identical', `has twice the same option: ${same}`);
  if (options.length === 1) return refusal('options-single', 'has one option only');
  if (options.length === 0) return openAnswer(question, label);
  if (answerPlace === 'unknown')
    return refusal(
      'answer-place-unknown',
      `has the answer ${label}, a number: the file does not show whether options count from 0 or from 1 (--answers-from)`,
    );
  // A label may repeat the letter or number that was taken off an option, or the option with it.
  const named = given === fields.options && given !== fields.written ? placeWritten(label, fields.written) : -1;
  const right =
    answerPlace ?? fields.written[named] ?? labelledOption(label, given) ?? labelledOption(label, fields.written);
  const place = right === null ? -1 : fields.written.indexOf(right);
  const answer = place === -1 ? right : (given[place] ?? right);
  if (answer === null || answer.trim() === '')
    return refusal('answer-not-among-options', `has the answer "${label}", which ${whyNoLabel(label, options)}`);
  return { question: withoutOptions(question), options, answer };
}

/** Letters of options, one or several, and what an open question may ask for that is itself a letter. */
const lettersAlone = /^(?:option |choice )?\(?[A-H]\)?[.):]?(?:\s*(?:[,;/&+]|and|or|und|oder)\s*\(?[A-H]\)?[.):]?)*$/;
const asksForLetter =
  /letter|label|mark|arrow|panel|group|type|class|grade|stage|categor|hepatitis|buchstabe|pfeil|gruppe|klasse|stadium|字母|箭头/i;

const yesOrNo = /^(?:is|are|was|were|does|do|did|has|have|had|can|could|should|will|would)\b/i;

/** True and false are Yes and No; 0 and 1 are it where that is what is asked. */
function openAnswer(question: string, label: string): Omit<Texts, 'rationale'> | RowProblem {
  if (label === '') return refusal('answer-missing', 'has no answer');
  if (lettersAlone.test(label) && !asksForLetter.test(question))
    return refusal(
      'options-missing',
      `has the answer "${label}", a letter, and no options: name their columns (--map options=a,b,c)`,
    );
  const said = /^(?:true|false)$/i.test(label) || (/^[01]$/.test(label) && yesOrNo.test(question));
  if (!said) return { question, options: [], answer: label };
  return { question, options: ['Yes', 'No'], answer: truthOf(label) === true ? 'Yes' : 'No' };
}

function cleanTexts(texts: Texts, tokens: TokenChoice): (Texts & { escaped: boolean }) | RowProblem {
  if ([texts.question, ...texts.options, texts.answer, texts.rationale].some((text) => text.includes('\0')))
    return refusal(
      'null-byte',
      'has a null byte in its texts: the file is damaged, or in another encoding (--encoding)',
    );
  const all: [string, string][] = [
    ['question', texts.question],
    ...texts.options.map((option): [string, string] => ['options', option]),
    ['answer', texts.answer],
    ['rationale', texts.rationale],
  ];
  const found = all.flatMap(([name, text]) => specialTokens(text).map((token) => ({ name, token })));
  const [first] = found;
  if (first === undefined) return { ...texts, escaped: false };
  if (tokens === 'reject')
    return refusal(
      'special-token',
      `has ${first.token} in its ${first.name}, which models take for a sign of their own (--special-tokens escape keeps it as text)`,
    );
  return {
    question: withEscapedTokens(texts.question),
    options: texts.options.map(withEscapedTokens),
    answer: withEscapedTokens(texts.answer),
    rationale: withEscapedTokens(texts.rationale),
    escaped: true,
  };
}

function refusal(code: string, reason: string): RowProblem {
  return { code, reason };
}

type TrustedRow = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale' | 'questionType' | 'modality'>;

/** A sample that an expert stands for, whether it was asked in a table or made of a label. */
export function toSample(
  row: TrustedRow,
  image: Pick<StoredImage, 'path' | 'imageHash'>,
  { id, model }: { id: string; model: string },
): Sample {
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
