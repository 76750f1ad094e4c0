/**
 * The run's images by their bytes at the moment of use: hashed when the data are opened, and looked at again around each
 * job that reads them. A dataset folder says what its images were when they were imported, which proves nothing of now.
 */
import { stat } from 'node:fs/promises';
import type { DataProgress, LoopData } from '../../dataset/sources/data-source.js';
import { diskError } from '../../disk.js';
import { DataError } from '../../errors.js';
import { hashFile } from '../folder/output-hashes.js';

export interface ImageChecks {
  /** @throws DataError `image-changed` that names the first image whose content is not what the run began with. */
  confirm(): Promise<void>;
}

interface Known {
  path: string;
  imageHash: string;
  /** Size, times and inode when it was last hashed; empty before. */
  state: string;
}

/** Reads every image once. @param pathOf Absolute path of an image that the data name. */
export async function openImageChecks(
  data: Pick<LoopData, 'seed' | 'test' | 'pool'>,
  pathOf: (image: string) => string,
  onProgress?: DataProgress,
): Promise<ImageChecks> {
  const all = [...data.seed, ...data.test, ...data.pool];
  const images = [
    ...new Map(all.map(({ image, imageHash }) => [image, { path: pathOf(image), imageHash, state: '' }])).values(),
  ];
  const confirm = async (progress?: DataProgress): Promise<void> => {
    for (let start = 0; start < images.length; start += atOnce) {
      await Promise.all(images.slice(start, start + atOnce).map(confirmOne));
      progress?.(Math.min(start + atOnce, images.length), images.length);
    }
  };
  await confirm(onProgress);
  return { confirm: () => confirm() };
}

const atOnce = 64;

async function confirmOne(image: Known): Promise<void> {
  const state = await stateOf(image.path);
  if (state === image.state) return;
  // A prefix tells names that stand for images that were not imported.
  if (!/^[0-9a-f]{64}$/.test(image.imageHash)) return;
  if ((await hashFile(image.path)) !== image.imageHash)
    throw new DataError('image-changed', `the image ${image.path} is not what it was when it was listed`, {
      where: image.path,
      remedy:
        'Restore the file. If the new content is meant, import the images again, and give a new folder with --run-dir.',
    });
  image.state = state;
}

async function stateOf(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
    return `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
  } catch (error) {
    throw diskError(error, path);
  }
}
