/**
 * Samples -> a folder that `datasets.load_dataset` opens as it is: Parquet shards with the images' bytes in them, or images
 * as files beside a metadata table. Names of image files are hashes: a name can name a patient.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { onDisk } from '../../disk.js';
import { DataError } from '../../errors.js';
import type { Sample } from '../../sample.js';
import { withNewFolder } from '../import/import-helpers.js';
import { readPicture } from '../pictures/picture.js';
import { sampleColumns } from '../tables/sample-table.js';
import { writeParquetLines, writeText, type Columns } from '../tables/table.js';
import { dataCard, type CardFeature, type CardSplit } from './data-card.js';
import type { ExportSource } from './export-source.js';

/** Where to, and how images are kept. */
export interface ExportOptions {
  out: string;
  /** `embed` puts each image into its row; `path` keeps it as a file, once for all rows about it. */
  images: 'embed' | 'path';
  /** Bytes of images from which a new shard is begun. */
  shardBytes?: number;
  /** Hears how many images of how many are done. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const { image: _, ...fields } = sampleColumns;
/** All of a sample but its image, which comes after the id. */
const plainColumns = fields satisfies Columns;

const hubTypes = { VARCHAR: 'string', BIGINT: 'int64', DOUBLE: 'float64', BOOLEAN: 'bool' } as const;

/** The features as `datasets` itself writes them: into the card, and into each file's metadata. */
const cardFeatures: CardFeature[] = [
  { name: 'image', dtype: 'image' },
  ...Object.entries(plainColumns).map(([name, type]) =>
    type === 'VARCHAR[]' ? { name, list: 'string' } : { name, dtype: hubTypes[type] },
  ),
];

/** What was written. */
export interface ExportReport {
  splits: CardSplit[];
  /** Samples that stayed: their picture is known or likely to name a patient. */
  leftOut: number;
}

/**
 * Writes a dataset folder that `datasets.load_dataset` opens: Parquet by split, and a data card.
 * @throws DataError `folder-not-empty` where `out` is there already, `image-unusable` or `image-changed` where an image cannot be read
 * or is not the one that was imported.
 * @example
 * await exportDataset(await exportSource('runs/mine'), { out: 'hub/mine', images: 'embed' });
 */
export async function exportDataset(source: ExportSource, options: ExportOptions): Promise<ExportReport> {
  const dir = resolve(options.out);
  return withNewFolder(dir, null, () => exportInto(dir, source, options), 'umask');
}

async function exportInto(dir: string, source: ExportSource, options: ExportOptions): Promise<ExportReport> {
  const total = source.splits.reduce((sum, { samples }) => sum + samples.length, 0);
  let done = 0;
  const tick = (): void => options.onProgress?.(++done, total);
  const splits: CardSplit[] = [];
  for (const { name, samples } of source.splits) {
    const write = options.images === 'embed' ? writeShards : writeFiles;
    splits.push(await write(dir, name, samples, options.shardBytes ?? 256 * 2 ** 20, tick));
  }
  await writeText(join(dir, 'README.md'), dataCard(source, splits, options.images === 'embed' ? cardFeatures : null));
  return { splits, leftOut: source.leftOut };
}

type Write = (
  dir: string,
  split: string,
  samples: readonly Sample[],
  shardBytes: number,
  tick: () => void,
) => Promise<CardSplit>;

const writeShards: Write = async (dir, split, samples, shardBytes, tick) => {
  const shards = await shardsOf(samples, shardBytes);
  const number = (value: number): string => String(value).padStart(5, '0');
  let bytes = 0;
  for (const [index, shard] of shards.entries()) {
    const file = join(dir, 'data', `${split}-${number(index)}-of-${number(shards.length)}.parquet`);
    const lines = async function* (): AsyncGenerator<string> {
      for (const sample of shard) {
        const { bytes: content, name } = await cleanImage(sample);
        yield JSON.stringify({ ...rowOf(sample), bytes: Buffer.from(content).toString('base64'), path: name });
        tick();
      }
    };
    const columns = Object.keys(plainColumns).map((name) => `"${name}"`);
    await writeParquetLines(
      file,
      lines(),
      { ...plainColumns, bytes: 'VARCHAR', path: 'VARCHAR' },
      {
        select: `struct_pack(bytes := from_base64(bytes), path := path) AS image, ${columns.join(', ')}`,
        metadata: { huggingface: JSON.stringify({ info: { features: parquetFeatures() } }) },
      },
    );
    bytes += (await stat(file)).size;
  }
  return { name: split, examples: samples.length, bytes, files: `data/${split}-*.parquet` };
};

/** Read as an image folder: `file_name` joins a row with its file. */
const writeFiles: Write = async (dir, split, samples, _bytes, tick) => {
  const folder = join(dir, 'data', split);
  await mkdir(join(folder, 'images'), { recursive: true });
  let bytes = 0;
  const names = new Map<string, string>();
  const rows: string[] = [];
  for (const sample of samples) {
    let name = names.get(sample.imageHash);
    if (name === undefined) {
      const image = await cleanImage(sample);
      name = image.name;
      await writeFile(join(folder, 'images', name), image.bytes);
      bytes += image.bytes.length;
      names.set(sample.imageHash, name);
    }
    rows.push(JSON.stringify({ file_name: `images/${name}`, ...rowOf(sample) }));
    tick();
  }
  await writeParquetLines(join(folder, 'metadata.parquet'), rows, { file_name: 'VARCHAR', ...plainColumns });
  return { name: split, examples: samples.length, bytes, files: `data/${split}/**` };
};

/**
 * Pixels and nothing beside them: an image that no importer took in may name its patient there. What is given away is what
 * was looked at: an image whose bytes are others by now is none of this sample's.
 */
export async function cleanImage({ image, imageHash }: Sample): Promise<{ bytes: Uint8Array; name: string }> {
  const picture = await onDisk(image, () => readPicture(image, 'any'));
  if ('reason' in picture)
    throw new DataError('image-unusable', `${image} ${picture.reason}`, {
      where: image,
      remedy: 'Restore the file, or leave its samples out.',
    });
  if (/^[0-9a-f]{64}$/.test(imageHash) && picture.originalHash !== imageHash)
    throw new DataError('image-changed', `the image ${image} is not what it was when it was listed`, {
      where: image,
      remedy: 'Restore the file, or import the images again.',
    });
  return { bytes: picture.bytes, name: `${imageHash.slice(0, 24)}${picture.extension}` };
}

function rowOf({ image: __, provenance, ...rest }: Sample): object {
  return { ...rest, ...provenance };
}

/** At least one shard, so that an empty split still has its columns. */
async function shardsOf(samples: readonly Sample[], shardBytes: number): Promise<Sample[][]> {
  const shards: Sample[][] = [[]];
  let filled = 0;
  for (const sample of samples) {
    const { size } = await stat(sample.image);
    if (filled > 0 && filled + size > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)?.push(sample);
    filled += size;
  }
  return shards;
}

function parquetFeatures(): Record<string, object> {
  const value = (dtype: string): object => ({ dtype, _type: 'Value' });
  return Object.fromEntries(
    cardFeatures.map(({ name, dtype, list }) => {
      if (list !== undefined) return [name, { feature: value(list), _type: 'List' }];
      return [name, dtype === 'image' ? { _type: 'Image' } : value(dtype ?? 'string')];
    }),
  );
}
