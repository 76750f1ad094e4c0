/** What is exported: splits of samples and what a reader of the data card should know about them. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { DataError } from '../../errors.js';
import type { Sample } from '../../sample.js';
import { isDatasetFolder, readDataset, type Dataset } from '../folders/dataset-folder.js';

/** A split to be exported. */
export interface ExportSplit {
  name: string;
  /** With absolute image paths. */
  samples: Sample[];
}

/** What is exported: splits of samples and what the data card says. */
export interface ExportSource {
  title: string;
  /** Two or three plain sentences: what this is, and what it is no evidence for. */
  about: string;
  splits: ExportSplit[];
  /** Tables of the card: title, then rows of cells; the first row is the head. */
  tables: { title: string; rows: string[][] }[];
  licence: string;
  /** Samples left out because their picture is known or likely to name a patient. */
  leftOut: number;
}

/** A dataset folder, or a folder of them such as `medgr2 split` makes: each becomes a split of its name. */
export async function folderSource(folder: string): Promise<ExportSource> {
  const dir = resolve(folder);
  const parts = isDatasetFolder(dir) ? [{ name: 'train', dir }] : partsOf(dir);
  const datasets = await Promise.all(parts.map(async (part) => ({ ...part, dataset: await readDataset(part.dir) })));
  const splits = datasets.map(({ name, dataset }) => ({ name, samples: sendable(dataset) }));
  const all = datasets.reduce((sum, { dataset }) => sum + dataset.samples.length, 0);
  if (all === 0)
    throw new DataError('export-nothing', `${dir} has images and no questions, and a row of an export is a question`, {
      where: dir,
      remedy: `Export the questions about them: a run’s D_gen, or a table by \`${medgr2} import … --images-of FOLDER\`.`,
    });
  const kept = splits.reduce((sum, { samples }) => sum + samples.length, 0);
  return {
    title: basename(dir),
    about: `Questions about medical images, ${formatsOf(datasets.map(({ dataset }) => dataset))}, put into one form by medgr2.`,
    splits,
    tables: [],
    licence: [...new Set(datasets.map(({ dataset }) => dataset.info.licence))].join('; '),
    leftOut: all - kept,
  };
}

function partsOf(dir: string): { name: string; dir: string }[] {
  const names = existsSync(dir) ? readdirSync(dir).toSorted() : [];
  const parts = names.map((name) => ({ name, dir: join(dir, name) })).filter((part) => isDatasetFolder(part.dir));
  if (parts.length > 0) return parts;
  throw new DataError('export-nothing', `${dir} is no run, no dataset folder, and holds none`, {
    where: dir,
    remedy: `Give a run folder, or a folder that \`${medgr2} import\` or \`split\` made.`,
  });
}

function sendable({ samples, images, info, dir }: Dataset): Sample[] {
  if (info.images === 'none')
    throw new DataError('dataset-without-images', `${dir} was imported without its images (--images none)`, {
      where: dir,
      remedy: 'Import it again with its images.',
    });
  const named = new Set(images.flatMap(({ deidentified, imageHash }) => (deidentified === false ? [imageHash] : [])));
  return samples.filter(({ imageHash }) => !named.has(imageHash));
}

const formatsOf = (datasets: readonly Dataset[]): string =>
  `imported as ${[...new Set(datasets.map(originOf))].join(', ')}`;

/** The importer at the beginning of a chain of splits and decontaminations. */
function originOf({ info }: Dataset): string {
  let at: unknown = info;
  while (typeof at === 'object' && at !== null && 'origin' in at) at = at.origin;
  return typeof at === 'object' && at !== null && 'format' in at ? String(at.format) : info.format;
}
