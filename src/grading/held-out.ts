/** Which images of the trusted samples are held out: one rule, for the reward model's report and for the gold set. Pure. */
import { sha256 } from '../hash.js';
import type { Sample } from '../sample.js';

/**
 * By hash order, so that an image added later moves few others. Where there are two images (or patients), one at least is held out
 * and one at least is not: neither a reward model nor its report is made of nothing.
 * @param share Of the images; 0 holds none out.
 * @param clusterOf What stays together: an image's patient, where it is known.
 */
export function heldOutImages(
  samples: readonly Pick<Sample, 'imageHash'>[],
  share: number,
  seed: number,
  clusterOf: (imageHash: string) => string = (imageHash) => imageHash,
): Set<string> {
  const images = new Set(samples.map(({ imageHash }) => imageHash));
  const clusters = [...Map.groupBy(images, clusterOf)].map(([cluster, hashes]) => ({
    hashes,
    key: sha256(`${seed} ${cluster}`),
  }));
  clusters.sort((a, b) => (a.key < b.key ? -1 : 1));
  const wanted = share <= 0 ? 0 : Math.max(1, Math.round(share * images.size));
  const held = new Set<string>();
  for (const { hashes } of clusters.slice(0, -1)) {
    if (held.size >= wanted) break;
    for (const hash of hashes) held.add(hash);
  }
  return held;
}
