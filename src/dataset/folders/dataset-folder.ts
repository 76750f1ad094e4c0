/**
 * A dataset as a folder that importers write and everything else reads: `samples.parquet`, `images.parquet`, `images/`,
 * `rejected.jsonl` and `import.json`. Paths inside it are relative, so that the folder can be moved.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { medgr2 } from '../../called-as.js';
import { DataError, messageOf } from '../../errors.js';
import { modalitySchema, type Sample } from '../../sample.js';
import { readSamples, writeSamples } from '../tables/sample-table.js';
import { readParquet, readText, writeJsonl, writeParquet, writeText, type Columns } from '../tables/table.js';

export const datasetFiles = {
  samples: 'samples.parquet',
  images: 'images.parquet',
  /** Folder of the images that were copied or made. */
  pictures: 'images',
  rejected: 'rejected.jsonl',
  info: 'import.json',
  /** Which picture was made of which file, by names under the key of pseudonyms: names of files may name patients. */
  sources: 'sources.jsonl',
} as const;

export const imageSchema = z.strictObject({
  path: z.string().min(1),
  /** sha256 of the file's bytes, hex. */
  imageHash: z.string().min(1),
  modality: modalitySchema,
  /** Pseudonym or id of the patient; null where it is not known. */
  patient: z.string().nullable(),
  /** Whether nothing in the picture is known or likely to name the patient; null where nobody said. */
  deidentified: z.boolean().nullable(),
  warnings: z.array(z.string()),
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** Frame, body part and window of a clinical file. */
  detail: z.string().nullable().default(null),
  /** sha256 of the file that the picture was made of; null in folders that did not note it. */
  originalHash: z.string().nullable().optional(),
  /** 64 bits as hexadecimal digits, `none` for a picture without structure; null where it was not made. */
  perceptualHash: z.string().nullable().optional(),
  /** Its report or caption, masked as far as `contextMaskedBy` says; the text as it was given is kept nowhere here. */
  context: z.string().nullable().optional(),
  /** Library and version that masked names, dates and numbers in it; null where none did. */
  contextMaskedBy: z.string().nullable().optional(),
});
/** An image of a dataset folder, with what is known of it. */
export type DatasetImage = z.output<typeof imageSchema>;

const imageColumns = {
  path: 'VARCHAR',
  imageHash: 'VARCHAR',
  modality: 'VARCHAR',
  patient: 'VARCHAR',
  deidentified: 'BOOLEAN',
  warnings: 'VARCHAR[]',
  width: 'BIGINT',
  height: 'BIGINT',
  detail: 'VARCHAR',
  originalHash: 'VARCHAR',
  perceptualHash: 'VARCHAR',
  context: 'VARCHAR',
  contextMaskedBy: 'VARCHAR',
} as const satisfies Columns;

/** A row or image that was left out. */
export interface Rejection {
  /** As given to the importer, or relative to it. */
  file: string;
  /** Where the row begins in its file, from 1 (of Parquet the row's number); null where the whole file is meant. */
  line: number | null;
  /** kebab-case, for counting. */
  code: string;
  reason: string;
}

export const datasetInfoSchema = z.looseObject({
  /** Importer, or the command that made this folder from others. */
  format: z.string(),
  /** Where it came from, as given. */
  source: z.string(),
  licence: z.string(),
  /** ISO time. */
  time: z.string(),
  /** `none`: the questions alone were imported, and nothing can be trained on them. */
  images: z.enum(['copy', 'reference', 'none']),
  counts: z.looseObject({ samples: z.int(), images: z.int(), rejected: z.int() }),
});
/** What a dataset folder says of itself: source, licence, counts. */
export type DatasetInfo = z.output<typeof datasetInfoSchema>;

/** A dataset folder as read. */
export interface Dataset {
  /** Absolute. */
  dir: string;
  /** With absolute image paths. */
  samples: Sample[];
  /** With absolute paths. */
  images: DatasetImage[];
  info: DatasetInfo;
}

export function isDatasetFolder(dir: string): boolean {
  return existsSync(join(dir, datasetFiles.info));
}

/**
 * Reads a dataset folder: samples, images, and how it was made.
 * @throws DataError `no-dataset` where the folder is none, `dataset-invalid` or `dataset-info` where a row or import.json cannot be used.
 */
export async function readDataset(folder: string): Promise<Dataset> {
  const dir = resolve(folder);
  if (!isDatasetFolder(dir))
    throw new DataError('no-dataset', `${folder} is no dataset folder: it has no ${datasetFiles.info}`, {
      where: dir,
      remedy: `Make one with \`${medgr2} import <format> <path> --out DIR\`.`,
    });
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(dir, path));
  const samples = await readSamples(join(dir, datasetFiles.samples));
  const rows = await readParquet(join(dir, datasetFiles.images));
  const images = rows.map((row, index) =>
    parsed(imageSchema, row, `${join(dir, datasetFiles.images)} row ${index + 1}`),
  );
  return {
    dir,
    samples: samples.map((sample) => ({ ...sample, image: absolute(sample.image) })),
    images: images.map((image) => ({ ...image, path: absolute(image.path) })),
    info: await readInfo(dir),
  };
}

async function readInfo(dir: string): Promise<DatasetInfo> {
  const file = join(dir, datasetFiles.info);
  try {
    return parsed(datasetInfoSchema, JSON.parse(await readText(file)), file);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('dataset-info', `${file} is not JSON: ${messageOf(cause)}`, { cause, where: file });
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DataError('dataset-invalid', `${where} is not as medgr2 writes it: ${z.prettifyError(result.error)}`, {
    where,
    remedy: 'Make the folder again with medgr2.',
  });
}

/** Writes all of a folder but its pictures; `import.json` last, since it is what makes the folder a dataset. */
export async function writeDataset(
  folder: string,
  { samples, images, rejected, info }: Omit<Dataset, 'dir'> & { rejected: readonly Rejection[] },
): Promise<void> {
  const dir = resolve(folder);
  const within = (path: string): string => {
    const inner = relative(dir, resolve(dir, path));
    return inner.startsWith('..') || isAbsolute(inner) ? path : inner.split(sep).join('/');
  };
  await writeSamples(
    join(dir, datasetFiles.samples),
    samples.map((sample) => ({ ...sample, image: within(sample.image) })),
  );
  await writeParquet(
    join(dir, datasetFiles.images),
    images.map((image) => ({ ...image, path: within(image.path) })),
    imageColumns,
  );
  await writeJsonl(join(dir, datasetFiles.rejected), rejected);
  await writeText(join(dir, datasetFiles.info), `${JSON.stringify(info, null, 2)}\n`);
}
