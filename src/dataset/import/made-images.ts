/** Pictures that an earlier import made of clinical files, found by the names of those files: for questions about DICOM files. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors.js';
import { datasetFiles, readDataset, type DatasetImage } from '../folder.js';
import { keyOf } from '../pseudonym-key.js';
import { readJsonl } from '../table.js';

const sourceLine = z.strictObject({ file: z.string(), imageHash: z.string() });
export type SourceLine = z.output<typeof sourceLine>;

export interface MadeImages {
  /** Under which key patients have their pseudonyms. */
  pseudonymKey: string | null;
  /** By the whole name, else by its last part; what could be several pictures is none. */
  find(name: string): DatasetImage | 'missing' | 'several';
}

/** @throws DataError where the folder was not made of clinical files. */
export async function readMadeImages(folder: string): Promise<MadeImages> {
  const { dir, images, info } = await readDataset(folder);
  const file = join(dir, datasetFiles.sources);
  const lines = (await readJsonl(file)).map((line) => sourceLine.parse(line));
  if (lines.length === 0)
    throw new DataError('no-sources', `${file} names no file`, {
      where: file,
      remedy: 'Give a folder that `medgr2 import dicom` or `medgr2 import nifti` made.',
    });
  const byHash = new Map(images.map((image) => [image.imageHash, image]));
  const names = Map.groupBy(lines, (line) => line.file);
  const ends = Map.groupBy(lines, (line) => basename(line.file));
  return {
    pseudonymKey: keyOf(info),
    find: (name) => {
      const plain = name.replaceAll('\\', '/');
      const found = names.get(plain) ?? ends.get(basename(plain)) ?? [];
      const hashes = new Set(found.map(({ imageHash }) => imageHash));
      const [first] = hashes;
      if (hashes.size > 1) return 'several';
      return (first === undefined ? undefined : byHash.get(first)) ?? 'missing';
    },
  };
}
