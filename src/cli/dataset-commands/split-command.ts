/** `medgr2 split`: parts a dataset folder and prints what is where. No logic of its own. */
import { join } from 'node:path';
import { writePart } from '../../dataset/folders/derived-folder.js';
import { readDataset } from '../../dataset/folders/dataset-folder.js';
import { withNewFolder } from '../../dataset/import/import-helpers.js';
import { likeImages } from '../../dataset/near-duplicates/stored-hashes.js';
import { splitDataset, type PartShare } from '../../dataset/folders/split.js';
import { ConfigError } from '../../errors.js';
import { formatTable } from '../../format.js';
import type { CommandIo } from '../command-io.js';

export interface SplitFlags {
  out: string;
  test?: number;
  part: string[];
  seed: number;
  distance: number | 'none';
  json?: boolean;
}

/** What `--json` prints of each part. */
interface WrittenPart {
  name: string;
  folder: string;
  samples: number;
  images: number;
  patients: number;
}

export async function splitCommand(
  folder: string,
  { out, test, part, seed, distance, json = false }: SplitFlags,
  io: CommandIo,
): Promise<void> {
  const shares = sharesOf(test, part);
  const dataset = await readDataset(folder);
  const { images, info } = dataset;
  const alike =
    distance === 'none' || info.images === 'none' ? new Map<string, string>() : await likeImages(images, distance);
  const parts = await withNewFolder(out, null, async () => {
    const written: WrittenPart[] = [];
    for (const one of splitDataset(dataset, shares, seed, alike)) {
      const { name } = one;
      const settings = { seed, part: name, shares: Object.fromEntries(shares.map((its) => [its.name, its.share])) };
      const { counts } = await writePart(dataset, join(out, name), { ...one, format: 'split', settings });
      const { samples, images: pictures } = counts;
      written.push({ name, folder: join(out, name), samples, images: pictures, patients: Number(counts['patients']) });
    }
    return written;
  });
  if (images.every(({ patient }) => patient === null))
    io.error('no patient is known: parted by image, so that the images of one patient may be on both sides');
  const kept = [...alike].filter(([imageHash, like]) => imageHash !== like).length;
  if (kept > 0) io.error(`${kept} images look like another one and stay with it (--distance)`);
  const rows = parts.map((one) => [one.folder, ...[one.samples, one.images, one.patients].map(String)]);
  io.out(json ? JSON.stringify({ seed, parts }) : formatTable([['part', 'samples', 'images', 'patients'], ...rows]));
}

function sharesOf(test: number | undefined, parts: readonly string[]): PartShare[] {
  if ((test === undefined) === (parts.length === 0))
    throw new ConfigError('split-parts', 'Give either --test SHARE or --part NAME=SHARE for each part.');
  if (test !== undefined)
    return [
      { name: 'train', share: 1 - test },
      { name: 'test', share: test },
    ];
  const shares = parts.map((text) => {
    const [, name = '', value = ''] = /^([A-Za-z0-9_-]+)=(0?\.\d+|1)$/.exec(text) ?? [];
    if (name === '' || Number(value) <= 0)
      throw new ConfigError('split-parts', `--part ${text} is not name=share with a share between 0 and 1.`);
    return { name, share: Number(value) };
  });
  const sum = shares.reduce((total, { share }) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-6)
    throw new ConfigError('split-parts', `The shares of the parts sum to ${sum}, not to 1.`);
  return shares;
}
