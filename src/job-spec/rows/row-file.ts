/** A Parquet file that a job is given directly: its columns and rows pass the gate that rows in memory pass. */
import { statSync } from 'node:fs';
import { readParquet } from '../../dataset/tables/table.js';
import { DataError } from '../../errors.js';
import { checkInputs, columnsOf, type RowKind } from '../checks/input-gate.js';

export interface FileRow {
  id: string;
  image: string;
}

/**
 * Columns beside those that the job reads may be there.
 * @returns Its rows. @throws DataError that names the column, or the row and its field.
 */
export async function checkRowFile(job: RowKind, file: string): Promise<FileRow[]> {
  const kind = job === 'grpo' ? 'complete' : job; // the same prompts; samples are given beside them
  const rows = await readParquet(file);
  const { required, optional } = columnsOf(kind);
  const there = Object.keys(rows[0] ?? {});
  const missing = rows.length === 0 ? [] : required.filter((name) => !there.includes(name));
  if (missing.length > 0)
    throw new DataError('columns-missing', `${file} has no column ${missing.join(', ')}; it has ${there.join(', ')}.`, {
      where: file,
      remedy: `The ${job} job reads the columns ${required.join(', ')}.`,
    });
  const read = new Set([...required, ...optional]);
  const own = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => read.has(name))));
  checkInputs(kind, own, file);
  return own as unknown as FileRow[];
}

/** @throws DataError that names the first row whose image is not there, before a model is loaded. */
export function checkImageFiles(rows: readonly FileRow[]): void {
  const there = new Set<string>();
  for (const [index, { id, image }] of rows.entries()) {
    if (there.has(image)) continue;
    if (statSync(image, { throwIfNoEntry: false })?.isFile() !== true)
      throw new DataError('image-missing', `Row ${index + 1} (id ${id}) has no image at ${image}.`, {
        where: `row ${index + 1}`,
        remedy: 'Mend its path, or leave out this row.',
      });
    there.add(image);
  }
}
