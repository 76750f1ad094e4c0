/** Asks the generator G_θ about this cycle's images and writes the candidates, and what was dropped with its reason. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSamples, writeSamples } from '../../dataset/samples.js';
import { writeJsonl } from '../../dataset/table.js';
import { RunError } from '../../errors.js';
import { generateCandidates } from '../../generation/generate.js';
import type { GenerationEvent } from '../../generation/progress.js';
import { openReplyCache } from '../../generation/reply-cache.js';
import type { Sample } from '../../sample.js';

import type { RunContext } from '../context.js';
import type { NewestSample } from '../events.js';
import { openGenerator } from '../generator.js';
import { cycleTasks } from '../tasks.js';
import { runFiles, toRun } from '../run-folder.js';
import type { Stage, StageContext, StageDone } from '../stage.js';

export const generateOutputSchema = z.object({
  tasks: z.int(),
  candidates: z.int(),
  dropped: z.record(z.string(), z.int()),
  inputTokens: z.int(),
  outputTokens: z.int(),
});
export type GenerateOutput = z.output<typeof generateOutputSchema>;

export interface Generation {
  cycle: number;
  exemplars: readonly Sample[];
  /** Fingerprints of the data and the exemplars. */
  from: readonly string[];
}

export function generate(run: RunContext, { cycle, exemplars, from }: Generation): Stage<GenerateOutput> {
  const { config, data, runDir } = run;
  const { generation } = config;
  const { provider, strategies, imagesPerCycle, temperature, maxOutputTokens } = generation;
  const source = provider === 'gemini' ? generation.gemini.model : generation.teacher;
  const exemplarsPerPrompt = config.generatorUpdate.exemplars;
  return {
    cycle,
    name: 'generate',
    inputs: {
      from,
      seed: config.seed,
      provider,
      source,
      strategies,
      imagesPerCycle,
      temperature,
      maxOutputTokens,
      exemplarsPerPrompt,
    },
    // Nothing is lost by starting over: answered requests are in the reply cache.
    partial: 'over',
    output: generateOutputSchema,
    metrics: ({ tasks, candidates, dropped }) => ({
      tasks,
      candidates,
      dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
    }),
    detail: ({ dropped }) => ({ kind: 'generation', dropped }),
    run: async (context) => {
      const tasks = cycleTasks({ pool: data.pool, strategies, images: imagesPerCycle, cycle, seed: config.seed });
      await using generator = await openGenerator(run);
      using cache = openReplyCache(join(runDir, runFiles.replies));
      const generated = await generateCandidates({
        tasks,
        provider: generator.provider,
        cache,
        cycle,
        root: runDir,
        concurrency: generation.concurrency,
        exemplars,
        exemplarsPerPrompt,
        temperature,
        maxOutputTokens,
        signal: context.signal,
        onEvent: progressOf(context),
      });
      const samples = generated.samples.map((sample) => ({ ...sample, image: toRun(runDir, sample.image) }));
      if (samples.length === 0)
        throw new RunError('no-candidates', `none of ${tasks.length} requests became a sample`, {
          where: `cycle-${cycle}/generate`,
          remedy: 'Look into dropped.jsonl in the partial stage folder for the reasons.',
        });
      await writeSamples(join(context.dir, 'candidates.parquet'), samples);
      await writeJsonl(join(context.dir, 'dropped.jsonl'), generated.dropped);
      const { dropped, inputTokens, outputTokens } = generated.progress;
      return { tasks: tasks.length, candidates: samples.length, dropped, inputTokens, outputTokens };
    },
  };
}

export async function readCandidates(stage: StageDone<GenerateOutput>): Promise<Sample[]> {
  return readSamples(join(stage.dir, 'candidates.parquet'));
}

/** At most one event a second, and the last. */
function progressOf({ progress, runDir }: StageContext) {
  let last = Number.NEGATIVE_INFINITY;
  return (event: GenerationEvent): void => {
    const now = performance.now();
    if (!event.final && now - last < 1000) return;
    last = now;
    const { done, total, accepted, answered, cached, retries, inputTokens, outputTokens, dropped, newest } = event;
    const counts = { accepted, answered, cached, retries, inputTokens, outputTokens };
    progress(done, total, counts, { dropped, ...(newest === null ? {} : { newest: shown(newest, runDir) }) });
  };
}

function shown({ image, modality, questionType, question, answer }: Sample, runDir: string): NewestSample {
  return { image: toRun(runDir, image), modality, questionType, question, answer };
}
