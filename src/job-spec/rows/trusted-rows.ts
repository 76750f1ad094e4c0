/** The rows of a GRPO job: they say whose answers may be compared with only where not all may, so that others are as ever. */
import { writeParquet } from '../../dataset/tables/table.js';
import { rowColumns, type PromptRow } from './job-rows.js';

/** @param trusted Ids; null for all. */
export const writeTrusted = (
  file: string,
  rows: readonly PromptRow[],
  trusted: ReadonlySet<string> | null,
): Promise<void> =>
  trusted === null
    ? writeParquet(file, rows, rowColumns.prompt)
    : writeParquet(
        file,
        rows.map((row) => ({ ...row, trusted: trusted.has(row.id) })),
        rowColumns.trust,
      );
