/** The image-token budget of a run: its jobs against its images before anything starts, in words of the configuration. */
import type { Config } from '../../config/schema.js';
import { headroomQuestions } from '../../config/sections/grpo.js';
import { checkImages, fileSize, tightBudgets, type TightBudget } from '../../job-spec/checks/job-images.js';
import type { AnySpec, BudgetNames } from '../../job-spec/checks/image-token-budget.js';
import {
  evaluationSpec,
  generatorSpec,
  grpoSpec,
  optionsSpec,
  preferenceSpec,
  rewardModelSpec,
  sftSpec,
} from '../../job-spec/spec-from-config.js';
import type { StageName } from '../stage-names.js';

/** What the options of a stage's job are called in the configuration. */
export function settingNames(stage: StageName): BudgetNames {
  if (stage === 'generate')
    return { 'model.maxPixels': 'generation.local.maxPixels', maxNewTokens: 'generation.maxOutputTokens' };
  if (stage === 'generator-warm-start' || stage === 'generator-sft')
    return {
      'model.maxPixels': 'generation.local.maxPixels',
      'trl.max_length': 'generatorUpdate.sft.trl.max_length',
    };
  return {
    'model.maxPixels': 'policy.maxPixels',
    'trl.max_length': 'sft.trl.max_length',
    'trl.max_completion_length': 'grpo.maxCompletionLength',
    maxNewTokens: stage === 'preferences' ? 'grpo.maxCompletionLength' : 'evaluation.maxNewTokens',
  };
}

/** Absolute paths of a run's images, by what they are for. */
export type RunImages = Readonly<Record<'seed' | 'test' | 'pool', readonly string[]>>;

/** A budget of the loop's jobs that some image might break, and the images that the job reads. */
export interface TightJob extends TightBudget {
  reads: readonly (keyof RunImages)[];
}

/** Mostly none: then no image need be looked at. */
export async function tightJobs(config: Config): Promise<TightJob[]> {
  const { policy, rewardModel, dataset } = config;
  const place = { outDir: '', data: '', seed: 0, model: policy.base };
  const scorer = rewardModel.base ?? policy.base;
  const learned = dataset.includeSeed ? (['pool', 'seed'] as const) : (['pool'] as const);
  const graders = { ...place, rewardModel: scorer, rewards: [], deadGroups: 'warn' as const };
  const jobs: Job[] = [
    ['evaluate-base', evaluationSpec(config, place), ['test']],
    ['reward-model', rewardModelSpec(config, { ...place, model: scorer }, 'first'), ['seed', 'pool']],
    ['sft', sftSpec(config, place), learned],
    ['grpo', grpoSpec(config, graders), config.grpo.fresh.from.includes('trusted') ? ['pool', 'seed'] : learned],
    ['preferences', preferenceSpec(config, place), ['pool', 'seed']],
  ];
  if (headroomQuestions(config.grpo) > 0) jobs.push(['headroom', optionsSpec(config, place), ['seed']]);
  if (rewardModel.warmStartSteps > 0) jobs.push(['warm-start', sftSpec(config, { ...place, model: scorer }), ['seed']]);
  jobs.push(...generatorJobs(config));
  const found = await Promise.all(
    jobs.map(async ([stage, spec, reads]) =>
      (await tightBudgets(spec, settingNames(stage))).map((tight) => ({ ...tight, reads })),
    ),
  );
  return found.flat();
}

type Job = [StageName, AnySpec, TightJob['reads']];

/** Of a generator on this machine: what it reads is its own. */
function generatorJobs(config: Config): Job[] {
  const { device, threads, generation, generatorUpdate } = config;
  const { provider, local, temperature, maxOutputTokens: maxNewTokens } = generation;
  if (provider !== 'local' || local === undefined) return [];
  const place = { outDir: '', data: '', seed: 0, model: local.model };
  const lesson = sftSpec({ device, threads, policy: local, sft: generatorUpdate.sft }, place);
  const jobs: Job[] = [['generate', generatorSpec(config, local, { ...place, temperature, maxNewTokens }), ['pool']]];
  if (local.warmStartSteps > 0) jobs.push(['generator-warm-start', lesson, ['seed']]);
  if (generatorUpdate.enabled && generatorUpdate.method === 'sft') jobs.push(['generator-sft', lesson, ['pool']]);
  return jobs;
}

/** @throws ConfigError that names the first image that leaves no room for words in a job of the run, and the settings. */
export async function checkRunImages(tight: readonly TightJob[], images: RunImages, sizeOf = fileSize): Promise<void> {
  for (const part of ['seed', 'test', 'pool'] as const) {
    await checkImages(
      images[part],
      tight.filter(({ reads }) => reads.includes(part)),
      sizeOf,
    );
  }
}
