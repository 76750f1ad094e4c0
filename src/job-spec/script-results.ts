/** What a script's job ends with: the worker's result, with what it wrote and told at hand. */
import type { JobEvent, ResultOf } from '../bridge/contract/contract.js';
import type { JobHandle } from '../bridge/jobs/job-types.js';
import { answerLines, completionLines, readScores } from '../dataset/tables/job-outputs.js';
import type {
  CompleteResult,
  EvaluateResult,
  GrpoResult,
  ScoreResult,
  ShownCompletion,
  TrainingHistory,
  TrainStep,
} from './script-spec.js';

/** Most completions of a GRPO job that its result holds: the last ones. */
const keptCompletions = 4096;

/** The same job, whose result is made of what the worker's was. */
function resultMadeBy<R, S>(job: JobHandle<R>, make: (result: R) => S | Promise<S>): JobHandle<S> {
  const result = job.result.then(make);
  result.catch(() => {}); // as of the job itself: a failure that nobody awaits must not end the process
  const made: JobHandle<S> = {
    id: job.id,
    logPath: job.logPath,
    events: job.events,
    result,
    get pid() {
      return job.pid;
    },
    on: (type, handler) => {
      job.on(type, handler);
      return made;
    },
    cancel: (options) => job.cancel(options),
    // oxlint-disable-next-line unicorn/no-thenable -- whoever awaits a job wants its result
    then: (done, failed) => result.then(done, failed), // oxlint-disable-line promise/no-callback-in-promise
  };
  return made;
}

/** Of a score job: its numbers, which are small beside what they were made of. */
export const withScores = (job: JobHandle<ResultOf<'score'>>): JobHandle<ScoreResult> =>
  resultMadeBy(job, async ({ scores: path, ...rest }) => ({ ...rest, path, scores: await readScores(path) }));

export const withCompletions = (job: JobHandle<ResultOf<'complete'>>): JobHandle<CompleteResult> =>
  resultMadeBy(job, ({ completions: path, ...rest }) => ({ ...rest, path, completions: completionLines(path) }));

export const withAnswers = (job: JobHandle<ResultOf<'evaluate'>>): JobHandle<EvaluateResult> =>
  resultMadeBy(job, ({ answers: path, ...rest }) => ({ ...rest, path, answers: answerLines(path) }));

export function withHistory<R>(job: JobHandle<R>): JobHandle<R & TrainingHistory> {
  const history = historyOf(job);
  return resultMadeBy(job, (result) => ({ ...result, history }));
}

export function withShownCompletions(job: JobHandle<ResultOf<'grpo'>>): JobHandle<GrpoResult> {
  const history = historyOf(job);
  const completions: ShownCompletion[] = [];
  job.on('completions', ({ step, items }) => {
    for (const item of items) completions.push({ step, ...item });
    completions.splice(0, completions.length - keptCompletions);
  });
  return resultMadeBy(job, (result) => ({ ...result, history, completions }));
}

function historyOf(job: JobHandle<unknown>): TrainStep[] {
  const history: TrainStep[] = [];
  job.on('train-step', ({ type: _, ...step }: Extract<JobEvent, { type: 'train-step' }>) => void history.push(step));
  return history;
}
