/** Everything that the page shows of one run, read once. */
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../errors.js';
import type { Transitions } from '../../evaluation/transitions.js';
import { seedFolders } from '../../loop/comparison/seed-folders.js';
import type { PolicyComparison } from '../../loop/result/policy-comparison.js';
import { reviewOrNull, type ReviewSummary } from '../../loop/review/review-summary.js';
import { holdsRun } from '../../loop/folder/run-folder.js';
import { readTestQuestions, readTestSamples, type TestQuestions } from '../answers/answered-questions.js';
import { readCurves, type Curve } from './learning-curves.js';
import { flowsOrNull, policyName, readEvaluations, standingPolicy, type Evaluation } from './evaluations.js';
import { readHeadroom, type CycleHeadroom } from './cycle-headroom.js';
import { readGallery, type CycleGallery, type GalleryOptions } from './gallery-samples.js';
import { limitsOf } from './figure-limits.js';
import { readRewardModels, type RewardModelFigures } from './reward-models.js';
import { repetitions } from './repetitions.js';
import { readRun, type RunRecord } from './run-record.js';
import type { Asked } from '../answers/runs-apart.js';
import { readScores, type CycleScores } from './candidate-scores.js';
import { readCosts, type CycleCost } from './time-spent.js';

/** Of each fate and modality, with images. */
const shownQuestions = 12;

export interface RunFigures {
  run: RunRecord;
  evaluations: Evaluation[];
  scores: CycleScores[];
  rewardModels: RewardModelFigures[];
  /** The policy that goes on; null where none was measured. */
  standing: Evaluation | null;
  /** From the base to that policy; null where one of them was not measured. */
  transitions: Transitions | null;
  /** The test questions by their ids; empty where they are not there. */
  tests: ReadonlyMap<string, Asked>;
  /** How the test questions fared on that way; null likewise. */
  questions: TestQuestions | null;
  curves: Curve[];
  costs: CycleCost[];
  gallery: CycleGallery[];
  headroom: CycleHeadroom[];
  /** What experts' verdicts say; null where nobody judged anything. */
  review: ReviewSummary | null;
  limits: string[];
}

/** Rows of the D_gen that goes on: after a cycle that was rolled back, those that it had before; undefined where there is none. */
export function datasetSizeOf({ run, scores }: Pick<RunFigures, 'run' | 'scores'>): number | undefined {
  const newest = scores.at(-1);
  const told = run.result?.cycles.find(({ cycle, rolledBack }) => rolledBack && cycle === newest?.cycle);
  return told?.datasetSize ?? newest?.filter.datasetSize;
}

/**
 * @param folders Of runs, or of a recipe's seeds, which are then all read.
 * @throws RunError where a folder holds no run.
 */
export async function readRuns(folders: readonly string[], options: GalleryOptions): Promise<RunFigures[]> {
  const runs = distinct(folders.flatMap(runsIn).map(readRun));
  const repeated = new Set(repetitions(runs).flatMap((group) => group.runs));
  const found: RunFigures[] = [];
  for (const run of runs) found.push(await readFigures(run, repeated.has(run), options));
  return found;
}

function runsIn(folder: string): string[] {
  const seeds = holdsRun(folder) ? [] : seedFolders(folder).filter(holdsRun);
  return seeds.length === 0 ? [folder] : seeds;
}

async function readFigures(run: RunRecord, repeated: boolean, options: GalleryOptions): Promise<RunFigures> {
  const evaluations = await part(run, 'Predictions', () => readEvaluations(run), []);
  const scores = await part(run, 'The filter’s decisions', () => readScores(run), []);
  const rewardModels = await part(run, 'Scores of the reward model', () => readRewardModels(run), []);
  const gallery = await part(run, 'Scored samples', () => readGallery(run, scores, options), []);
  const base = evaluations.find(({ method }) => method === 'base');
  const standing = standingPolicy(evaluations, run.result?.cycles.at(-1)?.promotedPolicy);
  const tests = await part(run, 'The test questions', () => readTestSamples(run), new Map());
  const questions = await part(
    run,
    'The test questions',
    () => readTestQuestions(run, evaluations, tests, { ...options, count: shownQuestions }),
    null,
  );
  return {
    run,
    evaluations,
    standing,
    tests,
    questions,
    scores,
    rewardModels,
    transitions:
      base === undefined || standing === null || standing === base
        ? null
        : flowsBetween(base, standing, (id) => tests.get(id)?.imageHash ?? id, run.result?.comparisons ?? []),
    curves: readCurves(run),
    costs: readCosts(run),
    gallery,
    headroom: readHeadroom(run),
    review: reviewOrNull(run.dir, (message) => run.gaps.push(message)),
    limits: limitsOf({ run, repeated, evaluations, scores, rewardModels }),
  };
}

/** A table that is damaged or of another version costs its own section and no other; the page says so. */
async function part<T>(run: RunRecord, what: string, read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    run.gaps.push(`${what} cannot be read: ${messageOf(error).split('\n')[0] ?? ''}`);
    return otherwise;
  }
}

/** Null where their predictions are not there, or are of other questions. */
function flowsBetween(
  first: Evaluation,
  second: Evaluation,
  imageOf: (id: string) => string,
  comparisons: readonly PolicyComparison[],
): Transitions | null {
  const named = (evaluation: Evaluation) => ({ name: policyName(evaluation), outcomes: evaluation.answers });
  const found = flowsOrNull(named(first), named(second), imageOf);
  // The run knew whose the images are; its folder tells images apart only.
  const told = comparisons.find((item) => item.first === 'base' && item.second === policyName(second));
  return found === null || told === undefined ? found : { ...found, pValue: told.pValue, paired: told };
}

/** Runs of one name get their parent folder in front of it, and a number where that does not help. */
function distinct(runs: readonly RunRecord[]): RunRecord[] {
  const shared = (name: string): boolean => runs.filter((run) => run.name === name).length > 1;
  const named = runs.map((run) =>
    shared(run.name) ? { ...run, name: join(basename(dirname(run.dir)), run.name) } : run,
  );
  return named.map((run, i) => {
    const before = named.slice(0, i).filter(({ name }) => name === run.name).length;
    return before === 0 ? run : { ...run, name: `${run.name} (${before + 1})` };
  });
}
