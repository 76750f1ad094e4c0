/** Every stage of a run with what passes through it, in the order of the loop (run.ts, cycle.ts). Pure arithmetic. */
import type { Config } from '../../config/schema.js';
import { promptsAsked } from '../headroom/grpo-prompts.js';
import { headroomQuestions } from '../../config/sections/grpo.js';
import type { BuiltInStage } from '../run-events.js';
import type { Assumptions } from './assumptions.js';
import type { StageEstimate } from './plan-types.js';

/** Models and sequences enter with the estimate of time; here only what is counted. */
export type StageLoad = Omit<StageEstimate, 'gpuSeconds'>;

export interface Workload {
  stages: StageLoad[];
  samples: { requests: number; candidates: number; accepted: number; datasetSize: number };
}

export interface DataCounts {
  seed: number;
  test: number;
  pool: number;
}

/** Graded texts of one trusted sample: original, reworded, shortened, off the point, and the hard mismatches. */
export const gradedPerSample = (config: Config): number => 4 + config.grading.mismatches;

/** Ways in which each image is asked about, as far as the configuration names them. */
export const strategyCount = ({ generation, parts }: Pick<Config, 'generation' | 'parts'>): number =>
  generation.strategies.length + parts.strategies.length;

export const requestsPerCycle = (config: Config): number => config.generation.imagesPerCycle * strategyCount(config);

export const candidatesPerCycle = (config: Config): number =>
  requestsPerCycle(config) * config.generation.questionsPerImage;

const acceptedPerCycle = (config: Config, { acceptedShare }: Assumptions): number =>
  Math.round(candidatesPerCycle(config) * acceptedShare);

/** Held-out trusted samples that each policy answers too. */
const goldQuestions = ({ guards, grading }: Config, { seed }: DataCounts): number =>
  guards.gold ? Math.round(seed * grading.heldOut) : 0;

const heldOutRows = (config: Config, counts: DataCounts): number =>
  Math.round(counts.seed * config.grading.heldOut) * gradedPerSample(config);

/** Grades, and R_φ made from them. */
export function rewardLoads(config: Config, counts: DataCounts): StageLoad[] {
  const { rewardModel } = config;
  const graded = counts.seed * gradedPerSample(config);
  const heldOut = heldOutRows(config, counts);
  const trusted = counts.seed - Math.round(counts.seed * config.grading.heldOut);
  return [
    load(0, 'grade', graded, 'rows'),
    ...(rewardModel.warmStartSteps > 0 ? [load(0, 'warm-start', trusted, 'samples', rewardModel.warmStartSteps)] : []),
    load(0, 'reward-model', graded - heldOut, 'rows', rewardModel.steps),
    load(0, 'reward-report', heldOut, 'rows'),
  ];
}

/** One turn of the loop; D_gen has grown by then. */
export function cycleLoads(config: Config, counts: DataCounts, assumptions: Assumptions, cycle: number): StageLoad[] {
  const { rewardModel, preferences, generatorUpdate } = config;
  const candidates = candidatesPerCycle(config);
  const accepted = acceptedPerCycle(config, assumptions);
  const datasetSize = datasetSizeAfter(config, counts, assumptions, cycle);
  const completions = preferences.prompts * preferences.samples;
  const rows = Math.round(completions * (1 + rewardModel.replay));
  const questions = counts.test + goldQuestions(config, counts);
  const asked = Math.min(headroomQuestions(config.grpo), Math.round(counts.seed * config.grading.heldOut));
  const evolves = cycle < config.cycles || rewardModel.retrainAfterLast;
  return [
    load(cycle, 'generate', requestsPerCycle(config), 'requests'),
    load(cycle, 'score', candidates, 'candidates'),
    ...(config.verify.enabled ? [load(cycle, 'verify', candidates, 'requests')] : []),
    load(cycle, 'filter', candidates, 'candidates'),
    load(cycle, 'sft', datasetSize, 'samples', sftSteps(config, datasetSize)),
    load(cycle, 'evaluate-sft', questions, 'questions'),
    ...(asked > 0 ? [load(cycle, 'headroom', asked, 'questions')] : []),
    load(cycle, 'grpo', grpoPrompts(config, counts, assumptions, cycle), 'prompts', config.grpo.maxSteps),
    load(cycle, 'evaluate-grpo', questions, 'questions'),
    ...(evolves
      ? [
          load(cycle, 'preferences', completions, 'completions'),
          load(cycle, 'reward-model', rows, 'rows', rewardModel.retrainSteps),
          load(cycle, 'reward-report', heldOutRows(config, counts), 'rows'),
        ]
      : []),
    generatorUpdate.enabled && generatorUpdate.method === 'sft'
      ? load(cycle, 'generator-sft', accepted, 'samples', sftSteps(generatorUpdate, accepted))
      : load(cycle, 'generator-update', accepted, 'samples'),
  ];
}

