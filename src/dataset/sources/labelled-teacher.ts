/**
 * A simulated teacher for images whose questions are answered: it asks one of them, and answers wrongly at a stated rate. Nothing
 * is paid and nothing leaves the machine, so that the loop can be tried on real images; it says nothing about a real generator.
 */
import { argueFor } from '../../grading/wrong-answer.js';
import type { TeacherBook } from '../../providers/simulated/teacher-book.js';
import { seededRandom } from '../../random.js';
import { answersMatch } from '../../reward/reading/extract.js';
import type { QuestionType, Sample, Strategy } from '../../sample.js';

export interface LabelledTeacher {
  /** Answered questions about the images that it may be asked about. */
  samples: readonly Sample[];
  seed: number;
  /** Share of questions that it gets wrong, by prompt strategy. */
  errorRates: Readonly<Record<Strategy, number>>;
  /** Argues for an answer, right or wrong, in the same words; the sample's own rationale turned to it when left out. */
  rationale?: (sample: Sample, answer: string, strategy: Strategy) => string;
}

/** One reply per image, strategy and question type: a question with its answer, right or wrong. */
export function labelledTeacher({ samples, seed, errorRates, rationale = argued }: LabelledTeacher): TeacherBook {
  const asked = Map.groupBy(samples, ({ imageHash, questionType }) => `${imageHash} ${questionType}`);
  const openAnswers = Map.groupBy(
    samples.filter(({ options }) => options.length === 0),
    ({ questionType }) => questionType,
  );
  const wrongAnswer = ({ id, options, answer, questionType }: Sample): string => {
    const random = seededRandom(seed, 'teacher mistake', id);
    if (options.length > 0) return random.pick(options.filter((option) => option !== answer));
    const others = (openAnswers.get(questionType) ?? []).filter((other) => !answersMatch(other.answer, answer, []));
    return others.length === 0 ? 'unclear' : random.pick(others).answer;
  };
  return {
    reply: ({ imageHash, strategy, questionType }) => {
      const found = asked.get(`${imageHash} ${questionType}`);
      if (found === undefined) return null;
      const sample = seededRandom(seed, 'teacher question', imageHash, strategy, questionType).pick(found);
      // One draw per question, whatever the strategy: a question that is easy to get wrong is so for all three.
      const mistaken = seededRandom(seed, 'teacher error', sample.id).next() < errorRates[strategy];
      const answer = mistaken ? wrongAnswer(sample) : sample.answer;
      const { question, options } = sample;
      return { question, options: [...options], answer, rationale: rationale(sample, answer, strategy), questionType };
    },
  };
}

const argued = (sample: Sample, answer: string): string =>
  answer === sample.answer ? sample.rationale : argueFor(sample, answer);

/** Question types that an image can be asked about, by its hash. */
export function askableTypes(
  samples: readonly Pick<Sample, 'imageHash' | 'questionType'>[],
): Map<string, QuestionType[]> {
  const groups = Map.groupBy(samples, ({ imageHash }) => imageHash);
  return new Map(
    [...groups].map(([hash, own]) => [hash, [...new Set(own.map(({ questionType }) => questionType))].toSorted()]),
  );
}
