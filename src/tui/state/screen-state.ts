/** What the screen knows of a run: made from events alone, bounded in size however long the run is. */
import type { JobEvent } from '../../bridge/contract/contract.js';
import type { AnsweredQuestion, NewestSample, StageMetrics, StageName } from '../../loop/run-events.js';
import type { StageWork } from '../../loop/foresight/work-schema.js';
import type { PolicyComparison } from '../../loop/result/policy-comparison.js';
import { planStages, type StagePlan } from '../../loop/stage-plan.js';
import type { StageDetail } from '../../loop/stage-detail.js';
import type { Grid } from './arms.js';
import { emptySeries, type Series } from './series.js';
import { stageKey, type StageKey } from './stage-key.js';

export type StageStatus = 'waiting' | 'running' | 'done' | 'skipped';

export interface StageState {
  status: StageStatus;
  /** Milliseconds since 1970, of the last start. */
  startedAt: number | null;
  /** Of a finished stage; and what of them went by until the first job of the attempt began: Python starts once. */
  seconds: number | null;
  waited: number;
  metrics: StageMetrics;
  detail: StageDetail | null;
}

export type GrpoStep = NonNullable<Extract<JobEvent, { type: 'train-step' }>['grpo']>;
export type ShownCompletion = Extract<JobEvent, { type: 'completions' }>['items'][number];

/** What a trainer told, kept until the next trainer of its kind starts. */
export interface Training {
  cycle: number;
  stage: StageName;
  step: number;
  totalSteps: number;
  loss: Series;
  learningRate: number | null;
  stepSeconds: number | null;
  tokens: number | null;
  tokensPerSecond: number | null;
  /** Token count and time of the newest step, for the rate. */
  lastTokens: { tokens: number; at: number } | null;
  checkpointStep: number | null;
  reward: Series;
  rewardStd: Series;
  grpo: GrpoStep | null;
  completion: ShownCompletion | null;
}

export interface Generating {
  cycle: number;
  done: number;
  total: number;
  counts: StageMetrics;
  dropped: Readonly<Record<string, number>>;
  repaired: Readonly<Record<string, number>>;
  newest: NewestSample | null;
  /** What was the newest before it, the latest first. */
  earlier: readonly NewestSample[];
  /** Ends of requests over the last half minute: time and count. */
  recent: readonly (readonly [at: number, done: number])[];
}

/** Progress of a stage over all its jobs: what earlier ones counted is added up. */
export interface Pace {
  done: number;
  total: number;
  /** Whether the newest job counts its trainer's steps. */
  steps: boolean;
  /** Units of the jobs before the newest. */
  before: number;
  /** Of the newest word, and of the first of the stage; milliseconds since 1970. */
  at: number;
  first: { at: number; done: number } | null;
}

/** What the newest estimate expects, and how much of it is shown: seconds, as they stood at a time. */
export interface Foreseen {
  /** Milliseconds since 1970. */
  at: number;
  stage: Expected | null;
  run: Expected | null;
  /** When what is shown was last lifted. */
  liftedAt: number;
}

export interface Expected {
  estimate: number;
  /** Where the estimate has become longer: what was shown before stands until the clock has caught up with it. */
  most: number;
}

export interface CycleRow {
  /** 0 is the base model, before any training. */
  cycle: number;
  candidates: number | null;
  accepted: number | null;
  datasetSize: number | null;
  rawPrecision: number | null;
  acceptedPrecision: number | null;
  /** Rank correlation and threshold of the reward model that scored in this cycle. */
  spearman: number | null;
  tau: number | null;
  /** What a judge let pass, and its agreement with R_φ beyond chance; left out where none was asked. */
  judgePassed?: number | null;
  kappa?: number | null;
  /** Of cycle 0 alone. */
  base: number | null;
  sft: number | null;
  grpo: number | null;
  seconds: number;
}

export interface Scoring {
  cycle: number;
  counts: readonly number[];
  /** One of those that came last; null in runs that did not tell. */
  newest: { sample: NewestSample; score: number } | null;
}