const datasetSizeAfter = (config: Config, counts: DataCounts, assumptions: Assumptions, cycle: number): number =>
  (config.dataset.includeSeed ? counts.seed : 0) + cycle * acceptedPerCycle(config, assumptions);

/** Questions that GRPO asks; as in grpo-prompts.ts, where every image is asked about once. */
function grpoPrompts(config: Config, counts: DataCounts, assumptions: Assumptions, cycle: number): number {
  const { prompts, fresh } = config.grpo;
  const learned = datasetSizeAfter(config, counts, assumptions, cycle);
  if (prompts === 'accepted') return learned;
  const { imagesPerCycle } = config.generation;
  const of = {
    rejected: cycle * (candidatesPerCycle(config) - acceptedPerCycle(config, assumptions)),
    templates: Math.max(0, counts.pool - cycle * imagesPerCycle),
    trusted: config.dataset.includeSeed ? 0 : Math.round(counts.seed * (1 - config.grading.heldOut)),
  };
  const unlearned = [...new Set(fresh.from)].reduce((sum, source) => sum + of[source], 0);
  const { all } = promptsAsked(config.grpo);
  if (unlearned > 0 && prompts === 'fresh') return Math.min(all, unlearned);
  const half = Math.min(Math.ceil(all / 2), unlearned);
  return half + Math.min(learned, all - half);
}

/** Of the loop; a comparison has its own. */
export function loopWorkload(config: Config, counts: DataCounts, assumptions: Assumptions): Workload {
  const cycles = Array.from({ length: config.cycles }, (_, index) =>
    cycleLoads(config, counts, assumptions, index + 1),
  );
  const { provider, local } = config.generation;
  const warmStartSteps = provider === 'local' ? (local?.warmStartSteps ?? 0) : 0;
  return {
    stages: [
      load(0, 'prepare-data', counts.seed + counts.test, 'samples'),
      load(0, 'evaluate-base', counts.test + goldQuestions(config, counts), 'questions'),
      ...(warmStartSteps > 0 ? [load(0, 'generator-warm-start', counts.seed, 'samples', warmStartSteps)] : []),
      ...rewardLoads(config, counts),
      ...cycles.flat(),
    ],
    samples: {
      requests: requestsPerCycle(config) * config.cycles,
      candidates: candidatesPerCycle(config) * config.cycles,
      accepted: acceptedPerCycle(config, assumptions) * config.cycles,
      datasetSize: datasetSizeAfter(config, counts, assumptions, config.cycles),
    },
  };
}

/** Optimiser steps of SFT, as the trainer counts them. */
export function sftSteps({ sft }: Pick<Config, 'sft'>, rows: number): number {
  return sft.maxSteps ?? Math.ceil(Math.ceil(rows / (sft.batchSize * sft.accumulation)) * sft.epochs);
}

export function load(
  cycle: number,
  stage: BuiltInStage,
  items: number,
  unit: StageEstimate['unit'],
  steps: number | null = null,
): StageLoad {
  return { cycle, stage, items, unit, steps };
}
