/**
 * Splits a dataset into parts. Whatever belongs to one patient or one image stays in one part; the parts are alike in
 * modality and question type; the same seed gives the same parts.
 */
import { seededRandom } from '../random.js';
import type { Sample } from '../sample.js';
import type { Dataset, DatasetImage } from './folder.js';

export interface PartShare {
  name: string;
  /** In (0, 1]; the shares of all parts sum to 1. */
  share: number;
}

export interface SplitPart {
  name: string;
  samples: Sample[];
  images: DatasetImage[];
}

/** What cannot be parted: the images of a patient, or one image, with all questions about them. */
interface Group {
  images: DatasetImage[];
  samples: Sample[];
  /** Stratum -> how many. */
  weights: Map<string, number>;
  size: number;
}

export function splitDataset(
  { samples, images }: Pick<Dataset, 'samples' | 'images'>,
  shares: readonly PartShare[],
  seed: number,
): SplitPart[] {
  const groups = groupsOf(samples, images);
  const totals = new Map<string, number>();
  for (const { weights } of groups) for (const [stratum, weight] of weights) add(totals, stratum, weight);
  const parts = shares.map(({ name, share }) => ({
    name,
    share,
    samples: [] as Sample[],
    images: [] as DatasetImage[],
    filled: new Map<string, number>(),
  }));
  // Large groups first: small ones then even out what they left uneven.
  const order = seededRandom(seed, 'split')
    .shuffle(groups)
    .toSorted((a, b) => b.size - a.size);
  for (const group of order) {
    const best = parts.reduce((chosen, part) =>
      need(part, group, totals) > need(chosen, group, totals) ? part : chosen,
    );
    best.samples.push(...group.samples);
    best.images.push(...group.images);
    for (const [stratum, weight] of group.weights) add(best.filled, stratum, weight);
  }
  const place = new Map(samples.map((sample, index) => [sample, index]));
  return parts.map(({ name, samples: own, images: pictures }) => ({
    name,
    samples: own.toSorted((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)),
    images: pictures.toSorted((a, b) => (a.imageHash < b.imageHash ? -1 : 1)),
  }));
}

/** How far a part is from its share of what a group holds, relative to that share: rare strata count as much as common ones. */
function need(
  part: { share: number; filled: ReadonlyMap<string, number> },
  group: Group,
  totals: ReadonlyMap<string, number>,
): number {
  let sum = 0;
  for (const [stratum, weight] of group.weights) {
    const wanted = part.share * (totals.get(stratum) ?? 0);
    sum += (weight * (wanted - (part.filled.get(stratum) ?? 0))) / wanted;
  }
  return sum;
}

function groupsOf(samples: readonly Sample[], images: readonly DatasetImage[]): Group[] {
  const byImage = Map.groupBy(samples, ({ imageHash }) => imageHash);
  const known = new Set(images.map(({ imageHash }) => imageHash));
  const keyed = Map.groupBy(images, ({ patient, imageHash }) =>
    patient === null ? `image ${imageHash}` : `patient ${patient}`,
  );
  const groups = [...keyed.values()].map((own) =>
    groupOf(
      own,
      own.flatMap(({ imageHash }) => byImage.get(imageHash) ?? []),
    ),
  );
  const unlisted = [...byImage].filter(([imageHash]) => !known.has(imageHash));
  return [...groups, ...unlisted.map(([, own]) => groupOf([], own))];
}

/** A group without questions counts by its images. */
function groupOf(images: DatasetImage[], samples: Sample[]): Group {
  const weights = new Map<string, number>();
  for (const { modality, questionType } of samples) add(weights, `${modality} ${questionType}`, 1);
  if (samples.length === 0) for (const { modality } of images) add(weights, modality, 1);
  return { images, samples, weights, size: Math.max(samples.length, images.length) };
}

function add(counts: Map<string, number>, key: string, weight: number): void {
  counts.set(key, (counts.get(key) ?? 0) + weight);
}
