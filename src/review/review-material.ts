/** What a reader is shown of a cycle: its queue with the samples, their images as they lie now, and reports beside them. */
import { isAbsolute, join, resolve } from 'node:path';
import { fromRun, runFiles } from '../loop/folder/run-folder.js';
import { reviewQueue, scoredCandidates, type QueueOptions, type ReviewQueue } from '../loop/review/review-queue.js';
import { imagesOf, readConfig } from '../loop/result/run-sources.js';
import type { QueueItem } from '../evaluation/verdicts/queue-design.js';
import type { Sample } from '../sample.js';

export interface ShownSample {
  place: QueueItem;
  /** Its image by its absolute path. */
  sample: Sample;
  /** Report or caption beside the image. */
  context: string | null;
  /** The image is known, or likely, to name its patient. */
  named: boolean;
}

export interface ReviewMaterial {
  /** Absolute. */
  runDir: string;
  drawn: ReviewQueue;
  /** By id, in the order of the queue. */
  shown: ReadonlyMap<string, ShownSample>;
}

/** @throws RunError `nothing-to-review`, `queue-stale`; ConfigError `queue-fixed`. */
export async function reviewMaterial(run: string, options: QueueOptions = {}): Promise<ReviewMaterial> {
  const runDir = resolve(run);
  const drawn = await reviewQueue(runDir, options);
  const samples = new Map((await scoredCandidates(runDir, drawn.cycle)).map((sample) => [sample.id, sample]));
  const { places, contexts, named } = await imagesOf(readConfig(join(runDir, runFiles.config)));
  const placed = (sample: Sample): Sample => ({
    ...sample,
    image: isAbsolute(sample.image) ? (places.get(sample.imageHash) ?? sample.image) : fromRun(runDir, sample.image),
  });
  return {
    runDir,
    drawn,
    shown: new Map(
      drawn.items.flatMap((place): [string, ShownSample][] => {
        const sample = samples.get(place.id);
        if (sample === undefined) return [];
        const { imageHash } = sample;
        const context = contexts.get(imageHash) ?? null;
        return [[place.id, { place, sample: placed(sample), context, named: named.has(imageHash) }]];
      }),
    ),
  };
}
