/** Samples as a table: one row each, provenance in columns of its own, so that D_gen can be queried where it lies. */
import { DataError } from '../../errors.js';
import { sampleSchema, type Sample } from '../../sample.js';
import { readParquetParts, writeParquet, type Columns } from './table.js';

export const sampleColumns = {
  id: 'VARCHAR',
  image: 'VARCHAR',
  imageHash: 'VARCHAR',
  question: 'VARCHAR',
  options: 'VARCHAR[]',
  answer: 'VARCHAR',
  rationale: 'VARCHAR',
  questionType: 'VARCHAR',
  modality: 'VARCHAR',
  provider: 'VARCHAR',
  model: 'VARCHAR',
  modelVersion: 'VARCHAR',
  strategy: 'VARCHAR',
  promptHash: 'VARCHAR',
  context: 'BOOLEAN',
  cycle: 'BIGINT',
  basis: 'VARCHAR',
  score: 'DOUBLE',
  rewardModelVersion: 'VARCHAR',
} as const satisfies Columns;

/** Piece by piece: they may be made while they are written. */
export async function writeSamples(path: string, samples: Iterable<Sample> | AsyncIterable<Sample>): Promise<void> {
  const rows = async function* (): AsyncGenerator<object> {
    for await (const { provenance, ...fields } of samples) yield { ...fields, ...provenance };
  };
  await writeParquet(path, rows(), sampleColumns);
}

/** Samples some at a time, as often as they are asked for: from a file they are never all held. */
export type SampleParts = () => AsyncIterable<readonly Sample[]> | Iterable<readonly Sample[]>;

/**
 * Reads samples back, all or those with these ids, in the order of the table.
 * @throws DataError `sample-invalid` that names a row that is none, `file-unreadable`.
 */
export async function readSamples(path: string, ids?: readonly string[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const part of readSampleParts(path, ids)) for (const sample of part) samples.push(sample);
  return samples;
}

/** The same some thousands at a time: memory does not grow with the table. */
export async function* readSampleParts(path: string, ids?: readonly string[]): AsyncGenerator<Sample[], void> {
  let before = 0;
  for await (const part of readParquetParts(path, ids)) {
    yield part.map((row, index) => sampleOf(row, `${path} row ${before + index + 1}`));
    before += part.length;
  }
}

function sampleOf(row: Record<string, unknown>, where: string): Sample {
  const { provider, model, modelVersion, strategy, promptHash, context, cycle, basis, ...fields } = row;
  // Tables of earlier versions have no such columns.
  const version = typeof modelVersion === 'string' ? { modelVersion } : {};
  const shown = context === true ? { context } : {};
  const label = typeof basis === 'string' ? { basis } : {};
  const provenance = { provider, model, ...version, strategy, promptHash, ...shown, cycle, ...label };
  const parsed = sampleSchema.safeParse({ ...fields, provenance });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new DataError('sample-invalid', `${where} is no sample: ${issues.join('; ')}`, {
    where,
    remedy: 'Write the table with writeSamples, or import it as what it is.',
  });
}
