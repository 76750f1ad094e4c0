/**
 * Texts about images without whom they name: first every patient and study that the import's own tables write, whatever else
 * is known, then names, dates and numbers by a library in a job. Only what comes out of here is kept in a dataset folder.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { DatasetImage } from '../folders/dataset-folder.js';
import { withTemporary } from '../import/import-helpers.js';
import { hiddenPatients } from '../patients/hidden-patients.js';
import { readJsonl, writeJsonl } from '../tables/table.js';

/** Runs a job module in Python to its end. */
export type RunJob = (module: string, spec: Record<string, unknown>) => Promise<unknown>;

export interface MaskOptions {
  /** The dataset folder that is being made. */
  dir: string;
  /** Patients and studies as they are written. */
  identities: readonly string[];
  /** Left out, only the identities are masked. */
  runJob?: RunJob | undefined;
}

export interface MaskedTexts {
  /** By the image's hash. */
  texts: ReadonlyMap<string, string>;
  /** Library and version; null where none was there. */
  maskedBy: string | null;
  /** What a person should know. */
  notes: string[];
}

const doneSchema = z.looseObject({ maskedBy: z.string().nullable(), missing: z.string().nullable(), masks: z.int() });
const lineSchema = z.object({ text: z.string() });

/** Stands where a known patient's name or number stood: not even its pseudonym goes out with a text. */
const patientMask = '[PATIENT]';

/** @param texts By the image's hash. */
export async function maskTexts(
  texts: ReadonlyMap<string, string>,
  { dir, identities, runJob }: MaskOptions,
): Promise<MaskedTexts> {
  if (texts.size === 0) return { texts, maskedBy: null, notes: [] };
  const mask = { id: '', file: null, made: false, pseudonym: () => patientMask };
  const known = hiddenPatients(identities, mask, 'parts');
  const hidden = new Map([...texts].map(([hash, text]) => [hash, known.in(text)]));
  const kept = `${texts.size} images have a text, kept as masked here and nowhere as it was given`;
  if (runJob === undefined) return { texts: hidden, maskedBy: null, notes: [kept, unmaskedNote('no job was run')] };
  return withTemporary(join(dir, '.texts'), async (work) => {
    const data = join(work, 'texts.jsonl');
    await writeJsonl(
      data,
      [...hidden.values()].map((text) => ({ text })),
    );
    const done = doneSchema.parse(await runJob('medgr2.texts.deidentify', { data, outDir: work }));
    const lines = (await readJsonl(join(work, 'masked.jsonl'))).map((line) => lineSchema.parse(line).text);
    const masked = new Map([...hidden.keys()].map((hash, index) => [hash, lines[index] ?? '']));
    const { maskedBy, missing, masks } = done;
    const notes =
      maskedBy === null
        ? [kept, unmaskedNote(missing ?? '')]
        : [
            kept,
            `${masks} names, dates and numbers were masked in them by ${maskedBy}: no such library finds all, so read some ` +
              'of the column context in images.parquet before you let them leave (egress.text)',
          ];
    return { texts: masked, maskedBy, notes };
  });
}

const unmaskedNote = (why: string): string =>
  `they leave this machine in no run, since no library masked names in them: ${why}`;

/** The images with their texts. */
export const withTexts = (images: readonly DatasetImage[], { texts, maskedBy }: MaskedTexts): DatasetImage[] =>
  images.map((image) => {
    const context = texts.get(image.imageHash);
    return context === undefined ? image : { ...image, context, contextMaskedBy: maskedBy };
  });
