/** `--context TABLE` of an import of images: the table read, what to tell of it, and the error where it means none of them. */
import { DataError } from '../../errors.js';
import type { ImportOptions } from '../import/import-report.js';
import { readImageTexts, type ImageTexts } from './image-texts.js';

/** Null where no table was given. */
export async function textsOf({
  context = null,
  map = {},
  encoding = null,
}: ImportOptions): Promise<ImageTexts | null> {
  return context === null ? null : await readImageTexts(context, map, encoding);
}

export function noneMeant({ context }: ImportOptions, said: ImageTexts, names: readonly string[]): DataError {
  return new DataError(
    'context-unmatched',
    `none of the ${said.rows} texts of ${context ?? ''} is about an image of the folder`,
    {
      where: context ?? undefined,
      remedy:
        `Its column of images must hold paths or names as the folder has them, such as ${names[0] ?? ''}, or a study's folder: ` +
        'say which column it is with --map image=COLUMN. Nothing was written.',
    },
  );
}
