/**
 * Some accepted and some rejected candidates of each cycle with their images. They are taken at even distances in the
 * order of their scores, so that nobody chooses what looks well; images are scaled down and embedded.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { fromRun } from '../../loop/folder/run-folder.js';
import { stageKey } from '../../loop/folder/ledger.js';
import type { Sample } from '../../sample.js';
import type { RunRecord } from './run-record.js';
import type { CycleScores, Decision } from './candidate-scores.js';
import { embedImage, type EmbeddedImage } from './embedded-image.js';

export interface GalleryItem {
  sample: Sample;
  decision: Decision;
  /** Null where the image is not there, cannot be read, or was not asked for. */
  image: EmbeddedImage | null;
}

export interface CycleGallery {
  cycle: number;
  tau: number;
  accepted: GalleryItem[];
  rejected: GalleryItem[];
}

export interface GalleryOptions {
  /** Of each kind and cycle. */
  count: number;
  images: boolean;
}

export async function readGallery(
  run: RunRecord,
  scores: readonly CycleScores[],
  { count, images }: GalleryOptions,
): Promise<CycleGallery[]> {
  const found: CycleGallery[] = [];
  for (const { cycle, decisions, filter } of scores) {
    const file = join(run.dir, stageKey(cycle, 'score'), 'scored.parquet');
    if (!existsSync(file) || decisions.length === 0) continue;
    const chosen = (accepted: boolean): Decision[] => {
      const wanted = decisions.filter(({ decision }) => (decision === 'accepted') === accepted);
      return evenly(
        wanted.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0)),
        count,
      );
    };
    const [accepted, rejected] = [chosen(true), chosen(false)];
    const read = await readSamples(
      file,
      [...accepted, ...rejected].map(({ id }) => id),
    );
    const samples = new Map(read.map((sample) => [sample.id, sample]));
    const items = (wanted: readonly Decision[]): Promise<GalleryItem[]> =>
      Promise.all(
        wanted.flatMap((decision) => {
          const sample = samples.get(decision.id);
          return sample === undefined ? [] : [item(run, sample, decision, images)];
        }),
      );
    found.push({ cycle, tau: filter.tau, accepted: await items(accepted), rejected: await items(rejected) });
  }
  return found;
}

/** Up to `count` items at even distances, the first and the last among them. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  if (count === 1) return items.slice(0, 1);
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))] as T);
}

async function item(run: RunRecord, sample: Sample, decision: Decision, wanted: boolean): Promise<GalleryItem> {
  return { sample, decision, image: wanted ? await embedImage(fromRun(run.dir, sample.image)) : null };
}
