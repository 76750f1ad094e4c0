/** How the policies that go on in several runs differ on the same test questions. Pure. */
import type { PairedDifference } from '../../evaluation/paired-difference.js';
import { flowsOrNull, policyName, type Evaluation } from '../data/evaluations.js';

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
  const answered = runs.flatMap(({ run: { name }, standing, tests }) =>
    standing === null
      ? []
      : [{ run: name, name: `${name}, ${policyName(standing)}`, outcomes: standing.answers, tests }],
  );
  const found: RunsApart = { differences: [], others: [] };
  for (const [at, first] of answered.entries()) {
    if (at > 0 && answered.length > mostInPairs) break;
    for (const second of answered.slice(at + 1)) {
      const isSame = first.outcomes.every(({ id }) => asksAlike(first.tests.get(id), second.tests.get(id)));
      const flows = isSame ? flowsOrNull(first, second, (id) => first.tests.get(id)?.imageHash ?? id) : null;
      if (flows?.paired === undefined) found.others.push([first.run, second.run]);
      else found.differences.push({ first: first.name, second: second.name, ...flows.paired });
    }
  }
  return found;
}

/** Runs number their questions alike, whatever these ask. */
const asksAlike = (one: Asked | undefined, other: Asked | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.imageHash === other.imageHash &&
  one.question === other.question &&
  JSON.stringify(one.options) === JSON.stringify(other.options) &&
  one.answer === other.answer;
