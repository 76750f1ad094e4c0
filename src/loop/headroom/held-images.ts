/** What measures and is never learned from: test questions and held-out trusted samples, by image and by patient. Pure. */
import { clusterOf, type LoopData } from '../../dataset/sources/data-source.js';
import type { GradedRow } from '../../grading/index.js';
import { seededRandom } from '../../random.js';
import type { Sample } from '../../sample.js';
import type { RunContext } from '../run-context.js';

type Hashed = { imageHash: string };

/** Whether an image is one of those, or another of one of their patients. */
export function heldImages(
  data: Pick<LoopData, 'test' | 'patients'>,
  heldOut: readonly Hashed[],
): (imageHash: string) => boolean {
  const held = new Set([...data.test, ...heldOut].map(({ imageHash }) => clusterOf(data, imageHash)));
  return (imageHash) => held.has(clusterOf(data, imageHash));
}

/** Trusted questions about held-out images that SFT has not learned: at most so many, drawn once for the whole run. */
export function trustedQuestions(
  { config, data }: Pick<RunContext, 'config' | 'data'>,
  heldOut: readonly Pick<GradedRow, 'imageHash'>[],
  learned: readonly Sample[],
  most: number,
): Sample[] {
  const images = new Set(heldOut.map(({ imageHash }) => imageHash));
  const known = new Set(learned.map(({ imageHash }) => clusterOf(data, imageHash)));
  const usable = data.seed.filter(({ imageHash }) => images.has(imageHash) && !known.has(clusterOf(data, imageHash)));
  return seededRandom(config.seed, 'headroom questions').shuffle(usable).slice(0, most);
}
