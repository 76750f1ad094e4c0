/** What an import was asked to do and what came of it: the options, the refusal of --strict, and import.json. */
import { DataError } from '../../errors.js';
import { formatCount } from '../../format.js';
import type { Sample } from '../../sample.js';
import type { RunJob } from '../context/mask-texts.js';
import type { ColumnMap } from '../predictions/answered-row.js';
import type { DatasetImage, DatasetInfo, Rejection } from '../folders/dataset-folder.js';
import type { PseudonymKey } from '../patients/pseudonym-key.js';
import type { TokenChoice } from './accept-row.js';
import { knownLicences, type ImportFormat } from './import-formats.js';
import type { AnswerStart } from '../import-rows/number-answers.js';
import type { PatientFrom } from '../patients/patient-path.js';
import type { ShapeChoice } from '../pictures/picture-size.js';

/** What every import takes. */
export interface ImportOptions {
  path: string;
  /** The new dataset folder. */
  out: string;
  images?: DatasetInfo['images'];
  /** A bad row ends the import. */
  strict?: boolean;
  map?: ColumnMap;
  /** For rows that do not say. */
  modality?: string | null;
  /** Where relative image names start; by default the folder of the questions and those around it. */
  imageRoot?: string | null;
  /** A folder that `medgr2 import dicom` or `nifti` made: image names are then those of its files. */
  imagesOf?: string;
  licence?: string | null;
  /** An earlier import in the folder is written over. */
  force?: boolean;
  /** What is done with pictures of shapes that models do not take. */
  shape?: ShapeChoice;
  /** What is done with special tokens of tokenizers in texts. */
  specialTokens?: TokenChoice;
  /** Of text files that are not in UTF-8. */
  encoding?: string | null;
  /** Where the path of an image names its patient. */
  patientFrom?: PatientFrom;
  /** Of pseudonyms; the project's when left out. */
  key?: PseudonymKey;
  /** From which number answers count places, where the files do not show it. */
  answersFrom?: AnswerStart | null;
  /** A table of what is written about the images: `image` and `context` of `map`, or its usual names. */
  context?: string | null;
  /** Masks names in such texts; left out, they are kept with the mark that nothing did. */
  runJob?: RunJob | undefined;
  /** Hears how many images of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/** What an import did. */
export interface ImportReport {
  info: DatasetInfo;
  /** What a person should know before using it. */
  notes: string[];
  rejected: Rejection[];
}

export function refuseRejected(rejected: readonly Rejection[], path: string): void {
  if (rejected.length === 0) return;
  const shown = rejected
    .slice(0, 5)
    .map(({ file, line, reason }) => `${file}${line === null ? '' : `:${line}`} ${reason}`);
  const more = rejected.length > shown.length ? [`… and ${rejected.length - shown.length} more`] : [];
  throw new DataError(
    'import-strict',
    `${formatCount(rejected.length, 'row')} cannot be used\n${[...shown, ...more].join('\n')}`,
    {
      where: path,
      remedy: 'Mend them, or import without --strict: they are then listed in rejected.jsonl.',
    },
  );
}

/** Where the key lies under which patients have their pseudonyms. */
export function keyNotes(key: PseudonymKey | null): string[] {
  if (key === null) return [];
  if (key.file === null) return ['pseudonyms of patients have the key of MEDGR2_PSEUDONYM_KEY'];
  const what = key.made ? 'a new key for pseudonyms of patients is in' : 'pseudonyms of patients have the key in';
  return [`${what} ${key.file}: keep it with the project, for imports to come, and to yourself`];
}

interface InfoParts {
  samples: readonly Sample[];
  images: readonly DatasetImage[];
  rejected: readonly Rejection[];
  rows: number;
  notes: readonly string[];
}

export function infoOf(
  format: ImportFormat,
  { path, images: mode = 'copy', map, modality, licence }: ImportOptions,
  { samples, images, rejected, rows, notes }: InfoParts,
): DatasetInfo {
  return {
    format,
    source: path,
    licence: licence ?? knownLicences[format] ?? 'not stated',
    time: new Date().toISOString(),
    images: mode,
    settings: { map: map ?? {}, modality: modality ?? null },
    notes,
    counts: {
      rows,
      samples: samples.length,
      images: images.length,
      patients: new Set(images.flatMap(({ patient }) => patient ?? [])).size,
      rejected: rejected.length,
      rejectedBy: countBy(rejected, ({ code }) => code),
      byModality: countBy<{ modality: string }>(samples.length > 0 ? samples : images, ({ modality: name }) => name),
      byQuestionType: countBy(samples, ({ questionType }) => questionType),
      imagesWithWarnings: images.filter(({ warnings }) => warnings.length > 0).length,
    },
  };
}

export function countBy<T>(items: readonly T[], key: (item: T) => string | null): Record<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const name = key(item);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b)));
}

/** As a person reads the files: by name, then line. */
export function inOrder(rejected: readonly Rejection[]): Rejection[] {
  return rejected.toSorted((a, b) => a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0));
}
