/** How the policies that go on in several runs differ on the same test questions. Pure. */
import { pairedDifference, type PairedDifference } from '../../evaluation/paired-difference.js';
import { policyName, type Evaluation } from '../data/evaluations.js';

/** A test question: what it asks, about which image. */
export interface Asked {
  imageHash: string;
  question: string;
  /** What it offers as answers: fewer of them are another question. */
  options: readonly string[];
  answer: string;
}

export interface AnsweredRun {
  run: { name: string };
  standing: Evaluation | null;
  tests: ReadonlyMap<string, Asked>;
}

export interface RunsApart {
  differences: (PairedDifference & { first: string; second: string })[];
  /** Pairs of runs that were tested on other questions, or whose questions or answers are not in their folders. */
  others: [string, string][];
}

/** Of more runs than these each is set beside the first alone: pairs grow with their square. */
const mostInPairs = 5;

/** The folder of a run tells images apart and not patients, so questions are drawn together by image. */
export function runsApart(runs: readonly AnsweredRun[]): RunsApart {
  const answered = runs.filter(({ standing }) => standing !== null);
  const pairs = answered.flatMap((first, at) =>
    answered.slice(at + 1).flatMap((second) => (at === 0 || answered.length <= mostInPairs ? [{ first, second }] : [])),
  );
  const found: RunsApart = { differences: [], others: [] };
  for (const { first, second } of pairs) {
    const [before, after] = [first.standing?.answers ?? [], second.standing?.answers ?? []];
    const later = new Map(after.map(({ id, correct }) => [id, correct]));
    const isSame =
      before.length > 0 &&
      before.length === after.length &&
      later.size === after.length &&
      before.every(({ id }) => later.has(id) && asksAlike(first, second, id));
    if (!isSame) found.others.push([first.run.name, second.run.name]);
    else {
      const answers = before.map(({ id, correct }) => ({
        first: correct,
        second: later.get(id) === true,
        cluster: first.tests.get(id)?.imageHash ?? id,
      }));
      found.differences.push({ first: nameOf(first), second: nameOf(second), ...pairedDifference(answers) });
    }
  }
  return found;
}

/** Runs number their questions alike, whatever these ask. */
function asksAlike(first: AnsweredRun, second: AnsweredRun, id: string): boolean {
  const [one, other] = [first.tests.get(id), second.tests.get(id)];
  return (
    one !== undefined &&
    other !== undefined &&
    one.imageHash === other.imageHash &&
    one.question === other.question &&
    JSON.stringify(one.options) === JSON.stringify(other.options) &&
    one.answer === other.answer
  );
}

const nameOf = ({ run, standing }: AnsweredRun): string =>
  standing === null ? run.name : `${run.name}, ${policyName(standing)}`;
