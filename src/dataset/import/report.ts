/** What an import was asked to do and what came of it: the options, the refusal of --strict, and import.json. */
import { DataError } from '../../errors.js';
import type { Sample } from '../../sample.js';
import type { ColumnMap } from '../answered-row.js';
import type { DatasetImage, DatasetInfo, Rejection } from '../folder.js';
import { knownLicences, type ImportFormat } from './formats.js';

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
  onProgress?: (done: number, total: number) => void;
}

export interface ImportReport {
  info: DatasetInfo;
  rejected: Rejection[];
}

export function refuseRejected(rejected: readonly Rejection[], path: string): void {
  if (rejected.length === 0) return;
  const shown = rejected
    .slice(0, 5)
    .map(({ file, line, reason }) => `${file}${line === null ? '' : `:${line}`} ${reason}`);
  const more = rejected.length > shown.length ? [`… and ${rejected.length - shown.length} more`] : [];
  throw new DataError('import-strict', `${rejected.length} rows cannot be used\n${[...shown, ...more].join('\n')}`, {
    where: path,
    remedy: 'Mend them, or import without --strict: they are then listed in rejected.jsonl.',
  });
}

interface InfoParts {
  samples: readonly Sample[];
  images: readonly DatasetImage[];
  rejected: readonly Rejection[];
  rows: number;
}

export function infoOf(
  format: ImportFormat,
  { path, images: mode = 'copy', map, modality, licence }: ImportOptions,
  { samples, images, rejected, rows }: InfoParts,
): DatasetInfo {
  return {
    format,
    source: path,
    licence: licence ?? knownLicences[format] ?? 'not stated',
    time: new Date().toISOString(),
    images: mode,
    settings: { map: map ?? {}, modality: modality ?? null },
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
