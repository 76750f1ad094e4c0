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

interface Listing {
  names: ReadonlySet<string>;
  /** Folded name -> names. */
  folded: ReadonlyMap<string, readonly string[]>;
  /** Folded name of a picture without its ending -> the first that has it. */
  stems: ReadonlyMap<string, string>;
}

/** Lists each folder once: a table may name a hundred thousand images that are not there. */
export function nameFinder(): NameFinder {
  const listed = new Map<string, Promise<Listing>>();
  const list = (folder: string): Promise<Listing> => {
    const known = listed.get(folder) ?? listing(folder);
    listed.set(folder, known);
    return known;
  };
  const otherCase = async (path: string): Promise<string | null> => {
    const folder = dirname(path);
    if (folder === path) return path;
    const above = (await list(folder)).names.size > 0 ? folder : await otherCase(folder);
    if (above === null) return null;
    const { names, folded: byFolded } = await list(above);
    const wanted = basename(path);
    if (names.has(wanted)) return join(above, wanted);
    const [found, ...others] = byFolded.get(folded(wanted)) ?? [];
    return found === undefined || others.length > 0 ? null : join(above, found);
  };
  return {
    otherCase,
    otherEnding: async (path) => {
      const { stems } = await list(dirname(path));
      return stems.get(folded(basename(path, extname(path)))) ?? stems.get(folded(basename(path))) ?? null;
    },
  };
}

async function listing(folder: string): Promise<Listing> {
  const names = await readdir(folder).catch((): string[] => []);
  const pictures = names.filter((name) => pictureNames.test(name)).toReversed();
  return {
    names: new Set(names),
    folded: Map.groupBy(names, folded),
    stems: new Map(pictures.map((name) => [folded(basename(name, extname(name))), name])),
  };
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
