import type { GenerationProgress } from '../../src/generation/generation-progress.js';
import { generateOutcomes, type GenerateOptions } from '../../src/generation/generate-samples.js';
import type { DroppedTask, Outcome } from '../../src/generation/task-outcome.js';
import type { Sample } from '../../src/sample.js';

export interface Generated {
  /** In the order of their tasks. */
  samples: Sample[];
  /** In the order of their tasks. */
  dropped: DroppedTask[];
  progress: GenerationProgress;
}

/** All outcomes of a generation at once, in memory: a loop streams them, a test holds few. */
export async function generateCandidates(options: GenerateOptions): Promise<Generated> {
  const all: (readonly Outcome[] | undefined)[] = Array.from({ length: options.tasks.length });
  const progress = await generateOutcomes(options, (index, outcomes) => void (all[index] = outcomes));
  const ended = all.flatMap((outcomes) => outcomes ?? []);
  return {
    samples: ended.flatMap((outcome) => ('sample' in outcome ? [outcome.sample] : [])),
    dropped: ended.flatMap((outcome) => ('dropped' in outcome ? [outcome.dropped] : [])),
    progress,
  };
}