export interface ScreenState {
  runDir: string;
  seed: number | null;
  cycles: number;
  notice: string;
  plan: StagePlan;
  /** Of a recipe that runs with several, in order; of others empty. */
  seeds: readonly number[];
  /** Of a recipe that compares arms; null of a loop. */
  grid: Grid | null;
  /** `gone` is what only an onlooker can see: the events go on no longer, and no process is there. */
  status: 'waiting' | 'running' | 'paused' | 'complete' | 'interrupted' | 'failed' | 'gone';
  error: string | null;
  /** Of the newest start of the run, and of the newest event; milliseconds since 1970. */
  startedAt: number | null;
  lastEventAt: number | null;
  /** Seconds that earlier attempts on the same folder worked. */
  earlierSeconds: number;
  /** The stage at work; null between stages. */
  current: { cycle: number; stage: StageName } | null;
  /** The newest stage that was at work or is to come next. */
  place: { cycle: number; stage: StageName } | null;
  stages: Readonly<Record<StageKey, StageState>>;
  progress: { done: number; total: number } | null;
  /** How fast the stage at work goes. */
  pace: Pace | null;
  /** What the stages have to do; empty in runs that did not tell. */
  work: readonly StageWork[];
  /** What the newest events let expect of the time left. */
  foreseen: Foreseen | null;
  /** Since when a person has paused the run; null while it works. */
  pausedAt: number | null;
  /** Seconds of this attempt that were paused. */
  pausedSeconds: number;
  job: { device: string; parameters: number | null } | null;
  /** Whether a job has begun in this attempt. */
  isWarm: boolean;
  generating: Generating | null;
  /** What GRPO's shown completion is about; null outside GRPO. */
  asked: NewestSample | null;
  /** Test questions as the newest policy answers them, beside what the base did; empty before there is one. */
  answered: readonly AnsweredQuestion[];
  /** Scores of the candidates so far, in bins; null where nothing is being scored. */
  scoring: Scoring | null;
  rewardModel: Training | null;
  sft: Training | null;
  grpo: Training | null;
  rows: readonly CycleRow[];
  /** What guards found, newest last. */
  alarms: readonly { cycle: number; guard: string; message: string }[];
  /** Policies against each other on the same test questions, newest last. */
  comparisons: readonly PolicyComparison[];
  /** The policy that was let through last, by its stage; null where no gold set decides. */
  promoted: { cycle: number; name: string } | null;
  log: readonly string[];
}

/** Of runs that were recorded before a run told its plan. */
const usualPlan = planStages({
  rewardModel: { warmStartSteps: 0, retrainAfterLast: false },
  generation: { provider: 'simulated' },
  generatorUpdate: { enabled: true, method: 'exemplars' },
});

export const initialState: ScreenState = {
  runDir: '',
  seed: null,
  cycles: 0,
  notice: '',
  plan: usualPlan,
  seeds: [],
  grid: null,
  status: 'waiting',
  error: null,
  startedAt: null,
  lastEventAt: null,
  earlierSeconds: 0,
  current: null,
  place: null,
  stages: {},
  progress: null,
  pace: null,
  work: [],
  foreseen: null,
  pausedAt: null,
  pausedSeconds: 0,
  job: null,
  isWarm: false,
  generating: null,
  asked: null,
  answered: [],
  scoring: null,
  rewardModel: null,
  sft: null,
  grpo: null,
  rows: [],
  alarms: [],
  comparisons: [],
  promoted: null,
  log: [],
};

export const waitingStage: StageState = {
  status: 'waiting',
  startedAt: null,
  seconds: null,
  waited: 0,
  metrics: {},
  detail: null,
};

export const newTraining = (cycle: number, stage: StageName): Training => ({
  cycle,
  stage,
  step: 0,
  totalSteps: 0,
  loss: emptySeries,
  learningRate: null,
  stepSeconds: null,
  tokens: null,
  tokensPerSecond: null,
  lastTokens: null,
  checkpointStep: null,
  reward: emptySeries,
  rewardStd: emptySeries,
  grpo: null,
  completion: null,
});

export const stageOf = (state: ScreenState, cycle: number, stage: StageName): StageState =>
  state.stages[stageKey(cycle, stage)] ?? waitingStage;
