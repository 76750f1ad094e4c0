/** What a folder of images holds: the names of its pictures, and every other file with why it is left out. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { DataError, messageOf } from '../../errors.js';
import { formatCount } from '../../format.js';
import { headOf, kindOf, sentence } from '../import/unreadable-image.js';
import { mapInOrder } from '../import/import-helpers.js';

/** File names that are worth opening in a folder of images. */
export const pictureNames = /\.(?:png|apng|jpe?g|jpe|jfif|pjpeg|webp|gif|bmp|dib|tiff?)$/i;

export interface LeftOut {
  /** Relative to the folder. */
  name: string;
  /** As it follows the name. */
  why: string;
  /** It may be one of the pictures that a person meant. */
  picture: boolean;
}

export interface ImageFolder {
  /** Sorted, so that every machine lists them alike. */
  names: string[];
  left: LeftOut[];
}

/** First bytes of the kinds that are read, for files whose names do not say what they are; slides and raw photos are TIFF, too. */
const pictureStarts = /^(?:\x89PNG\r\n|\xff\xd8\xff|GIF8|RIFF[\s\S]{4}WEBP|BM[\s\S]{4}\0{4}|II\*\0|MM\0\*)/;

/** Every file below a folder. @throws DataError where it is no folder. */
export async function listImages(root: string): Promise<ImageFolder> {
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new DataError('no-image-folder', `${root} is no folder.`, {
      where: root,
      remedy: 'Give a folder of images.',
    });
  const { files, left } = await filesBelow(root);
  const judged = await mapInOrder(files.toSorted(), async (name) => ({ name, why: await whyLeft(root, name) }));
  return {
    names: judged.flatMap(({ name, why }) => (why === null ? [name] : [])),
    left: [...left, ...judged.flatMap(({ why }) => why ?? [])],
  };
}

/** Names of all files, also below linked folders, each folder once: a link may lead back up. */
export async function filesBelow(root: string): Promise<{ files: string[]; left: LeftOut[] }> {
  const seen = new Set<string>();
  const files: string[] = [];
  const left: LeftOut[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const name = folder;
    try {
      const place = await realpath(join(root, name));
      if (seen.has(place)) {
        left.push({ name, why: 'is a link to a folder that is read already', picture: false });
        continue;
      }
      seen.add(place);
      for (const entry of await readdir(place, { withFileTypes: true })) {
        const inner = name === '' ? entry.name : `${name}/${entry.name}`;
        const linked = entry.isSymbolicLink() && (await isFolder(join(place, entry.name)));
        if (entry.isDirectory() || linked) folders.push(inner);
        else files.push(inner);
      }
    } catch (error) {
      left.push({ name, why: `cannot be read: ${messageOf(error)}`, picture: false });
    }
  }
  return { files, left };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (it) => it.isDirectory(),
    () => false,
  );

/** The names alone. @throws DataError where there is none, which says what is there instead. */
export async function imageNames(root: string): Promise<string[]> {
  const { names, left } = await listImages(root);
  if (names.length === 0) throw noImages(root, left);
  return names;
}

export function noImages(root: string, left: readonly LeftOut[]): DataError {
  const instead =
    left.length === 0
      ? ''
      : `\n${leftNotes(left)
          .map((note) => `  ${note}`)
          .join('\n')}`;
  return new DataError('no-images', `${root} holds no image (PNG, JPEG, WebP, GIF, BMP, TIFF).${instead}`, {
    where: root,
    remedy: `DICOM files are imported with \`${medgr2} import dicom\`, NIfTI volumes with \`import nifti\`.`,
  });
}

/** Null for a picture. */
async function whyLeft(root: string, name: string): Promise<LeftOut | null> {
  const path = join(root, name);
  const file = await stat(path).catch((error: unknown) => unreadable(error));
  const left = (why: string, picture = false): LeftOut => ({ name, why, picture });
  const isPicture = pictureNames.test(name);
  if (typeof file === 'string') return left(file, isPicture);
  if (!file.isFile()) return left('is no regular file');
  // Copies that viewers and version control keep, and what macOS writes beside a file.
  if (/(?:^|\/)(?:\.|__MACOSX\/)/.test(name)) return left('is hidden');
  if (file.size === 0) return left('is empty', isPicture);
  if (isPicture) return null;
  const head = await headOf(path).catch((error: unknown) => messageOf(error));
  if (typeof head === 'string') return left(`cannot be read: ${head}`);
  const kind = kindOf(name, head);
  if (kind === null && pictureStarts.test(head.toString('latin1'))) return null;
  return kind === null ? left('is no image') : left(sentence(kind), kind.how !== null);
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'is a link to what is not there';
  return code === 'ELOOP' ? 'is a link to itself' : `cannot be read: ${messageOf(error)}`;
}

const shownNames = 3;

/** Files that were left out for one reason together, with the first of their names; null where names are not to be told. */
export function leftNotes(
  left: readonly Pick<LeftOut, 'name' | 'why'>[],
  hide: ((text: string) => string) | null = (text) => text,
): string[] {
  const groups = [...Map.groupBy(left, ({ why }) => why)].toSorted(([, a], [, b]) => b.length - a.length);
  return groups.map(([why, own]) => {
    const names = own.slice(0, shownNames).map(({ name }) => hide?.(name));
    const more = own.length > names.length ? ', …' : '';
    const told = hide === null ? '' : ` (${names.join(', ')}${more})`;
    return `${formatCount(own.length, 'file')} left out: ${why}${told}`;
  });
}
