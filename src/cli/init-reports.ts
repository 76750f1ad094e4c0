/** What `init` asks of one who has reports or captions beside the images: the table, and whether they may leave, masked. */
import { resolve } from 'node:path';
import { medgr2, shellWord } from '../called-as.js';
import { readImageTexts } from '../dataset/context/image-texts.js';
import { DataError } from '../errors.js';
import type { Ask } from './init-generator.js';

export interface ReportFlags {
  /** A table with a column of images and one of texts. */
  reports?: string | undefined;
  /** Why the texts, masked, may be sent to the generator too; empty keeps them here. */
  textReason?: string | undefined;
}

export interface Reports {
  table: string;
  /** Null where they stay on this machine. */
  reason: string | null;
}

/**
 * @param names Images as their folder has them.
 * @param whom Where the generator is, if it is not on this machine.
 * @returns Null where there are none. @throws DataError where the table is about none of the images.
 */
export async function initReports(
  flags: ReportFlags,
  ask: Ask,
  { names, whom }: { names: readonly string[]; whom: string | null },
): Promise<Reports | null> {
  const question = 'Table of reports or captions of the images, for the generator alone (leave empty for none): ';
  const table = await ask(flags.reports, question, '', async (given) => {
    if (given !== '') await expectTexts(given, names);
    return given;
  });
  if (table === '') return null;
  if (whom === null) return { table, reason: null };
  const consent = `Why may the reports, with names masked, go to ${whom} too? (leave empty to keep them here) `;
  const reason = await ask(flags.textReason, consent, '', (text) => text);
  return { table, reason: reason === '' ? null : reason };
}

async function expectTexts(table: string, names: readonly string[]): Promise<void> {
  const said = await readImageTexts(table, {}, null);
  const { of } = said.about(names);
  if (names.some((name) => of(name).text !== null)) return;
  throw new DataError(
    'context-unmatched',
    `none of the ${said.rows} texts of ${table} is about an image of the folder`,
    {
      where: resolve(table),
      remedy: `Its column of images must hold paths or names as the folder has them, such as ${names[0] ?? 'scan.png'}; nothing was written.`,
    },
  );
}

/** What an import command takes for them. */
export const contextFlag = (reports: Reports | null): string =>
  reports === null ? '' : ` --context ${shellWord(reports.table)}`;

/** Before the import: without the library nothing masks names, and no text leaves. */
export const maskingSteps = (reports: Reports | null): string[] =>
  reports === null ? [] : [`${medgr2} setup --with deid`];
