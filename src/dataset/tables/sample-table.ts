/** Samples as a table: one row each, provenance in columns of its own, so that D_gen can be queried where it lies. */
import { DataError } from '../../errors.js';
import { sampleSchema, type Sample } from '../../sample.js';
import { readParquet, writeParquet, type Columns } from './table.js';

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
export async function writeSamples(path: string, samples: Iterable<Sample>): Promise<void> {
  const rows = function* (): Generator<object> {
    for (const { provenance, ...fields } of samples) yield { ...fields, ...provenance };
  };
  await writeParquet(path, rows(), sampleColumns);
}

/** Reads samples back; a row that is none is a DataError that names it. */
export async function readSamples(path: string): Promise<Sample[]> {
  const rows = await readParquet(path);
  return rows.map(({ provider, model, modelVersion, strategy, promptHash, context, cycle, basis, ...fields }, i) => {
    // Tables of earlier versions have no such columns.
    const version = typeof modelVersion === 'string' ? { modelVersion } : {};
    const shown = context === true ? { context } : {};
    const label = typeof basis === 'string' ? { basis } : {};
    const provenance = { provider, model, ...version, strategy, promptHash, ...shown, cycle, ...label };
    const parsed = sampleSchema.safeParse({ ...fields, provenance });
    if (parsed.success) return parsed.data;
    const where = `${path} row ${i + 1}`;
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new DataError('sample-invalid', `${where} is no sample: ${issues.join('; ')}`, {
      where,
      remedy: 'Write the table with writeSamples, or import it as what it is.',
    });
  });
}
