/** A generation whose samples and dropped tasks go to files, in the order of the tasks: memory does not grow with their number. */
import { join } from 'node:path';
import { writeSamples } from '../dataset/tables/sample-table.js';
import { writeJsonl } from '../dataset/tables/table.js';
import type { Sample } from '../sample.js';
import { generateOutcomes, type GenerateOptions } from './generate-samples.js';
import type { GenerationProgress } from './generation-progress.js';
import { createOutcomeSpool } from './outcome-spool.js';
import type { Outcome } from './outcome.js';

export const candidatesFile = 'candidates.parquet';
export const droppedFile = 'dropped.jsonl';

export interface ToFiles {
  /** Gets `candidates.parquet`, where there is a sample, and `dropped.jsonl`. */
  dir: string;
  /** What becomes of the path of a sample's image (default: it stays). */
  imagePath?: (image: string) => string;
}

/** Throws as `generateOutcomes` does, and then writes nothing. */
export async function generateToFiles(options: GenerateOptions, { dir, imagePath = (image) => image }: ToFiles) {
  using spool = createOutcomeSpool(join(dir, 'outcomes.spool'));
  const progress: GenerationProgress = await generateOutcomes(options, spool.put);
  await writeJsonl(join(dir, droppedFile), droppedIn(spool.inOrder()));
  const samples = samplesIn(spool.inOrder(), imagePath);
  if (progress.accepted > 0) await writeSamples(join(dir, candidatesFile), samples);
  return progress;
}

function* droppedIn(outcomes: Iterable<Outcome>): Generator<object> {
  for (const outcome of outcomes) if ('dropped' in outcome) yield outcome.dropped;
}

function* samplesIn(outcomes: Iterable<Outcome>, imagePath: (image: string) => string): Generator<Sample> {
  for (const outcome of outcomes)
    if ('sample' in outcome) yield { ...outcome.sample, image: imagePath(outcome.sample.image) };
}
