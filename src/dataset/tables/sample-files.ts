/** Samples in whatever a person has them in: Parquet, JSONL, or a dataset folder. Images end as absolute paths. */
import { existsSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { ConfigError, DataError } from '../../errors.js';
import { sampleSchema, type Sample } from '../../sample.js';
import { isDatasetFolder, readDataset } from '../folders/dataset-folder.js';
import { readSamples, writeSamples } from './sample-table.js';
import { readJsonl, writeJsonl } from './table.js';

/**
 * Reads samples of a JSONL or Parquet file, or of a dataset folder; image paths become absolute.
 * @param imageRoot where relative image names start; when left out, the nearest folder at or above the file in which the
 * first of them is found, so that the files of a run folder can be taken as they are.
 * @throws DataError `file-unreadable`, `no-samples`, `sample-invalid` or `image-missing`, `where` naming file and line; ConfigError `sample-file-kind`.
 * @example
 * const [sample] = await toSamples([{ image: 'scan.png', question: 'Is it grey?', options: ['yes', 'no'], answer: 'yes' }]);
 * await writeSampleFile('samples.jsonl', [sample as Sample]);
 * (await readSampleFile('samples.jsonl'))[0]?.answer; // → 'yes'
 */
export async function readSampleFile(path: string, imageRoot?: string): Promise<Sample[]> {
  if (isDatasetFolder(path)) return (await readDataset(path)).samples;
  const samples = await readAny(path);
  if (samples.length === 0)
    throw new DataError('no-samples', `${path} holds no samples`, {
      where: path,
      remedy: 'Give a file that has some.',
    });
  const root = imageRoot ?? rootOf(path, samples);
  return samples.map((sample) => ({ ...sample, image: resolve(root, sample.image) }));
}

/**
 * Writes samples as JSON lines or Parquet, as the file's name ends.
 * @throws ConfigError `sample-file-kind` for a name that ends otherwise; DataError where the file cannot be written.
 */
export async function writeSampleFile(path: string, samples: readonly Sample[]): Promise<void> {
  await (formatOf(path) === 'parquet' ? writeSamples(path, samples) : writeJsonl(path, samples));
}

async function readAny(path: string): Promise<Sample[]> {
  if (!existsSync(path))
    throw new DataError('file-unreadable', `there is no file ${path}`, {
      where: resolve(path),
      remedy: `Give a Parquet or JSONL file of samples, or a dataset folder of \`${medgr2} import\`.`,
    });
  if (formatOf(path) === 'parquet') return readSamples(path);
  const rows = await readJsonl(path);
  return rows.map((row, index) => {
    const parsed = sampleSchema.safeParse(row);
    if (parsed.success) return parsed.data;
    const where = `${path}:${index + 1}`;
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new DataError('sample-invalid', `${where} is no sample: ${issues.join('; ')}`, {
      where,
      remedy: `Questions in a form of their own are made samples by \`${medgr2} import jsonl\`.`,
    });
  });
}

/** By its name's end. @throws ConfigError for another */
export function formatOf(path: string): 'parquet' | 'jsonl' {
  const extension = extname(path).toLowerCase();
  if (extension === '.parquet') return 'parquet';
  if (extension === '.jsonl') return 'jsonl';
  throw new ConfigError('sample-file-kind', `${path} ends neither in .parquet nor in .jsonl`, {
    remedy: `Name a file of samples so; other tables are read by \`${medgr2} import\`.`,
  });
}

function rootOf(path: string, samples: readonly Sample[]): string {
  const own = dirname(resolve(path));
  const first = samples.find(({ image }) => !isAbsolute(image));
  if (first === undefined) return own;
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, first.image))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new DataError('image-missing', `no folder at or above ${path} has the image ${first.image}`, {
    where: path,
    remedy: 'Say with --image-root where image names start.',
  });
}
