/**
 * What a grader is, and the papers' own: the four grades (MedGR² supplement) of one trusted sample, as it is (10), lightly
 * reworded (6), made incoherent (0), and answered wrongly or off the point (-6).
 */
import type { Part } from '../config/part.js';
import { renderResponse } from '../prompts/policy-prompt.js';
import { seededRandom } from '../random.js';
import { answersMatch } from '../reward/reading/extract.js';
import type { Grade } from '../reward/preference-pairs.js';
import { comparable } from '../reward/words/normal-text.js';
import type { Sample } from '../sample.js';
import { deletePhrases } from './delete-phrases.js';
import { answerPool, argueFor, wrongAnswers, type AnswerPool } from './wrong-answer.js';
import { rewordLightly } from './reword.js';
import type { Thesaurus } from './thesaurus.js';
import { loadWordNet } from './wordnet.js';

/** One text about a sample, as a policy might have answered, and the reward it deserves. */
export interface GradedText {
  /** What was done to the sample: letters, digits, `-` and `_`. `original` and `mismatch` are what τ is set by (`filter.calibration`). */
  kind: string;
  /** In [-6, 10]: 10 right, 6 right in other words, 0 incoherent, -6 wrong, and whatever lies between. */
  grade: number;
  /** The whole response: `<think>…</think><answer>…</answer>`, as the policy is asked to write. */
  response: string;
}

/** What a grader is told beside the sample. */
export interface GradingContext {
  /** The trusted samples of the same part (training or held out), the sample among them: other answers may come from there. */
  samples: readonly Sample[];
  /** Of the run. */
  seed: number;
  /** Tells of texts that could not be made of a sample. */
  skipped(kind: string, count?: number): void;
  signal: AbortSignal;
}

/**
 * Makes the graded texts of a trusted sample, which R_φ learns from and is measured on.
 * @example
 * const four = fourGrades();
 * const terse: Grader = {
 *   name: 'terse',
 *   version: '1',
 *   grade: (sample, context) => [
 *     ...four.grade(sample, context),
 *     { kind: 'terse', grade: 3, response: `<answer>${sample.answer}</answer>` },
 *   ],
 * };
 */
export interface Grader extends Part {
  /** The same sample, context and version give the same texts. */
  grade(sample: Sample, context: GradingContext): readonly GradedText[] | Promise<readonly GradedText[]>;
}

/** What the papers' grader does to a sample. */
export type GradedKind = 'original' | 'synonym' | 'deletion' | 'mismatch' | 'irrelevant';

/** How many texts of a kind are made. */
export interface FourGradesOptions {
  /** Hard mismatches per sample, as far as there are wrong answers (default 2). */
  mismatches?: number | undefined;
  /** Irrelevant responses per sample (default 1). */
  irrelevant?: number | undefined;
  /** Where synonyms come from (default: WordNet, which ships with medgr2). */
  thesaurus?: Thesaurus | undefined;
}

/** The grader of the papers, whose texts come at once. */
export interface FourGrades extends Grader {
  grade(sample: Sample, context: GradingContext): readonly GradedText[];
}

/** The papers' grader, for {@link gradeSamples} and for graders that add to it. */
export function fourGrades(options: FourGradesOptions = {}): FourGrades {
  const { mismatches = 2, irrelevant = 1, thesaurus = loadWordNet() } = options;
  const pools = new WeakMap<readonly Sample[], AnswerPool>();
  const poolOf = (samples: readonly Sample[]): AnswerPool => {
    const pool = pools.get(samples) ?? answerPool(samples);
    pools.set(samples, pool);
    return pool;
  };
  return {
    name: 'four-grades',
    version: '1',
    grade: (sample, context) =>
      textsOf(sample, context, { answers: poolOf(context.samples), mismatches, irrelevant, thesaurus }),
  };
}

interface Making {
  answers: AnswerPool;
  mismatches: number;
  irrelevant: number;
  thesaurus: Thesaurus;
}

function textsOf(
  sample: Sample,
  { samples, seed, skipped }: GradingContext,
  { answers, mismatches, irrelevant, thesaurus }: Making,
): GradedText[] {
  const random = seededRandom('grade', seed, sample.id);
  const original = renderResponse(sample);
  const texts: GradedText[] = [{ kind: 'original', grade: 10, response: original }];
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
    for (const response of fresh) {
      seen.add(response);
      texts.push({ kind, grade, response });
    }
    skipped(kind, wanted - fresh.length);
  };
  const rationale = rewordLightly(sample, thesaurus, random);
  add('synonym', 6, [rationale === null ? null : renderResponse({ rationale, answer: sample.answer })], 1);
  add('deletion', 0, [deletePhrases(sample, random)], 1);
  const wrong = wrongAnswers(sample, answers, random);
  add(
    'mismatch',
    -6,
    wrong.map((answer) => renderResponse({ rationale: argueFor(sample, answer), answer })),
    mismatches,
  );
  const strangers = Array.from({ length: irrelevant }, () => strangerTo(sample, samples, random));
  add(
    'irrelevant',
    -6,
    strangers.map((other) => (other === null ? null : renderResponse(other))),
    irrelevant,
  );
  return texts;
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
