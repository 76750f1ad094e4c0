/** Test questions for a model: of a dataset folder, of a run folder, or of a table of samples. Images get absolute paths. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { medgr2 } from '../../called-as.js';
import { isDatasetFolder, readDataset } from '../../dataset/folders/dataset-folder.js';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { DataError } from '../../errors.js';
import type { Sample } from '../../sample.js';

/** Where a run keeps its test questions; their images are named from the run folder. */
export const testOfRun = join('cycle-0', 'prepare-data', 'test.parquet');

/** @throws DataError where `path` is none of the three, has no questions, or an image of it is missing. */
export async function readQuestions(path: string): Promise<Sample[]> {
  const samples = await readAny(resolve(path));
  if (samples.length === 0) throw new DataError('nothing-to-evaluate', `${path} holds no questions`, { where: path });
  const missing = samples.find(({ image }) => !existsSync(image));
  if (missing === undefined) return samples;
  throw new DataError('image-missing', `the image of ${missing.id} is not there: ${missing.image}`, {
    where: path,
    remedy: `Import the questions with their images: \`${medgr2} import … --images copy\`.`,
  });
}

async function readAny(path: string): Promise<Sample[]> {
  if (isDatasetFolder(path)) return (await readDataset(path)).samples;
  const ofRun = join(path, testOfRun);
  if (existsSync(ofRun)) return within(path, await readSamples(ofRun));
  if (path.endsWith('.parquet') && existsSync(path) && statSync(path).isFile())
    return within(dirname(path), await readSamples(path));
  throw new DataError('no-questions', `${path} is no dataset folder, no run folder and no table of samples`, {
    where: path,
    remedy: `Make a dataset folder with \`${medgr2} import\`, or give a run folder, whose test questions are taken.`,
  });
}

const within = (folder: string, samples: readonly Sample[]): Sample[] =>
  samples.map((sample) => ({ ...sample, image: resolve(folder, sample.image) }));
