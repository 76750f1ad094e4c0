/** Dataset folders made from another one: some of its samples and images, with their pictures and where they came from. */
import { copyFile, link } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { makePrivateFolder } from '../../disk.js';
import type { Sample } from '../../sample.js';
import {
  datasetFiles,
  writeDataset,
  type Dataset,
  type DatasetImage,
  type DatasetInfo,
  type Rejection,
} from './dataset-folder.js';
import { mapInOrder } from '../import/import-helpers.js';
import { countBy } from '../import/import-report.js';

/** What the new folder holds, and how it is told. */
export interface Part {
  samples: readonly Sample[];
  images: readonly DatasetImage[];
  rejected?: readonly Rejection[];
  /** The command that made it. */
  format: string;
  /** What it was told. */
  settings: Record<string, unknown>;
}

/** Writes a part of `from` as a folder of its own. Pictures inside `from` are linked, or copied where links cannot be. */
export async function writePart(from: Dataset, folder: string, part: Part): Promise<DatasetInfo> {
  const dir = resolve(folder);
  const paths = new Map<string, string>();
  const inner = part.images.filter(({ path }) => isInside(from.dir, path));
  if (inner.length > 0) makePrivateFolder(join(dir, datasetFiles.pictures));
  await mapInOrder(inner, async ({ path }) => {
    const to = join(dir, datasetFiles.pictures, basename(path));
    await link(path, to).catch(() => copyFile(path, to));
    paths.set(path, to);
  });
  const moved = (path: string): string => paths.get(path) ?? path;
  const samples = part.samples.map((sample) => ({ ...sample, image: moved(sample.image) }));
  const images = part.images.map((image) => ({ ...image, path: moved(image.path) }));
  const rejected = part.rejected ?? [];
  const info: DatasetInfo = {
    format: part.format,
    source: from.dir,
    licence: from.info.licence,
    time: new Date().toISOString(),
    images: from.info.images,
    settings: part.settings,
    /** What the folder was made from was itself imported from this. */
    origin: from.info,
    counts: {
      samples: samples.length,
      images: images.length,
      patients: new Set(images.flatMap(({ patient }) => patient ?? [])).size,
      rejected: rejected.length,
      byModality: countBy<{ modality: string }>(samples.length > 0 ? samples : images, ({ modality }) => modality),
      byQuestionType: countBy(samples, ({ questionType }) => questionType),
    },
  };
  await writeDataset(dir, { samples, images, rejected, info });
  return info;
}

function isInside(dir: string, path: string): boolean {
  const inner = relative(dir, path);
  return !inner.startsWith('..') && !isAbsolute(inner);
}
