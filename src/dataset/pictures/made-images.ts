/** Pictures that an earlier import made of clinical files, found by the names of those files: for questions about DICOM files. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { medgr2 } from '../../called-as.js';
import { DataError } from '../../errors.js';
import { datasetFiles, readDataset, type DatasetImage } from '../folders/dataset-folder.js';
import { keyOf, type PseudonymKey } from '../patients/pseudonym-key.js';
import { readJsonl } from '../tables/table.js';

const sourceSchema = z.strictObject({ name: z.string(), end: z.string(), imageHash: z.string() });
/** Which picture was made of which file: its name and the last part of it under the key, since names of files may name patients. */
export type SourceLine = z.output<typeof sourceSchema>;

export function sourceLine(key: PseudonymKey, file: string, imageHash: string): SourceLine {
  return { name: nameUnder(key, file), end: nameUnder(key, basename(file)), imageHash };
}

const nameUnder = (key: PseudonymKey, name: string): string => key.pseudonym(`file ${name}`);

export interface MadeImages {
  /** By the whole name, else by its last part; what could be several pictures is none. */
  find(name: string): DatasetImage | 'missing' | 'several';
}

/** @throws DataError where the folder was not made of clinical files, or under another key. */
export async function readMadeImages(folder: string, key: PseudonymKey): Promise<MadeImages> {
  const { dir, images, info } = await readDataset(folder);
  if (keyOf(info) !== key.id && keyOf(info) !== null)
    throw new DataError('pseudonym-keys-differ', `${folder} was made under another key of pseudonyms`, {
      where: dir,
      remedy: 'Work in the project that has its key, or import the clinical files again in this one.',
    });
  const file = join(dir, datasetFiles.sources);
  const lines = (await readJsonl(file)).map((line) => sourceSchema.parse(line));
  if (lines.length === 0)
    throw new DataError('no-sources', `${file} names no file`, {
      where: file,
      remedy: `Give a folder that \`${medgr2} import dicom\` or \`import nifti\` made.`,
    });
  const byHash = new Map(images.map((image) => [image.imageHash, image]));
  const names = Map.groupBy(lines, ({ name }) => name);
  const ends = Map.groupBy(lines, ({ end }) => end);
  return {
    find: (given) => {
      const plain = given.replaceAll('\\', '/');
      const found = names.get(nameUnder(key, plain)) ?? ends.get(nameUnder(key, basename(plain))) ?? [];
      const hashes = new Set(found.map(({ imageHash }) => imageHash));
      const [first] = hashes;
      if (hashes.size > 1) return 'several';
      return (first === undefined ? undefined : byHash.get(first)) ?? 'missing';
    },
  };
}
