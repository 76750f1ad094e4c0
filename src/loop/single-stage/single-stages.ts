/** The stages that can be run alone, each by the loop's own code: generate, score, sft, grpo, and R_φ from graded samples. */
import { join, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { readPool, toPoolImage } from '../../dataset/sources/own-files.js';
import type { Config } from '../../config/schema.js';
import { DataError } from '../../errors.js';
import { sha256 } from '../../hash.js';
import type { Modality, Sample } from '../../sample.js';
import { runAlone } from './run-single-stage.js';
import type { RewardModelState } from '../cycle.js';
import { dataProgress, openRunData, type DataContext } from '../inputs/run-data.js';
import { providerKey } from '../generator/open-generator.js';
import type { RunOptions } from '../run-attempt.js';
import { firstRewardModel } from '../before-cycles.js';
import { rewardModelStages } from '../comparison/recipe-stages.js';
import { runStage } from '../parts/run-stage.js';
import { generate, readCandidates } from '../stages/generate.js';
import { seedExemplars } from '../stages/generator-update.js';
import { readScored, score } from '../stages/score.js';
import { asWritten, grpoPrompts, type GrpoPrompts } from '../headroom/grpo-prompts.js';
import { grpo } from '../stages/grpo.js';
import { sft } from '../stages/sft.js';

/** Images to ask about: a folder of them, or null for the pool of the configuration's data. */
export interface GenerateAlone {
  images: string | null;
  modality?: Modality | undefined;
}

/**
 * The loop's first stage alone: asks the configuration's generator about images.
 * @returns Samples that could be read, and the folder of the stage.
 * @throws As `runLoop`; DataError `pool-missing` where there are no images.
 * @example
 * const config = await loadConfig('mine.yaml');
 * const { samples } = await generateAlone(config, { images: 'scans', modality: 'MRI' }, { runDir: 'runs/generated' });
 */
export async function generateAlone(config: Config, what: GenerateAlone, options: RunOptions) {
  providerKey(config.generation);
  return runAlone(config, options, {
    name: 'generate',
    runs: ['generate'],
    data: (context) =>
      what.images === null ? openRunData(config, context) : openPool(what.images, what.modality, context),
    stages: async (run) => {
      if (run.data.pool.length === 0)
        throw new DataError('pool-missing', 'the configuration names no images to ask about', {
          remedy: `Set data.pool, or name a folder of images: \`${medgr2} generate FOLDER\`.`,
        });
      // Alone, nobody wants an image twice.
      const imagesPerCycle = Math.min(config.generation.imagesPerCycle, run.data.pool.length);
      const asked = { ...run, config: { ...config, generation: { ...config.generation, imagesPerCycle } } };
      const exemplars = seedExemplars(run.data.seed, config.generation.seedExemplars, config.seed);
      const from = [fingerprint(run.data.pool), fingerprint(exemplars)];
      const done = await runStage(asked, generate(asked, { cycle: 1, generator: { exemplars, trained: null }, from }));
      const samples = await readCandidates(run, done);
      return {
        samples: samples.map((sample) => ({ ...sample, image: resolve(run.runDir, sample.image) })),
        dir: done.dir,
      };
    },
  });
}

async function openPool(folder: string, modality: Modality = 'unknown', context: DataContext) {
  const { images } = await readPool(resolve(folder), modality, dataProgress(context));
  return { pool: images.map((image) => toPoolImage(image)) };
}

export interface RewardModelAlone {
  /** Folder of the reward model. */
  rewardModel: string;
}

/** @returns The samples with their scores. */
export async function scoreAlone(
  config: Config,
  { samples, rewardModel }: RewardModelAlone & { samples: readonly Sample[] },
  options: RunOptions,
) {
  const path = resolve(rewardModel);
  return runAlone(config, options, {
    name: 'score',
    runs: ['score'],
    data: async () => ({ seed: [...samples] }),
    stages: async (run) => {
      const from = [fingerprint(samples), await run.models.of(path)];
      const done = await runStage(
        run,
        score(run, { cycle: 1, candidates: () => [samples], rewardModel: { path, version: path }, from }),
      );
      return { samples: await readScored(run, done), dir: done.dir };
    },
  });
}

export interface PolicyAlone {
  samples: readonly Sample[];
  /** Model to start from: a folder, a Hugging Face id or `phantom`. */
  model: string;
}

/** @returns Absolute folder of the trained model. */
export async function sftAlone(config: Config, { samples, model }: PolicyAlone, options: RunOptions) {
  return runAlone(config, options, {
    name: 'sft',
    runs: ['sft'],
    data: async () => ({ seed: [...samples] }),
    stages: async (run) => {
      const from = [fingerprint(samples), await run.models.of(model)];
      const done = await runStage(run, sft(run, { cycle: 1, model, samples, from }));
      return { checkpoint: join(done.dir, done.output.checkpoint), dir: done.dir };
    },
  });
}

export interface GrpoAlone extends PolicyAlone, RewardModelAlone {
  /** What the model has learned by SFT: `grpo.prompts` is about it. Without it all samples are asked, with their answers. */
  learned?: readonly Sample[] | undefined;
  /** Samples whose images are asked about in no case. */
  heldOut?: readonly Sample[] | undefined;
}

/** @returns Absolute folder of the trained model. */
export async function grpoAlone(config: Config, what: GrpoAlone, options: RunOptions) {
  const { samples, model } = what;
  const prompts = promptsAlone(config, what);
  const rewardModel = resolve(what.rewardModel);
  return runAlone(config, options, {
    name: 'grpo',
    runs: ['grpo'],
    data: async () => ({ seed: [...samples, ...(what.learned ?? [])] }),
    stages: async (run) => {
      const asked = prompts.trusted === null ? prompts.samples : [prompts.samples, [...prompts.trusted]];
      const from = [fingerprint(asked), await run.models.of(model), await run.models.of(rewardModel)];
      const done = await runStage(run, grpo(run, { cycle: 1, model, prompts, rewardModel, from, deadGroups: 'fail' }));
      return { checkpoint: join(done.dir, done.output.checkpoint), dir: done.dir };
    },
  });
}

/** As in the loop, where there is something that was learned: samples that a generator wrote are its candidates. */
function promptsAlone(config: Config, { samples, learned, heldOut = [] }: GrpoAlone): GrpoPrompts {
  const held = new Set(heldOut.map(({ imageHash }) => imageHash));
  const isHeld = (imageHash: string): boolean => held.has(imageHash);
  if (learned === undefined) return asWritten(samples.filter(({ imageHash }) => !isHeld(imageHash)));
  const grpoSettings = { ...config.grpo, fresh: { from: ['rejected' as const, 'trusted' as const] } };
  const [trusted, written] = [true, false].map((is) =>
    samples.filter(({ provenance }) => (provenance.cycle === 0) === is),
  );
  const sources = { cycle: 1, learned, written: written ?? [], seed: trusted ?? [], pool: [], isHeld };
  return grpoPrompts({ seed: config.seed, grpo: grpoSettings }, sources);
}

/** Grades trusted samples, trains R_φ on them, measures it on the held-out ones and sets τ by them. */
export async function trainRewardAlone(
  config: Config,
  samples: Sample[],
  options: RunOptions,
): Promise<RewardModelState> {
  return runAlone(config, options, {
    name: 'train-reward',
    runs: rewardModelStages(config),
    data: async () => ({ seed: samples }),
    stages: async (run) => (await firstRewardModel(run, fingerprint(samples))).rewardModel,
  });
}

const fingerprint = (content: unknown): string => sha256(JSON.stringify(content));
