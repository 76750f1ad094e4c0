/**
 * Splits a dataset into parts. Whatever belongs to one patient or one image stays in one part; the parts are alike in
 * modality and question type; the same seed gives the same parts.
 */
import { DataError } from '../../errors.js';
import { seededRandom } from '../../random.js';
import type { Sample } from '../../sample.js';
import type { Dataset, DatasetImage } from './dataset-folder.js';
import { patientKey } from '../patients/patient-key.js';

/** A part to be made, and how large it shall be. */
export interface PartShare {
  name: string;
  /** In (0, 1]; the shares of all parts sum to 1. */
  share: number;
}

/** A part that was made. */
export interface SplitPart {
  name: string;
  samples: Sample[];
  images: DatasetImage[];
}

/** What cannot be parted: the images of a patient, those that look alike, or one image, with all questions about them. */
interface Group {
  images: DatasetImage[];
  samples: Sample[];
  /** Stratum -> how many. */
  weights: Map<string, number>;
  size: number;
}

/**
 * Parts a dataset by patient and image, so that no two parts share either; strata keep their shares as nearly as can be.
 * @param alike Image hash -> that of an image it looks like: both come into one part. `likeImages` makes it, as `medgr2 split` does;
 * without it images that look alike may come into two parts.
 * @throws DataError `split-empty` where a part would get nothing.
 * @example
 * const dataset = await readDataset('data/mine');
 * const alike = await likeImages(dataset.images);
 * const [seed, test] = splitDataset(dataset, [{ name: 'seed', share: 0.6 }, { name: 'test', share: 0.4 }], 0, alike);
 * console.log(seed?.samples.length, test?.samples.length);
 */
export function splitDataset(
  { samples, images }: Pick<Dataset, 'samples' | 'images'>,
  shares: readonly PartShare[],
  seed: number,
  /** Image hash -> that of an image it looks like: both come into one part. */
  alike: ReadonlyMap<string, string> = new Map(),
): SplitPart[] {
  const groups = groupsOf(samples, images, alike);
  const totals = new Map<string, number>();
  for (const { weights } of groups) for (const [stratum, weight] of weights) add(totals, stratum, weight);
  const whole = sumOf(totals);
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
    const best = parts.reduce((chosen, part) => {
      const more = need(part, group, totals) - need(chosen, group, totals);
      // Parts need the first group of a stratum alike: without a second rule all rare strata would come into the first part.
      if (Math.abs(more) < 1e-9) return room(part, whole) > room(chosen, whole) + 1e-9 ? part : chosen;
      return more > 0 ? part : chosen;
    });
    best.samples.push(...group.samples);
    best.images.push(...group.images);
    for (const [stratum, weight] of group.weights) add(best.filled, stratum, weight);
  }
  refuseEmptyPart(parts, groups.length);
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

/** How much a part may still take of everything, whatever stratum it is of. */
function room(part: { share: number; filled: ReadonlyMap<string, number> }, whole: number): number {
  return part.share * whole - sumOf(part.filled);
}

function refuseEmptyPart(
  parts: readonly { name: string; samples: readonly Sample[]; images: readonly DatasetImage[] }[],
  groups: number,
): void {
  const samples = parts.some((part) => part.samples.length > 0);
  const empty = parts.find((part) => (samples ? part.samples.length === 0 : part.images.length === 0));
  if (empty === undefined) return;
  throw new DataError('split-empty', `the part ${empty.name} would be empty: there are ${groups} groups to part`, {
    remedy:
      'A patient, or images that look alike, stay together. Check what stands for a patient (one that has nearly all images is none), ' +
      'give other shares, or fewer parts.',
  });
}

function groupsOf(
  samples: readonly Sample[],
  images: readonly DatasetImage[],
  alike: ReadonlyMap<string, string>,
): Group[] {
  const byImage = Map.groupBy(samples, ({ imageHash }) => imageHash);
  const known = new Set(images.map(({ imageHash }) => imageHash));
  const leaderOf = joinedGroups(
    images.flatMap(({ patient, imageHash }) => [
      [`image ${imageHash}`, patient === null ? `image ${imageHash}` : `patient ${patientKey(patient)}`] as const,
      [`image ${imageHash}`, `image ${alike.get(imageHash) ?? imageHash}`] as const,
    ]),
  );
  const keyed = Map.groupBy(images, ({ imageHash }) => leaderOf(`image ${imageHash}`));
  const groups = [...keyed.values()].map((own) =>
    groupOf(
      own,
      own.flatMap(({ imageHash }) => byImage.get(imageHash) ?? []),
    ),
  );
  const unlisted = [...byImage].filter(([imageHash]) => !known.has(imageHash));
  return [...groups, ...unlisted.map(([, own]) => groupOf([], own))];
}

/** The name of its group for each name: pairs are in one, and so is what hangs together by several pairs. */
function joinedGroups(pairs: readonly (readonly [string, string])[]): (name: string) => string {
  const above = new Map<string, string>();
  const leaderOf = (name: string): string => {
    let at = name;
    for (let up = above.get(at); up !== undefined; up = above.get(at)) {
      const further = above.get(up);
      if (further !== undefined) above.set(at, further);
      at = up;
    }
    return at;
  };
  for (const [a, b] of pairs) {
    const [first, second] = [leaderOf(a), leaderOf(b)];
    if (first !== second) above.set(first, second);
  }
  return leaderOf;
}

/** A group without questions counts by its images. */
function groupOf(images: DatasetImage[], samples: Sample[]): Group {
  const weights = new Map<string, number>();
  for (const { modality, questionType } of samples) add(weights, `${modality} ${questionType}`, 1);
  if (samples.length === 0) for (const { modality } of images) add(weights, modality, 1);
  return { images, samples, weights, size: Math.max(samples.length, images.length) };
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

function add(counts: Map<string, number>, key: string, weight: number): void {
  counts.set(key, (counts.get(key) ?? 0) + weight);
}
