/** What a reader is shown of a cycle: its queue with the samples, their images as they lie now, and reports beside them. */
import { isAbsolute, join, resolve } from 'node:path';
import { Medgr2Error } from '../errors.js';
import { fromRun, runFiles } from '../loop/folder/run-folder.js';
import {
  readQueues,
  reviewQueue,
  scoredCandidates,
  type QueueOptions,
  type ReviewQueue,
} from '../loop/review/review-queue.js';
import { imagesOf, readConfig } from '../loop/result/run-sources.js';
import type { QueueItem } from '../evaluation/verdicts/queue-design.js';
import type { Sample } from '../sample.js';

export interface ShownSample {
  cycle: number;
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

/**
 * What was drawn for other cycles, by id: a page that was open before the run went on, and a file of another tool, still hold
 * verdicts on it. A cycle whose samples cannot be read has none.
 */
export async function otherMaterial({ runDir, drawn }: ReviewMaterial): Promise<ReadonlyMap<string, ShownSample>> {
  const shown = new Map<string, ShownSample>();
  for (const { cycle } of readQueues(runDir)) {
    if (cycle === drawn.cycle) continue;
    try {
      for (const [id, sample] of (await reviewMaterial(runDir, { cycle })).shown) shown.set(id, sample);
    } catch (error) {
      if (!(error instanceof Medgr2Error)) throw error;
    }
  }
  return shown;
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
        return [
          [place.id, { cycle: drawn.cycle, place, sample: placed(sample), context, named: named.has(imageHash) }],
        ];
      }),
    ),
  };
}
