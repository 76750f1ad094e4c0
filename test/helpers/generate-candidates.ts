import type { GenerationProgress } from '../../src/generation/generation-progress.js';
import { generateOutcomes, type GenerateOptions } from '../../src/generation/generate-samples.js';
import { writeSamples, type Writing } from '../../src/generation/inquiries/write-samples.js';
import type { DroppedTask, Outcome } from '../../src/generation/outcome.js';
import type { Sample } from '../../src/sample.js';

export interface Generated {
  /** In the order of their tasks. */
  samples: Sample[];
  /** In the order of their tasks. */
  dropped: DroppedTask[];
  progress: GenerationProgress;
}

export type CandidateOptions = Omit<GenerateOptions, 'inquiry'> & Partial<Writing>;

/** All outcomes of a generation at once, in memory: a loop streams them, a test holds few. */
export async function generateCandidates({
  cycle = 1,
  exemplars = [],
  exemplarsPerPrompt = 3,
  ...asked
}: CandidateOptions): Promise<Generated> {
  const options = { ...asked, inquiry: writeSamples({ cycle, exemplars, exemplarsPerPrompt }) };
  const all: (readonly Outcome[] | undefined)[] = Array.from({ length: options.tasks.length });
  const progress = await generateOutcomes(options, (index, outcomes) => void (all[index] = outcomes));
  const ended = all.flatMap((outcomes) => outcomes ?? []);
  return {
    samples: ended.flatMap((outcome) => ('sample' in outcome ? [outcome.sample] : [])),
    dropped: ended.flatMap((outcome) => ('dropped' in outcome ? [outcome.dropped] : [])),
    progress,
  };
}
