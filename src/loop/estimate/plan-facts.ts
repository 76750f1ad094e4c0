/** Finds out what a plan needs to know of data, models and keys. Looks only; what is missing is said, not thrown. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { dataPartsOf } from '../../config/data-parts.js';
import type { Config } from '../../config/schema.js';
import { imageNames } from '../../dataset/pictures/image-folder.js';
import { openData } from '../../dataset/sources/open-source.js';
import type { LoopData } from '../../dataset/sources/data-source.js';
import { ConfigError, Medgr2Error, messageOf } from '../../errors.js';
import { renderPolicyPrompt, renderResponse } from '../../prompts/policy-prompt.js';
import type { fileSize } from '../../job-spec/checks/job-images.js';
import type { ImageSize } from '../../job-spec/checks/image-tokens.js';
import { shownTexts } from '../generator/shown-texts.js';
import { requireKeys } from '../generator/open-generator.js';
import { checkRunImages, tightJobs, type RunImages } from '../inputs/image-token-check.js';
import { modelOf } from './model-facts.js';
import { defaultAssumptions } from './assumptions.js';
import type { PlanFacts, Price } from './plan-types.js';
import { expectModelFolders } from '../doctor/check-models.js';

export interface FactsOptions {
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Price of the generator the configuration names. */
  price: Price | null;
  /** Of the judge, where one is asked. */
  judgePrice?: Price | null;
}

/** Images and samples that are measured at most. */
const measured = { images: 200, samples: 500 };

/** Edge of a phantom's image, pixels. */
const phantomEdge = 84;

/** @throws ConfigError where an image leaves no room for words: no run can start with such settings. */
export async function findFacts(
  config: Config,
  { env = process.env, price, judgePrice }: FactsOptions,
): Promise<PlanFacts> {
  const missing: string[] = [];
  const attempt = async <T>(what: string, look: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await look();
    } catch (error) {
      const remedy = error instanceof Medgr2Error ? (error.remedy ?? '') : '';
      missing.push(`${what}: ${messageOf(error).replace(/\.$/, '')}. ${remedy}`.trim());
      return null;
    }
  };
  if (dataPartsOf(config.recipe).pool) await attempt('API key', () => requireKeys(config, env));
  const data = await attempt('data', () => lookAtData(config));
  // Data that is not whole yet may have its images already.
  if (data !== null && data.refusal !== null) throw data.refusal;
  const images = data === null && config.data.source === 'files' ? await poolSizes(config.data.pool) : [];
  const policy = await attempt('policy.base', () => modelOf(config.policy.base, env));
  const base = config.rewardModel.base ?? config.policy.base;
  const rewardModel =
    base === config.policy.base ? policy : await attempt('rewardModel.base', () => modelOf(base, env));
  // Models of the arms, which nothing above has looked at.
  if (config.recipe.kind !== 'loop') await attempt('models', () => expectModelFolders(config));
  const { provider, local } = config.generation;
  const own = provider === 'local' ? local : undefined;
  const generator = own === undefined ? null : await attempt('generation.local.model', () => modelOf(own.model, env));
  const { counts, text } = data ?? { counts: limitsOf(config), text: null };
  const shown = data?.shown;
  return {
    counts,
    images: data?.images ?? images,
    text,
    shown,
    policy,
    rewardModel,
    generator,
    price,
    missing,
    ...(judgePrice === undefined ? {} : { judgePrice }),
  };
}

/** What is counted on where the data cannot be opened: as many as the configuration allows. */
function limitsOf({ data, cycles, generation }: Config): PlanFacts['counts'] {
  if (data.source === 'phantom') return null;
  const pool = ('poolLimit' in data ? data.poolLimit : undefined) ?? cycles * generation.imagesPerCycle;
  return { seed: data.seedLimit ?? 0, test: data.testLimit ?? 0, pool };
}

type DataFacts = Pick<PlanFacts, 'counts' | 'images' | 'text' | 'shown'> & { refusal: Error | null };

async function lookAtData(config: Config): Promise<DataFacts> {
  const { data } = config;
  if (data.source === 'phantom') {
    const { seed, test, pool } = data;
    const size = { width: phantomEdge, height: phantomEdge };
    const one = ['a phantom'];
    const refusal = await refusalOf(config, { seed: one, test: one, pool: one }, async () => size);
    return { counts: { seed, test, pool }, images: [size], text: null, refusal };
  }
  const dir = await mkdtemp(join(tmpdir(), 'medgr2-plan-'));
  try {
    const found = await openData(config, dir);
    const { seed, test, pool } = found;
    const files = (items: readonly { image: string }[]): string[] => items.map(({ image }) => resolve(dir, image));
    return {
      counts: { seed: seed.length, test: test.length, pool: pool.length },
      // A recipe that generates nothing has no pool: its images are those of the questions.
      images: await imageSizes(files(pool.length > 0 ? pool : test)),
      text: textLengths(config, found.seed),
      ...(pool.some(({ context }) => context !== undefined) ? { shown: shownTexts(pool, config) } : {}),
      refusal: await refusalOf(config, { seed: files(seed), test: files(test), pool: files(pool) }),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Why no run can start with these images; null where one can. */
async function refusalOf(config: Config, images: RunImages, sizeOf?: typeof fileSize): Promise<Error | null> {
  try {
    await checkRunImages(await tightJobs(config), images, sizeOf);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

async function poolSizes(folder: string | undefined): Promise<ImageSize[]> {
  if (folder === undefined) return [];
  const names = await imageNames(folder).catch(() => []);
  return imageSizes(names.map((name) => join(folder, name)));
}

/** Of images spread evenly over the list; those that cannot be read are left out, as the run drops them too. */
async function imageSizes(files: readonly string[]): Promise<ImageSize[]> {
  const every = Math.max(1, Math.ceil(files.length / measured.images));
  const chosen = files.filter((_, index) => index % every === 0);
  const sizes = await Promise.all(
    chosen.map(async (file) => {
      try {
        const { width, height } = await sharp(file).metadata();
        return [{ width, height }];
      } catch {
        return [];
      }
    }),
  );
  return sizes.flat();
}

/** Tokens by the characters of the texts themselves; the chat template adds about twenty. */
function textLengths(config: Config, seed: LoopData['seed']): PlanFacts['text'] {
  const samples = seed.slice(0, measured.samples);
  if (samples.length === 0) return null;
  const mean = (lengths: readonly number[]): number =>
    lengths.reduce((sum, length) => sum + length, 0) / lengths.length / defaultAssumptions.charactersPerToken;
  const template = 20;
  return {
    promptTokens:
      template + mean(samples.map((sample) => renderPolicyPrompt(sample, config.policy.instruction).length)),
    responseTokens: mean(samples.map((sample) => renderResponse(sample).length)),
  };
}
