/** Names of images as rows write them: why one leads to no file, and the file that is meant by another spelling. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pictureNames } from './image-folder.js';

const longestShown = 120;

/** Bytes that stand in place of a name would fill every list. */
export const shortName = (name: string): string =>
  name.length <= longestShown ? name : `${name.slice(0, 40)}… (${name.length} letters)`;

/** What a name is that is no path; null where it may be one. */
export function noPath(name: string): string | null {
  if (/^data:/i.test(name)) return 'holds the bytes of its image (base64), not its name: write images to files first';
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(name)?.[1];
  if (scheme !== undefined) return `is an address (${scheme}://): download images first, and name their files`;
  if (name.length > 255 && /^[A-Za-z0-9+/=\s]+$/.test(name))
    return 'holds the bytes of its image (base64), not its name: write images to files first';
  const parts = name.split(/\s*[,;|]\s*/);
  if (parts.length > 1 && parts.every((part) => pictureNames.test(part)))
    return `names ${parts.length} images, and a sample has one`;
  return null;
}

export interface NameFinder {
  /** The only file whose path is the same in another case or composition of letters; null where there is none, or several. */
  otherCase(path: string): Promise<string | null>;
  /** A picture of the same name with another ending, or none. */
  otherEnding(path: string): Promise<string | null>;
}

/** Lists each folder once. */
export function nameFinder(): NameFinder {
  const listed = new Map<string, Promise<string[]>>();
  const list = (folder: string): Promise<string[]> => {
    const known = listed.get(folder) ?? readdir(folder).catch(() => []);
    listed.set(folder, known);
    return known;
  };
  const otherCase = async (path: string): Promise<string | null> => {
    const folder = dirname(path);
    if (folder === path) return path;
    const above = (await list(folder)).length > 0 ? folder : await otherCase(folder);
    if (above === null) return null;
    const names = await list(above);
    const wanted = basename(path);
    if (names.includes(wanted)) return join(above, wanted);
    const found = names.filter((name) => folded(name) === folded(wanted));
    return found.length === 1 ? join(above, found[0] ?? '') : null;
  };
  return {
    otherCase,
    otherEnding: async (path) => {
      const names = (await list(dirname(path))).filter((name) => pictureNames.test(name));
      const stem = folded(basename(path, extname(path)));
      return (
        names.find((name) => [stem, folded(basename(path))].includes(folded(basename(name, extname(name))))) ?? null
      );
    },
  };
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
