/** `--context TABLE` of an import: the table read beforehand, for the patients it names, and its texts given to the images taken. */
import { DataError } from '../../errors.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import type { ImportOptions } from '../import/import-report.js';
import { readImageTexts, type ImageText, type ImageTexts } from './image-texts.js';

/** Null where no table was given. */
export async function textsOf({
  context = null,
  map = {},
  encoding = null,
}: ImportOptions): Promise<ImageTexts | null> {
  return context === null ? null : await readImageTexts(context, map, encoding);
}

/** The map of a table of questions or labels, where texts are in a table of their own: `context` is a column of that. */
export function mapBeside({ context = null, map = {} }: ImportOptions): ColumnMap {
  const { context: _, ...rest } = map;
  return context === null ? map : rest;
}

export interface TextsTaken {
  of: (name: string) => ImageText;
  /** By the image's hash, the text of the first of its names that has one. */
  texts: Map<string, string>;
  notes: string[];
}

/**
 * @param images Names of the images as their folder or labels have them, with the hash of each picture.
 * @throws DataError where the table means none of them.
 */
export function takeTexts(
  said: ImageTexts | null,
  images: readonly { name: string; imageHash: string }[],
  { context }: ImportOptions,
): TextsTaken {
  const texts = new Map<string, string>();
  if (said === null) return { of: () => ({ text: null, patient: null }), texts, notes: [] };
  const { of, notes } = said.about(images.map(({ name }) => name));
  for (const { name, imageHash } of images) {
    const { text } = of(name);
    if (text !== null && !texts.has(imageHash)) texts.set(imageHash, text);
  }
  if (texts.size > 0) return { of, texts, notes };
  throw new DataError(
    'context-unmatched',
    `none of the ${said.rows} texts of ${context ?? ''} is about an image that was taken`,
    {
      where: context ?? undefined,
      remedy:
        `Its column of images must hold paths or names as the images have them, such as ${images[0]?.name ?? 'scan.png'}, or the ` +
        'folder of a study: say which column it is with --map image=COLUMN, and --map context=COLUMN. Nothing was written.',
    },
  );
}
