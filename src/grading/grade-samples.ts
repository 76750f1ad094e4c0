/**
 * The four-grade set that R_φ learns from (MedGR² supplement): trusted samples as they are (10), lightly reworded (6),
 * made incoherent (0), and answered wrongly or off the point (-6). Pure: the same samples and seed give the same rows.
 */
import { renderResponse } from '../prompts/policy-prompt.js';
import { seededRandom } from '../random.js';
import { answersMatch } from '../reward/reading/extract.js';
import type { Grade } from '../reward/preference-pairs.js';
import { comparable } from '../reward/words/normal-text.js';
import type { Sample } from '../sample.js';
import { deletePhrases } from './delete-phrases.js';
import { heldOutImages } from './held-out.js';
import { answerPool, argueFor, wrongAnswers, type AnswerPool } from './wrong-answer.js';
import { rewordLightly } from './reword.js';
import type { Thesaurus } from './thesaurus.js';

/** How a row came to its grade. */
export type GradedKind = 'original' | 'synonym' | 'deletion' | 'mismatch' | 'irrelevant';

/** A response with its grade, as `engine.trainRewardModel` takes it. */
export interface GradedRow {
  /** Sample id, kind, and a number where a sample has several rows of the kind. */
  id: string;
  sampleId: string;
  image: string;
  imageHash: string;
  question: string;
  options: string[];
  response: string;
  grade: Grade;
  kind: GradedKind;
}

/** How the graded set is made. */
export interface GradeOptions {
  seed: number;
  /** Share of the images whose rows are held out, in [0, 1). */
  heldOut: number;
  /** Images that are held out, by hash; chosen by that share when left out. */
  heldOutImages?: ReadonlySet<string> | undefined;
  /** Hard mismatches per sample, as far as there are wrong answers. */
  mismatches: number;
  /** Irrelevant responses per sample; 1 when left out. */
  irrelevant?: number;
  thesaurus: Thesaurus;
}

/** The rows for training and those held out, by image. */
export interface GradedSet {
  train: GradedRow[];
  heldOut: GradedRow[];
  /** Rows that could not be made, by kind: nothing to reword, too short to delete from, no other answer. */
  skipped: Record<Exclude<GradedKind, 'original'>, number>;
}

/**
 * Makes the four-grade set of MedGR²: 10 original, 6 synonyms, 0 phrases deleted, -6 mismatch or irrelevant. Rows of one
 * image are
 * either all in training or all held out.
 * @example
 * const samples = await readSampleFile('seed.jsonl');
 * const { train, heldOut } = gradeSamples(samples, { seed: 0, heldOut: 0.2, mismatches: 2, thesaurus: loadWordNet() });
 * console.log(train.length, heldOut.length);
 */
export function gradeSamples(samples: readonly Sample[], options: GradeOptions): GradedSet {
  const held = options.heldOutImages ?? heldOutImages(samples, options.heldOut, options.seed);
  const skipped = { synonym: 0, deletion: 0, mismatch: 0, irrelevant: 0 };
  const grade = (part: readonly Sample[]): GradedRow[] => {
    const answers = answerPool(part);
    return part.flatMap((sample) => rowsOf(sample, part, answers, options, skipped));
  };
  return {
    train: grade(samples.filter((sample) => !held.has(sample.imageHash))),
    heldOut: grade(samples.filter((sample) => held.has(sample.imageHash))),
    skipped,
  };
}

function rowsOf(
  sample: Sample,
  part: readonly Sample[],
  answers: AnswerPool,
  options: GradeOptions,
  skipped: GradedSet['skipped'],
): GradedRow[] {
  const random = seededRandom('grade', options.seed, sample.id);
  const original = renderResponse(sample);
  const rows = [rowOf(sample, 'original', 10, original, 0)];
  const seen = new Set([original]);
  const add = (
    kind: Exclude<GradedKind, 'original'>,
    grade: Grade,
    responses: readonly (string | null)[],
    wanted: number,
  ): void => {
    const fresh = [...new Set(responses)]
      .filter((text): text is string => text !== null && !seen.has(text))
      .slice(0, wanted);
    fresh.forEach((response, i) => {
      seen.add(response);
      rows.push(rowOf(sample, kind, grade, response, i));
    });
    skipped[kind] += wanted - fresh.length;
  };
  const rationale = rewordLightly(sample, options.thesaurus, random);
  add('synonym', 6, [rationale === null ? null : renderResponse({ rationale, answer: sample.answer })], 1);
  add('deletion', 0, [deletePhrases(sample, random)], 1);
  const wrong = wrongAnswers(sample, answers, random);
  add(
    'mismatch',
    -6,
    wrong.map((answer) => renderResponse({ rationale: argueFor(sample, answer), answer })),
    options.mismatches,
  );
  const wanted = options.irrelevant ?? 1;
  const strangers = Array.from({ length: wanted }, () => strangerTo(sample, part, random));
  add(
    'irrelevant',
    -6,
    strangers.map((other) => (other === null ? null : renderResponse(other))),
    wanted,
  );
  return rows;
}

/** How many samples are drawn in search of one about something else. */
const draws = 40;

/** A sample about another image, with another question and answer; of another question type where one turns up. */
function strangerTo(sample: Sample, part: readonly Sample[], random: ReturnType<typeof seededRandom>): Sample | null {
  let fallback: Sample | null = null;
  for (let i = 0; i < draws; i++) {
    const other = random.pick(part);
    if (other.imageHash === sample.imageHash || comparable(other.question) === comparable(sample.question)) continue;
    if (
      answersMatch(other.answer, sample.answer, sample.options) ||
      comparable(other.answer) === comparable(sample.answer)
    )
      continue;
    if (other.questionType !== sample.questionType) return other;
    fallback ??= other;
  }
  return fallback;
}

function rowOf(sample: Sample, kind: GradedKind, grade: Grade, response: string, index: number): GradedRow {
  const { id, image, imageHash, question, options } = sample;
  const rowId = `${id}:${kind}${index === 0 ? '' : `-${index + 1}`}`;
  return { id: rowId, sampleId: id, image, imageHash, question, options: [...options], response, grade, kind };
}
