/** How the test questions fared on the way from the base to the policy that goes on: which it gets wrong, and which changed sides. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { fromRun } from '../../loop/folder/run-folder.js';
import { stageKey } from '../../loop/folder/ledger.js';
import type { Sample } from '../../sample.js';
import { embedImage, type EmbeddedImage } from '../data/embedded-image.js';
import { fateOf, type Fate } from './fates.js';
import { policyName, standingPolicy, type Answer, type Evaluation } from '../data/evaluations.js';
import type { RunRecord } from '../data/run-record.js';

export interface AnsweredQuestion {
  sample: Sample;
  fate: Fate;
  /** Of the base, and of SFT and GRPO in the cycle of the policy that goes on. */
  given: { policy: string; predicted: string | null; correct: boolean }[];
  /** Null where the page shows it without. */
  image: EmbeddedImage | null;
}

export interface TestQuestions {
  /** The policy that goes on. */
  policy: string;
  n: number;
  /** All of them, those with an image first within each fate. */
  questions: AnsweredQuestion[];
  /** Every question with what the policy answered, for confusion tables. */
  answered: { sample: Sample; predicted: string | null; correct: boolean }[];
}

export interface QuestionOptions {
  /** Of each fate and modality, shown with their images. */
  count: number;
  images: boolean;
}

/** The test samples of a run by their ids; empty where they are not there. */
export async function readTestSamples(run: RunRecord): Promise<Map<string, Sample>> {
  const file = join(run.dir, stageKey(0, 'prepare-data'), 'test.parquet');
  if (!existsSync(file)) return new Map();
  return new Map((await readSamples(file)).map((sample) => [sample.id, sample]));
}

/** Null where no policy beside the base was measured, or where its answers or the questions are not there. */
export async function readTestQuestions(
  run: RunRecord,
  evaluations: readonly Evaluation[],
  samples: ReadonlyMap<string, Sample>,
  { count, images }: QuestionOptions,
): Promise<TestQuestions | null> {
  const policy = standingPolicy(evaluations, run.result?.cycles.at(-1)?.promotedPolicy);
  const base = evaluations.find(({ method }) => method === 'base');
  if (policy === null || base === undefined || policy === base || policy.answers.length === 0) return null;
  const shown = evaluations.filter((item) => item === base || item.cycle === policy.cycle);
  const answers = shown.map((item) => ({ policy: policyName(item), byId: byId(item.answers) }));
  const [before, now] = [byId(base.answers), byId(policy.answers)];
  const found = policy.answers.flatMap(({ id }): AnsweredQuestion[] => {
    const sample = samples.get(id);
    const fate = fateOf(before.get(id)?.correct, now.get(id)?.correct);
    if (sample === undefined || fate === null) return [];
    const given = answers.flatMap(({ policy: name, byId: of }) => {
      const answer = of.get(id);
      return answer === undefined ? [] : [{ policy: name, predicted: answer.predicted, correct: answer.correct }];
    });
    return [{ sample, fate, given, image: null }];
  });
  const withImages = images ? await embedFirst(run, found, count) : found;
  return {
    policy: policyName(policy),
    n: policy.answers.length,
    questions: withImages,
    answered: policy.answers.flatMap(({ id, predicted, correct }) => {
      const sample = samples.get(id);
      return sample === undefined ? [] : [{ sample, predicted, correct }];
    }),
  };
}

const byId = (answers: readonly Answer[]): Map<string, Answer> => new Map(answers.map((answer) => [answer.id, answer]));

/** Embeds the first `count` images of each fate and modality. */
async function embedFirst(
  run: RunRecord,
  questions: readonly AnsweredQuestion[],
  count: number,
): Promise<AnsweredQuestion[]> {
  const seen = new Map<string, number>();
  const first = questions.map(({ fate, sample }) => {
    const key = `${fate} ${sample.modality}`;
    const place = seen.get(key) ?? 0;
    seen.set(key, place + 1);
    return place < count;
  });
  return Promise.all(
    questions.map(async (question, i) =>
      first[i] === true ? { ...question, image: await embedImage(fromRun(run.dir, question.sample.image)) } : question,
    ),
  );
}
