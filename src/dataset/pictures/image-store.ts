/**
 * Takes the images that rows name into a dataset folder: found, decoded, hashed, then copied or left where they lie.
 * Each file is read once, whatever number of rows name it.
 */
import { randomUUID } from 'node:crypto';
import { access, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { makePrivateFolder, onDisk, privateFile } from '../../disk.js';
import { sha256 } from '../../hash.js';
import { datasetFiles, type DatasetImage, type DatasetInfo } from '../folders/dataset-folder.js';
import type { HiddenPatients } from '../patients/hidden-patients.js';
import { nameFinder, noPath, shortName } from './image-name.js';
import type { MadeImages } from './made-images.js';
import { readPicture, type Picture } from './picture.js';
import type { ShapeChoice } from './picture-size.js';

export type ImageMode = DatasetInfo['images'];

export interface StoredImage {
  /** Absolute. */
  path: string;
  imageHash: string;
  warnings: string[];
  width: number | null;
  height: number | null;
  /** sha256 of the file as it was given; null where it was not read. */
  originalHash: string | null;
  /** What an earlier import knew of it. */
  made?: DatasetImage;
}

export interface ImageProblem {
  code: 'image-missing' | 'image-unusable' | 'image-ambiguous';
  reason: string;
}

export interface ImageStore {
  /** @param name As a row names it. */
  take(name: string): Promise<StoredImage | ImageProblem>;
}

export interface ImageStoreOptions {
  /** The dataset folder. */
  dir: string;
  mode: ImageMode;
  /** Folders that relative names may start from; the first that has the file counts. */
  roots: readonly string[];
  /** What is done with shapes that models do not take. */
  shape?: ShapeChoice;
  /** Where names are those of clinical files that pictures were made of before. */
  made?: MadeImages | null;
  /** What no path that is written may name. */
  hidden?: Pick<HiddenPatients, 'in' | 'named'>;
}

const nobody: Pick<HiddenPatients, 'in' | 'named'> = { in: (text) => text, named: () => false };

export function openImageStore(options: ImageStoreOptions): ImageStore {
  const { dir, mode, roots, shape = 'reject', made = null, hidden = nobody } = options;
  const taken = new Map<string, Promise<StoredImage | ImageProblem>>();
  const names = nameFinder();
  const pathsOf = (name: string): string[] => {
    const plain = name.replaceAll('\\', '/');
    return isAbsolute(plain) ? [plain] : roots.map((root) => resolve(root, plain));
  };
  const find = async (name: string): Promise<string | null> => {
    const paths = pathsOf(name);
    for (const path of paths) if (await exists(path)) return path;
    // Tables are written on systems that take both for one.
    for (const path of paths) {
      const found = await names.otherCase(path);
      if (found !== null && (await exists(found))) return found;
    }
    // Tables of labels name images by their ids.
    if (!/\.\w{1,5}$/.test(name))
      for (const path of paths) {
        const other = await names.otherEnding(path);
        if (other !== null) return join(dirname(path), other);
      }
    return null;
  };
  const whyMissing = async (name: string): Promise<string> => {
    const no = noPath(name);
    if (no !== null) return no;
    for (const path of pathsOf(name)) {
      const other = await names.otherEnding(path);
      if (other !== null) return `is not there, and ${other} is`;
    }
    return 'is not there';
  };
  const take = async (name: string): Promise<StoredImage | ImageProblem> => {
    // A name is no content: the prefix keeps it from ever equalling a hash of one.
    if (mode === 'none')
      return {
        path: hidden.in(name),
        imageHash: `name:${sha256(name)}`,
        warnings: [],
        width: null,
        height: null,
        originalHash: null,
      };
    const earlier = made?.find(name);
    if (earlier === 'several')
      return {
        code: 'image-ambiguous',
        reason: `image ${name} has several frames: import it with --frames and one of them`,
      };
    if (earlier === 'missing') return { code: 'image-missing', reason: `of ${name} no picture was made` };
    const path = earlier?.path ?? (await find(name));
    if (path === null) return { code: 'image-missing', reason: `image ${shortName(name)} ${await whyMissing(name)}` };
    const picture = await readPicture(path, shape);
    if ('reason' in picture) return { code: 'image-unusable', reason: `image ${name} ${picture.reason}` };
    const { width, height, originalHash } = picture;
    const spelled = earlier !== undefined || pathsOf(name).some((own) => path.startsWith(own));
    const warnings = spelled ? picture.warnings : [...picture.warnings, 'its name is written in another case'];
    const imageHash = sha256(picture.bytes);
    // Also where images stay: what stands beside the pixels of a file does not come along.
    const stays = mode === 'reference' && picture.changed === 'nothing' && !hidden.named(path);
    const stored = stays ? path : await storePicture(dir, picture, imageHash);
    const known = { path: stored, imageHash, warnings, width, height, originalHash };
    return earlier === undefined ? known : { ...known, made: earlier };
  };
  return {
    take: (name) => {
      const known = taken.get(name) ?? take(name);
      taken.set(name, known);
      return known;
    },
  };
}

/** Writes a picture under the name of its content; a file that is there already is the same one. */
export async function storePicture(
  dir: string,
  { bytes, extension }: Pick<Picture, 'bytes' | 'extension'>,
  imageHash: string,
): Promise<string> {
  const folder = join(dir, datasetFiles.pictures);
  const path = join(folder, `${imageHash.slice(0, 24)}${extension}`);
  if (await exists(path)) return path;
  makePrivateFolder(folder);
  // Two files of the same bytes may be stored at once.
  const partial = `${path}.${randomUUID()}.partial`;
  await onDisk(path, async () => {
    await writeFile(partial, bytes, { mode: privateFile });
    await rename(partial, path);
  });
  return path;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
