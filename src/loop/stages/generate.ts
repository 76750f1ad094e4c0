/** Asks the generator G_θ about this cycle's images and writes the candidates, and what was dropped with its reason. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/schema.js';
import { readSampleParts, readSamples, type SampleParts } from '../../dataset/tables/sample-table.js';
import { RunError } from '../../errors.js';
import type { GenerateOptions } from '../../generation/generate-samples.js';
import type { GenerationProgress } from '../../generation/generation-progress.js';
import { candidatesFile, generateToFiles } from '../../generation/generate-to-files.js';
import { writeSamples } from '../../generation/inquiries/write-samples.js';
import { openReplyCache } from '../../generation/replies/reply-cache.js';
import { identityOf } from '../../config/part.js';
import { isReadyMade } from '../../prompts/prompt-strategy.js';
import { questionTypes as allQuestionTypes, type Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';
import { relinked } from '../folder/relocation.js';
import type { GeneratorState } from '../generator/generator-state.js';
import { openGenerator } from '../generator/open-generator.js';
import { openPricing } from '../generator/generator-pricing.js';
import { cycleTasks } from '../generator/cycle-tasks.js';
import { sourceOf } from '../generator/generator-source.js';
import { showsText } from '../generator/shown-texts.js';
import { runFiles, toRun } from '../folder/run-folder.js';
import type { Stage, StageDone } from '../stage.js';
import { askingOf, spentOf, tellDamage } from '../generator/asking-stage.js';

export const generateOutputSchema = z.object({
  tasks: z.int(),
  candidates: z.int(),
  dropped: z.record(z.string(), z.int()),
  /** Candidates whose reply had to be mended to be read, by kind. */
  repaired: z.record(z.string(), z.int()).default({}),
  inputTokens: z.int(),
  outputTokens: z.int(),
  /** Of the replies of the attempt that finished; null where price or tokens are not known. */
  cost: z.number().nullable().default(null),
  /** Of the price file; null in runs of versions that did not keep it. */
  currency: z.string().nullable().default(null),
});
export type GenerateOutput = z.output<typeof generateOutputSchema>;

export interface Generation {
  cycle: number;
  generator: Pick<GeneratorState, 'exemplars' | 'trained'>;
  /** Fingerprints of the data and the generator. */
  from: readonly string[];
}

export function generate(
  run: RunContext,
  { cycle, generator: { exemplars, trained }, from }: Generation,
): Stage<GenerateOutput> {
  const { config, data, runDir, parts } = run;
  const { generation } = config;
  const strategies = parts.strategies.map(({ name }) => name);
  const ownStrategies = parts.strategies.filter(({ name }) => !isReadyMade(name)).map(identityOf);
  const { provider, questionTypes, imagesPerCycle, temperature, maxOutputTokens } = generation;
  const { questionsPerImage, contextCharacters, maxReplyCharacters } = generation;
  const exemplarsPerPrompt = config.generatorUpdate.exemplars;
  return {
    cycle,
    name: 'generate',
    inputs: {
      from,
      seed: config.seed,
      provider,
      source: sourceOf(generation, parts.provider),
      strategies,
      ...(ownStrategies.length === 0 ? {} : { ownStrategies }),
      imagesPerCycle,
      temperature,
      maxOutputTokens,
      exemplarsPerPrompt,
      // Left out where it is all of them, so that runs of earlier versions continue.
      ...(questionTypes.length < allQuestionTypes.length ? { questionTypes } : {}),
      ...(questionsPerImage === 1 ? {} : { questionsPerImage }),
      ...(showsText(data.pool, config) ? { contextCharacters } : {}),
      ...(maxReplyCharacters === undefined ? {} : { maxReplyCharacters }),
      ...(generation.truncatedRetryTokens === undefined
        ? {}
        : { truncatedRetryTokens: generation.truncatedRetryTokens }),
    },
    // Nothing is lost by starting over: answered requests are in the reply cache.
    partial: 'over',
    output: generateOutputSchema,
    metrics: ({ tasks, candidates, dropped, cost }) => ({
      tasks,
      candidates,
      dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
      cost,
    }),
    detail: ({ dropped, repaired }) => ({ kind: 'generation', dropped, repaired }),
    run: async (context) => {
      const asked = { strategies, questionTypes, images: imagesPerCycle, cycle, seed: config.seed, questionsPerImage };
      const tasks = cycleTasks({ pool: data.pool, ...asked, contextCharacters });
      if (tasks.length === 0)
        throw new RunError('no-tasks', `no image of the pool can be asked about ${questionTypes.join(' or ')}`, {
          where: `cycle-${cycle}/generate`,
          remedy: 'Add to generation.questionTypes.',
        });
      const pricing = await openPricing(config, parts.provider);
      await using generator = await openGenerator(context, trained);
      using cache = openReplyCache(join(runDir, runFiles.replies));
      const { damagedLines } = cache;
      tellDamage(damagedLines, runFiles.replies, context);
      const asking: GenerateOptions = {
        ...askingOf(context, generation, {
          tasks,
          provider: generator.provider,
          cache,
          inquiry: writeSamples({ cycle, exemplars, exemplarsPerPrompt, strategies: parts.strategies }),
          pricing,
          batches: runFiles.batches,
        }),
        maxReplyCharacters,
      };
      const imagePath = (image: string): string => toRun(runDir, image);
      const generated = await generateToFiles(asking, { dir: context.dir, imagePath });
      tellDamage(cache.damagedLines - damagedLines, runFiles.replies, context);
      if (generated.accepted === 0)
        throw new RunError(
          'no-candidates',
          `none of ${tasks.length} requests became a sample: ${reasonsOf(generated)}`,
          {
            where: `cycle-${cycle}/generate`,
            remedy: `Look into cycle-${cycle}/generate.partial/dropped.jsonl for what was wrong with each.${unlearnt(generation)}`,
          },
        );
      const { accepted: candidates, dropped, repaired } = generated;
      return { tasks: tasks.length, candidates, dropped, repaired, ...spentOf(generated, pricing) };
    },
  };
}

/** Those of a stage that is done, some at a time. */
export function candidateParts({ data }: Pick<RunContext, 'data'>, stage: StageDone<GenerateOutput>): SampleParts {
  const file = stage.samples ?? join(stage.dir, candidatesFile);
  return async function* () {
    for await (const part of readSampleParts(file)) yield relinked(data, part);
  };
}

export async function readCandidates(
  { data }: Pick<RunContext, 'data'>,
  stage: StageDone<GenerateOutput>,
): Promise<Sample[]> {
  return relinked(data, await readSamples(stage.samples ?? join(stage.dir, candidatesFile)));
}

const reasonsOf = ({ dropped }: GenerationProgress): string =>
  Object.entries(dropped)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');

/** A model of one's own may never have seen the form that it is asked for. */
const unlearnt = ({ provider }: Config['generation']): string =>
  provider === 'local'
    ? ' If it does not write JSON, raise generation.local.warmStartSteps, which teaches it on the trusted samples, and ' +
      'set generation.questionTypes to the types that those have.'
    : '';
