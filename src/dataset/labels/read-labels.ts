/** Which kind of labels a path holds, and the reader for it. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, DataError } from '../../errors.js';
import { filesBelow } from '../pictures/image-folder.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import { readClassFolders } from './class-folders.js';
import { readClassTable } from './class-table.js';
import { readCoco } from './coco.js';
import type { LabelKind, LabelSet } from './label-set.js';
import { readMasks, type MasksOptions } from './masks.js';
import { readVoc } from './voc.js';

export interface ReadLabelsOptions extends MasksOptions {
  kind: LabelKind;
  labels: readonly string[];
  map: ColumnMap;
  classFrom: string | null;
  encoding: string | null;
}

export const readers = { classes: readClasses, boxes: readBoxes, masks: readMasks };

async function readClasses(options: ReadLabelsOptions): Promise<LabelSet> {
  const { path, labels, classFrom } = options;
  if ((await kindOfPath(path)) === 'file') {
    if (classFrom === null) return readClassTable(options);
    throw new ConfigError('class-from', `--class-from is for folders, and ${path} is a table`, {
      remedy: 'Name its columns of labels with --labels.',
    });
  }
  if (labels.length === 0) return readClassFolders({ ...options, classFrom: classFrom ?? 'first' });
  throw new ConfigError('labels-of-table', `--labels names columns, and ${path} is a folder`, {
    remedy: 'Give the table itself, with --image-root for its images.',
  });
}

async function readBoxes(options: ReadLabelsOptions): Promise<LabelSet> {
  const path = resolve(options.path);
  if ((await kindOfPath(options.path)) === 'file') {
    if (/\.json$/i.test(path)) return readCoco({ ...options, file: path });
    if (/\.xml$/i.test(path)) return readVoc({ ...options, root: resolve(path, '..'), files: [path] });
    throw noBoxes(`${options.path} is neither JSON nor XML`, options.path);
  }
  const { files } = await filesBelow(path);
  const shown = files.filter((name) => !/(?:^|\/)(?:\.|__MACOSX\/)/.test(name)).toSorted();
  const xml = shown.filter((name) => /\.xml$/i.test(name)).map((name) => join(path, name));
  if (xml.length > 0) return readVoc({ ...options, root: path, files: xml });
  const [json, ...others] = shown.filter((name) => /\.json$/i.test(name));
  if (json === undefined) throw noBoxes(`${options.path} holds no file of boxes`, options.path);
  if (others.length === 0) return readCoco({ ...options, file: join(path, json) });
  throw noBoxes(`${options.path} holds ${others.length + 1} JSON files: give the one of boxes`, options.path);
}

async function kindOfPath(path: string): Promise<'file' | 'folder'> {
  const found = await stat(resolve(path)).catch(() => null);
  if (found !== null) return found.isDirectory() ? 'folder' : 'file';
  throw new DataError('import-missing', `${path} is not there.`, { where: path, remedy: 'Check the path.' });
}

const noBoxes = (problem: string, where: string): DataError =>
  new DataError('boxes-missing', problem, {
    where,
    remedy: 'Boxes are read from XML files of Pascal VOC, or a JSON file of COCO.',
  });
