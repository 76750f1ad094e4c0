/** What a script gives to start a job: as little as possible, typed. Types only. */
import type { z } from 'zod';
import type { SpecBody } from '../bridge/jobs/open-engine.js';
import type { JobHooks } from '../bridge/jobs/running-job.js';
import type { modelSchema, ResultOf } from '../bridge/contract/contract.js';
import type { JobEventOf } from '../bridge/jobs/job-types.js';
import type { AnswerLine, Completion, JobLines } from '../dataset/tables/job-outputs.js';
import type { Instruction } from '../prompts/policy-prompt.js';
import type { Reward } from '../reward/reward.js';
import type { Query, Sample } from '../sample.js';
import type { OptionsRow, PromptRow, RewardRow, ScoreRow, SftRow } from './rows/job-rows.js';
import type { SampleInput } from './script-samples.js';

/** How a job is watched and stopped; the same for every kind. */
export type JobOptions = Omit<JobHooks, 'rewards' | 'prepare'>;

/** `phantom` for the tiny model that ships with the package, a model folder, a Hugging Face id, or one with settings. */
export type ModelInput = string | z.input<typeof modelSchema>;

/** A question to be answered; the id is its place where it is left out. */
export type QueryInput = Pick<Query, 'question'> & Partial<Query> & Pick<Sample, 'image'> & { id?: string | undefined };
/** A row whose prompt is the caller's own words. */
type Own<Row extends PromptRow, Optional extends keyof Row = never> = Omit<Row, 'id' | Optional> &
  Partial<Pick<Row, Optional>> & { id?: string | undefined };

/** An answer to be learned: a sample, or prompt and completion word for word. */
export type SftInput = SampleInput | Own<SftRow>;
/** A question to be answered, or a prompt word for word. */
export type CompleteInput = QueryInput | Own<PromptRow>;
/** A response to be scored: a sample's own (its rationale and answer), or one given as it is. */
export type ScoreInput = SampleInput | (QueryInput & { response: string }) | Own<ScoreRow>;
/** A graded response, on the scale of MedGR²: 10, 6, 0 or -6. */
export type RewardModelInput = (QueryInput & { response: string; grade: number }) | Own<RewardRow, 'pair' | 'chosen'>;

/** A question with its options, or a prompt with responses in full. */
export type EvaluateInput = QueryInput | Own<OptionsRow>;

interface Common<Input> {
  model: ModelInput;
  /** Samples or rows; or the path of a Parquet file with the columns that the job reads. */
  data: readonly Input[] | string;
  /** Folder the job writes into and goes on from; made where it is missing. */
  outDir: string;
  /** 0 where it is left out. */
  seed?: number | undefined;
  /** What the policy is told about the form of its response, after a question: nothing by default. */
  instruction?: Instruction | undefined;
}

/** `Spec` without what `Common` has in a form that is easier to give. */
type With<Spec, Input> = Omit<Spec, keyof Common<unknown>> & Common<Input>;

/** What `engine.sft` takes: model, data, folder, and TRL's own options in `trl`. */
export type SftSpec = With<SpecBody<'sft'>, SftInput>;
/**
 * What `engine.complete` takes: `samples` completions of each question, `temperature` 0 for greedy ones, lengths in tokens.
 */
export type CompleteSpec = With<SpecBody<'complete'>, CompleteInput>;
/** Each option of a question becomes a response whose likelihood is told. */
export type EvaluateSpec = With<SpecBody<'evaluate'>, EvaluateInput>;
/** What `engine.merge` takes: the model whose adapters are merged, and the folder of the new one. */
export type MergeSpec = Omit<SpecBody<'merge'>, 'model' | 'seed'> & { model: ModelInput; seed?: number | undefined };
/** What `engine.score` takes: a reward model and the responses to be scored. */
export type ScoreSpec = With<SpecBody<'score'>, ScoreInput>;
/** What `engine.trainRewardModel` takes: a VLM or a reward model to go on with, and graded responses. */
export type RewardModelSpec = With<SpecBody<'reward-model'>, RewardModelInput>;
/** What `engine.grpo` takes: model, data, folder, rewards, and TRL's own options in `trl`. */
export type GrpoSpec = Omit<With<SpecBody<'grpo'>, SampleInput>, 'rewards' | 'rewardModel' | 'data'> & {
  /** Each is called once per generation batch; the trainer adds weight × score. */
  rewards: readonly Reward[];
  /** Scores each completion on the worker's device; rewards find it as `rewardModelScore`. */
  rewardModel?: ModelInput | undefined;
  /**
   * Ids of the samples whose answers may be compared with; all of them where it is left out. Rewards find it as `answerTrusted`,
   * and the ready-made ones that compare do not apply to the others.
   */
  trusted?: readonly string[] | undefined;
} & (
    | { data: readonly SampleInput[]; samples?: never }
    /** A Parquet file {id, image, prompt}, and the samples that its ids name: rewards are given them. */
    | { data: string; samples: readonly Sample[] }
  );

/** A logging step of a trainer: losses, learning rate, and of GRPO its rewards. Where nothing could be computed a figure is null. */
export type TrainStep = Omit<JobEventOf<'train-step'>, 'type'>;
/** A completion of a GRPO batch that was shown: `step` optimiser steps were done when it was drawn; rewards are before weighting. */
export type ShownCompletion = JobEventOf<'completions'>['items'][number] & { step: number };

/** What every trainer's result has beside the model. */
export interface TrainingHistory {
  /** Each logging step of this call, in order; steps before the checkpoint that it went on from are not among them. */
  history: readonly TrainStep[];
}
/** What `engine.sft` ends with: the folder of the model (`checkpoint`), its last loss, steps, seconds, and the way there. */
export type SftResult = ResultOf<'sft'> & TrainingHistory;
/** What `engine.trainRewardModel` ends with: as `SftResult`, of a reward model. */
export type RewardModelResult = ResultOf<'reward-model'> & TrainingHistory;
/** What `engine.grpo` ends with: as `SftResult`, and completions with their rewards. */
export type GrpoResult = ResultOf<'grpo'> &
  TrainingHistory & {
    /** `shownCompletions` of each logging step of this call, in order; the last 4096 where there were more. */
    completions: readonly ShownCompletion[];
  };

/** What `engine.score` ends with. */
export type ScoreResult = Omit<ResultOf<'score'>, 'scores'> & {
  /** One raw score for each row, in their order, not clamped; null where a row is longer than the reward model reads. */
  scores: readonly (number | null)[];
  /** Absolute path of scores.jsonl: {id, score} a line. */
  path: string;
};
/** What `engine.complete` ends with. */
export type CompleteResult = Omit<ResultOf<'complete'>, 'completions'> & {
  /** Read from the file while it is iterated: `samples` of the first row, then of the second, … */
  completions: JobLines<Completion>;
  /** Absolute path of completions.jsonl. */
  path: string;
};
/** What `engine.evaluate` ends with. */
export type EvaluateResult = Omit<ResultOf<'evaluate'>, 'answers'> & {
  /** Read from the file while it is iterated: one for each row, in their order. */
  answers: JobLines<AnswerLine>;
  /** Absolute path of answers.jsonl. */
  path: string;
};
