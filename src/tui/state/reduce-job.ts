/** What a Python job tells -> training curves and progress. */
import type { JobEvent } from '../../bridge/contract/contract.js';
import type { StageName, TimedEvent } from '../../loop/run-events.js';
import { addProgress } from './pace.js';
import { stageKey, type StageKey } from './stage-key.js';
import { addPoint } from './series.js';
import { newTraining, type ScreenState, type Training } from './screen-state.js';

type TrainerSlot = 'rewardModel' | 'sft' | 'grpo';

const trainerOf: Partial<Record<StageName, TrainerSlot>> = {
  'warm-start': 'rewardModel',
  'reward-model': 'rewardModel',
  'verdict-reward-model': 'rewardModel',
  sft: 'sft',
  'generator-warm-start': 'sft',
  'generator-sft': 'sft',
  grpo: 'grpo',
};

/** A trainer that starts begins with an empty curve. */
export function startTraining(state: ScreenState, cycle: number, stage: StageName): ScreenState {
  const slot = trainerOf[stage];
  return slot === undefined ? state : { ...state, [slot]: newTraining(cycle, stage) };
}

export function reduceJob(
  state: ScreenState,
  { event, cycle, stage }: Extract<TimedEvent, { type: 'job' }>,
  at: number,
) {
  if (event.type === 'job-start') return startJob(state, event, stageKey(cycle, stage), at);
  if (event.type === 'progress') return progressed(state, event.done, event.total, false, at);
  if (event.type === 'scores')
    return stage === 'score'
      ? { ...state, scoring: { newest: null, ...state.scoring, cycle, counts: event.counts } }
      : state;
  const stepped = event.type === 'train-step' ? progressed(state, event.step, event.totalSteps, true, at) : state;
  const slot = trainerOf[stage];
  if (slot === undefined) return stepped;
  const before = state[slot];
  const training = before?.cycle === cycle && before.stage === stage ? before : newTraining(cycle, stage);
  return { ...stepped, [slot]: reduceTraining(training, event, at) };
}

function startJob(
  state: ScreenState,
  { device, parameters }: Extract<JobEvent, { type: 'job-start' }>,
  key: StageKey,
  at: number,
): ScreenState {
  const begun = { ...state, job: { device, parameters }, isWarm: true };
  const own = state.stages[key];
  if (state.isWarm || own?.startedAt === null || own === undefined) return begun;
  const waited = Math.max(0, at - own.startedAt) / 1000;
  return { ...begun, stages: { ...state.stages, [key]: { ...own, waited } } };
}

const progressed = (state: ScreenState, done: number, total: number, steps: boolean, at: number): ScreenState => ({
  ...state,
  progress: { done, total },
  pace: addProgress(state.pace, { done, total, steps }, at),
});

function reduceTraining(training: Training, event: JobEvent, at: number): Training {
  if (event.type === 'completions') return { ...training, completion: event.items[0] ?? training.completion };
  if (event.type === 'checkpoint') return { ...training, checkpointStep: event.step };
  if (event.type !== 'train-step') return training;
  const { step, totalSteps, loss, learningRate, stepSeconds, tokens, grpo } = event;
  const { lastTokens } = training;
  const measured = tokens !== null && lastTokens !== null && at > lastTokens.at;
  return {
    ...training,
    step,
    totalSteps,
    learningRate,
    stepSeconds,
    tokens,
    tokensPerSecond: measured ? ((tokens - lastTokens.tokens) * 1000) / (at - lastTokens.at) : training.tokensPerSecond,
    lastTokens: tokens === null ? lastTokens : { tokens, at },
    loss: addPoint(training.loss, step, loss),
    reward: addPoint(training.reward, step, grpo?.reward ?? null),
    rewardStd: addPoint(training.rewardStd, step, grpo?.rewardStd ?? null),
    grpo: grpo ?? training.grpo,
  };
}
