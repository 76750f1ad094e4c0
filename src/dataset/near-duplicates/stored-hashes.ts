/** Perceptual hashes as dataset folders keep them: made once at import, so that looking for leaks opens no image. */
import type { DatasetImage } from '../folders/dataset-folder.js';
import { mapInOrder } from '../import/import-helpers.js';
import { likeDistance } from './bits.js';
import { apartImageGroups, perceptualHash, type PerceptualHash } from './near-images.js';

type Pictured = Pick<DatasetImage, 'path' | 'perceptualHash'>;

/** Stands for a picture with too little structure. */
const none = 'none';

/** The stored hash, or that of the file. */
export async function hashOf({ path, perceptualHash: stored }: Pictured): Promise<PerceptualHash> {
  if (stored === undefined || stored === null) return perceptualHash(path);
  if (stored === none) return null;
  return [Number.parseInt(stored.slice(0, 8), 16), Number.parseInt(stored.slice(8), 16)];
}

/** The same images with their hashes. */
export async function withHashes<T extends Pictured>(images: readonly T[]): Promise<T[]> {
  return mapInOrder(images, async (image) => {
    const hash = await hashOf(image);
    const text = hash?.map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
    return { ...image, perceptualHash: text ?? none };
  });
}

/**
 * Groups images that look alike, for `splitDataset`: image hash -> that of the first image of its group; no two groups hold
 * images that look alike. The loop refuses a test set of which an image looks like a trusted one.
 * @param distance Most bits of 64 that the perceptual hashes of two such images differ in (default 6, as `medgr2 split` has it).
 * @throws DataError `image-unusable` where a hash is not stored and a picture cannot be read.
 */
export async function likeImages(
  images: readonly Pick<DatasetImage, 'path' | 'perceptualHash' | 'imageHash'>[],
  distance: number = likeDistance,
): Promise<Map<string, string>> {
  const groups = apartImageGroups(await mapInOrder(images, hashOf), distance);
  return new Map(
    images.map(({ imageHash }, item) => [imageHash, images[groups[item] ?? item]?.imageHash ?? imageHash]),
  );
}
