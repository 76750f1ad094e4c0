/** Every stage of a run with what passes through it, in the order of the loop (run.ts, cycle.ts). Pure arithmetic. */
import type { Config } from '../../config/schema.js';
import type { StageName } from '../events.js';
import type { Assumptions } from './assumptions.js';
import type { StageEstimate } from './types.js';

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

export function workloadOf(config: Config, counts: DataCounts, assumptions: Assumptions): Workload {
  const { generation, rewardModel, dataset } = config;
  const heldOut = Math.round(counts.seed * config.grading.heldOut) * gradedPerSample(config);
  const graded = counts.seed * gradedPerSample(config);
  const requestsPerCycle = generation.imagesPerCycle * generation.strategies.length;
  const acceptedPerCycle = Math.round(requestsPerCycle * assumptions.acceptedShare);

  const stages: StageLoad[] = [
    load(0, 'prepare-data', counts.seed + counts.test, 'samples'),
    load(0, 'evaluate-base', counts.test, 'questions'),
    load(0, 'grade', graded, 'rows'),
  ];
  const { provider, local } = generation;
  const generatorSteps = provider === 'local' ? (local?.warmStartSteps ?? 0) : 0;
  if (generatorSteps > 0) stages.splice(2, 0, load(0, 'generator-warm-start', counts.seed, 'samples', generatorSteps));
  if (rewardModel.warmStartSteps > 0) {
    const trusted = counts.seed - Math.round(counts.seed * config.grading.heldOut);
    stages.push(load(0, 'warm-start', trusted, 'samples', rewardModel.warmStartSteps));
  }
  stages.push(
    load(0, 'reward-model', graded - heldOut, 'rows', rewardModel.steps),
    load(0, 'reward-report', heldOut, 'rows'),
  );
  let datasetSize = dataset.includeSeed ? counts.seed : 0;
  for (let cycle = 1; cycle <= config.cycles; cycle++) {
    datasetSize += acceptedPerCycle;
    stages.push(
      load(cycle, 'generate', requestsPerCycle, 'requests'),
      load(cycle, 'score', requestsPerCycle, 'candidates'),
      load(cycle, 'filter', requestsPerCycle, 'candidates'),
      load(cycle, 'sft', datasetSize, 'samples', sftSteps(config, datasetSize)),
      load(cycle, 'evaluate-sft', counts.test, 'questions'),
      load(cycle, 'grpo', datasetSize, 'prompts', config.grpo.maxSteps),
      load(cycle, 'evaluate-grpo', counts.test, 'questions'),
    );
    if (cycle < config.cycles || rewardModel.retrainAfterLast) {
      const completions = config.preferences.prompts * config.preferences.samples;
      stages.push(
        load(cycle, 'preferences', completions, 'completions'),
        load(
          cycle,
          'reward-model',
          Math.round(completions * (1 + rewardModel.replay)),
          'rows',
          rewardModel.retrainSteps,
        ),
        load(cycle, 'reward-report', heldOut, 'rows'),
      );
    }
    const { enabled, method, sft } = config.generatorUpdate;
    stages.push(
      enabled && method === 'sft'
        ? load(cycle, 'generator-sft', acceptedPerCycle, 'samples', sftSteps({ sft }, acceptedPerCycle))
        : load(cycle, 'generator-update', acceptedPerCycle, 'samples'),
    );
  }
  const requests = requestsPerCycle * config.cycles;
  return {
    stages,
    samples: { requests, candidates: requests, accepted: acceptedPerCycle * config.cycles, datasetSize },
  };
}

/** Optimiser steps of SFT, as the trainer counts them. */
export function sftSteps({ sft }: Pick<Config, 'sft'>, rows: number): number {
  return sft.maxSteps ?? Math.ceil(Math.ceil(rows / (sft.batchSize * sft.accumulation)) * sft.epochs);
}

function load(
  cycle: number,
  stage: StageName,
  items: number,
  unit: StageEstimate['unit'],
  steps: number | null = null,
): StageLoad {
  return { cycle, stage, items, unit, steps };
}
