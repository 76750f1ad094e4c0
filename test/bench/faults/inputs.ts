/** Inputs outside the run folder, for runs on a person's own files: dataset folders of drawn images, and a base model's folder. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { createPhantomData } from '../../../src/dataset/sources/phantom-source.js';
import type { Sample } from '../../../src/sample.js';

const counts = { seed: 12, test: 8, pool: 4 };

/** Makes `seed`, `test` and `pool` (dataset folders) and `base` (the tiny model that ships) below a folder. */
export async function makeInputs(dir: string): Promise<void> {
  rmSync(dir, { recursive: true, force: true });
  const errorRates = { direct: 0, 'step-by-step': 0, 'meta-cognitive': 0 };
  const data = await createPhantomData({ dir: join(dir, 'drawn'), seed: 3, counts, teacher: { errorRates } });
  await writeFolder(join(dir, 'seed'), data.seed);
  await writeFolder(join(dir, 'test'), data.test);
  await writeFolder(
    join(dir, 'pool'),
    [],
    data.pool.map(({ image, imageHash, modality }) => ({ image, imageHash, modality })),
  );
  cpSync(resolve('py/medgr2/phantom/base'), join(dir, 'base'), { recursive: true });
}

type Picture = Pick<Sample, 'image' | 'imageHash' | 'modality'>;

async function writeFolder(
  dir: string,
  samples: readonly Sample[],
  pictures: readonly Picture[] = samples,
): Promise<void> {
  const within = (image: string): string => join('images', image.split('/').at(-1) ?? '');
  mkdirSync(join(dir, 'images'), { recursive: true });
  for (const { image } of pictures) cpSync(image, join(dir, within(image)));
  const unique = [...new Map(pictures.map((picture) => [picture.imageHash, picture])).values()];
  await writeDataset(dir, {
    samples: samples.map((sample) => ({ ...sample, image: within(sample.image) })),
    images: unique.map(({ image, imageHash, modality }) => ({
      path: within(image),
      imageHash,
      modality,
      patient: null,
      deidentified: true,
      warnings: [],
      width: null,
      height: null,
      detail: null,
    })),
    rejected: [],
    info: {
      format: 'images',
      source: 'drawn',
      licence: 'CC0',
      time: '2026-01-01T00:00:00.000Z',
      images: 'copy',
      counts: { samples: samples.length, images: unique.length, rejected: 0 },
    },
  });
}
