/**
 * Label maps of NIfTI volumes, as hospitals and challenges keep them: Python writes a slice of a volume and of its map as two
 * pictures, which are then read like any other map. What the values mean, a `dataset.json` may say (Medical Segmentation
 * Decathlon, nnU-Net).
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder } from '../../disk.js';
import { ConfigError } from '../../errors.js';
import type { RunJob } from '../context/mask-texts.js';
import type { Rejection } from '../folders/dataset-folder.js';
import { readLeft } from '../import/import-helpers.js';
import { patientInPath, type PatientFrom } from '../patients/patient-path.js';
import type { PseudonymKey } from '../patients/pseudonym-key.js';
import { patientOrNull } from '../patients/unnamed-patients.js';
import { readJsonl } from '../tables/table.js';
import { jsonOrNull } from '../../json-text.js';

/** Names of files that hold volumes, or the headers of some. */
export const volumeNames = /\.(?:nii|hdr)(?:\.gz)?$/i;

const rowSchema = z.object({
  image: z.string(),
  map: z.string(),
  volume: z.string(),
  patient: z.string(),
  shown: z.string(),
  detail: z.string(),
  warnings: z.array(z.string()),
});
/** A slice of a volume and of its map, as pictures. */
type MaskedSlice = Omit<z.output<typeof rowSchema>, 'patient'> & { patient: string | null };

export interface NiftiMasksOptions {
  root: string;
  imageRoot: string | null;
  /** Ends the name of a map, and not that of its volume. */
  maskWords: RegExp;
  patientFrom: PatientFrom;
  /** As of `import nifti`, or `largest`. */
  frames: string | number;
  window: string | readonly number[];
  runJob: RunJob | undefined;
  /** Names of files may name patients. */
  key: () => PseudonymKey;
  /** A folder for pictures that are still to be taken over. */
  work: string;
}

export interface NiftiMasks {
  slices: MaskedSlice[];
  rejected: Rejection[];
  /** Volumes that nobody takes for a map. */
  beside: { name: string; why: string }[];
}

export async function sliceMasks(options: NiftiMasksOptions): Promise<NiftiMasks> {
  const { root, imageRoot, maskWords, patientFrom, frames, window, runJob, key, work } = options;
  if (runJob === undefined)
    throw new ConfigError('masks-without-python', `${root} holds label maps as NIfTI, which Python reads`, {
      remedy: 'Give `runJob`, which runs a module of ours in an engine, or save the maps as PNG.',
    });
  makePrivateFolder(work);
  const imageRoots = imageRoot === null ? volumesAround(root) : [resolve(imageRoot)];
  const spec = {
    path: root,
    imageRoots,
    outDir: work,
    window,
    frames,
    maskWords: maskWords.source,
    keyFile: key().file,
  };
  await runJob('medgr2.clinical.nifti_masks', spec);
  const rows = (await readJsonl(join(work, 'images.jsonl'))).map((row) => rowSchema.parse(row));
  const inPath = patientInPath(patientFrom);
  // The file is the volume's: its slices are of one patient, whoever that is.
  const slices = rows.map((row) => ({ ...row, patient: inPath(row.volume) ?? patientOrNull(row.patient) }));
  return { slices, ...(await readLeft(work)) };
}

/** Where volumes lie beside their maps: among them, or as `imagesTr` beside `labelsTr`. */
function volumesAround(root: string): string[] {
  const sibling = basename(root).replace(/labels?|masks?|segmentations?|segs?/i, 'images');
  const beside = [sibling, 'images'].map((name) => join(dirname(root), name));
  return [...new Set([...beside.filter((folder) => existsSync(folder)), root])];
}

const numbered = z.record(z.string(), z.string());
const named = z.record(z.string(), z.union([z.int(), z.array(z.int())]));

/** What values mean, by the value: of a `dataset.json` in or beside the folder of maps. */
export async function valuesNamed(root: string): Promise<Record<string, string>> {
  for (const folder of [root, dirname(root)]) {
    const text = await readFile(join(folder, 'dataset.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const labels = z.object({ labels: z.unknown() }).safeParse(jsonOrNull(text)).data?.labels;
    const byValue = numbered.safeParse(labels).data;
    if (byValue !== undefined) return byValue;
    // A region of several values has no value of its own.
    const byName = Object.entries(named.safeParse(labels).data ?? {});
    return Object.fromEntries(byName.flatMap(([name, value]) => (Array.isArray(value) ? [] : [[String(value), name]])));
  }
  return {};
}
