/** What a run folder says of where its samples came from: its configuration, and the images of its data as they lie now. */
import { existsSync } from 'node:fs';
import { configSchema, type Config } from '../../config/schema.js';
import { parseYaml } from '../../config/yaml-file.js';
import { isDatasetFolder, readDataset } from '../../dataset/folders/dataset-folder.js';
import { DataError, RunError } from '../../errors.js';
import { readSmall, runFiles } from '../folder/run-folder.js';

/** @throws RunError `run-config-unreadable` that names the file. */
export function readConfig(file: string): Config {
  const parsed = attempt(() => configSchema.parse(parseYaml(readSmall(file), file)));
  if (parsed.value !== undefined) return parsed.value;
  throw new RunError('run-config-unreadable', 'the configuration of the run folder cannot be read', {
    where: file,
    cause: parsed.error,
    remedy: `Give the run's command again: it writes ${runFiles.config} anew.`,
  });
}

function attempt<T>(work: () => T): { value?: T; error?: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

export interface KnownImages {
  /** Hashes of images that an import found to name, or likely name, a patient. */
  named: ReadonlySet<string>;
  /** Where images lie, by their hash. */
  places: ReadonlyMap<string, string>;
  /** Report or caption of an image, by its hash. */
  contexts: ReadonlyMap<string, string>;
}

export async function imagesOf({ data }: Config): Promise<KnownImages> {
  if (data.source !== 'files') return { named: new Set(), places: new Map(), contexts: new Map() };
  const datasets = await Promise.all(datasetFolders(data).map((folder) => readDataset(folder)));
  const images = datasets.flatMap((dataset) => dataset.images);
  return {
    named: new Set(images.flatMap(({ deidentified, imageHash }) => (deidentified === false ? [imageHash] : []))),
    places: new Map(images.map(({ imageHash, path }) => [imageHash, path])),
    contexts: new Map(
      images.flatMap(({ imageHash, context }) => (typeof context === 'string' ? [[imageHash, context] as const] : [])),
    ),
  };
}

/** What generated samples may come from. */
export const datasetFolders = ({ seed, pool }: Extract<Config['data'], { source: 'files' }>): string[] =>
  [seed, pool]
    .filter((folder) => folder !== undefined)
    .filter((folder) => {
      if (existsSync(folder)) return isDatasetFolder(folder);
      // Without it nothing tells which images name a patient.
      throw new DataError('data-missing', `the data of the run are not there any more: ${folder}`, {
        where: folder,
        remedy: "Put the folder back, or give the run's command again with the place where it is now.",
      });
    });
