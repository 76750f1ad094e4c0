/** Are the folders there that the configuration takes its images, questions, models and prices from? Decodes no image. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { medgr2 } from '../../called-as.js';
import type { Config } from '../../config/schema.js';
import { isDatasetFolder, readDataset, type Dataset } from '../../dataset/folders/dataset-folder.js';
import { leftNotes, listImages, noImages } from '../../dataset/pictures/image-folder.js';
import { Medgr2Error, messageOf } from '../../errors.js';
import { failed, note, ok, type Check } from './check.js';
import { checkModels, type Env } from './check-models.js';

export async function checkInputs(config: Config, env: Env): Promise<Check[]> {
  return [...(await checkData(config)), ...checkModels(config, env), ...checkPrices(config)];
}

type Part = 'seed' | 'test' | 'pool';

async function checkData({ data, generation }: Config): Promise<Check[]> {
  if (data.source === 'phantom') return [ok('data', 'drawn by medgr2: no file is needed')];
  if (data.source === 'vqa-rad') return [checkVqaRad(data.path)];
  const parts = (['seed', 'test', 'pool'] as const).flatMap((part) => {
    const folder = data[part];
    return folder === undefined ? [] : [{ part, folder }];
  });
  const answered = generation.provider === 'simulated';
  return Promise.all(parts.map(({ part, folder }) => checkPart(part, folder, answered)));
}

function checkVqaRad(path: string): Check {
  const lacking = ['trainset.json', 'images'].filter((name) => !existsSync(join(path, name)));
  if (!existsSync(path))
    return failed('data.path', `there is no folder ${path}`, 'Give the folder of VQA-RAD in data.path.');
  if (lacking.length === 0) return ok('data.path', `${path} has its questions and images`);
  return failed('data.path', `${path} has no ${lacking.join(' and no ')}`, 'Give the folder of VQA-RAD in data.path.');
}

/** @param answered The simulated teacher needs questions of the pool that are answered. */
async function checkPart(part: Part, folder: string, answered: boolean): Promise<Check> {
  const name = `data.${part}`;
  if (!existsSync(folder))
    return failed(
      name,
      `there is no folder ${folder}`,
      `Make it with \`${medgr2} import\` and \`split\`, or give another in ${name}.`,
    );
  try {
    if (part === 'pool' && !isDatasetFolder(folder) && !answered) return await checkImages(name, folder);
    return checkDataset(part, folder, await readDataset(folder), answered);
  } catch (error) {
    const remedy = error instanceof Medgr2Error ? (error.remedy ?? null) : null;
    return failed(name, messageOf(error).split('\n').join('; '), remedy ?? `Give another folder in ${name}.`);
  }
}

async function checkImages(name: string, folder: string): Promise<Check> {
  const { names, left } = await listImages(folder);
  const pictures = left.filter(({ picture }) => picture);
  if (names.length === 0) throw noImages(folder, left);
  const detail = `${names.length} images in ${folder}`;
  if (pictures.length === 0) return ok(name, detail);
  const why = leftNotes(pictures).join('; ');
  return note(name, `${detail}; ${why}`, `\`${medgr2} import images ${folder} --out DIR\` converts what can be.`);
}

function checkDataset(part: Part, folder: string, { info, samples, images }: Dataset, answered: boolean): Check {
  const name = `data.${part}`;
  if (info.images === 'none')
    return failed(name, `${folder} was imported without its images`, 'Import it again with its images.');
  if ((part !== 'pool' || answered) && samples.length === 0)
    return failed(name, `${folder} holds no samples`, 'Its rejected.jsonl says why rows were left out.');
  if (images.length === 0 && part === 'pool')
    return failed(name, `${folder} holds no images`, 'Its rejected.jsonl says why files were left out.');
  const paths = new Set([...images.map(({ path }) => path), ...samples.map(({ image }) => image)]);
  const missing = [...paths].filter((path) => !existsSync(path));
  const [first] = missing;
  if (first === undefined) return ok(name, `${samples.length} samples and ${images.length} images in ${folder}`);
  return failed(
    name,
    `${missing.length} of ${paths.size} images of ${folder} are not there: ${first}`,
    'Bring them back, or import again with --images copy.',
  );
}

function checkPrices({ generation: { prices } }: Config): Check[] {
  if (prices === undefined || existsSync(prices)) return [];
  return [failed('generation.prices', `there is no file ${prices}`, 'Give the file of prices, or leave the key out.')];
}
