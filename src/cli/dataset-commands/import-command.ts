/** `medgr2 import`: calls the importer of a format and prints its counts. No logic of its own. */
import { parseColumnMap } from '../../dataset/predictions/answered-row.js';
import type { DatasetInfo } from '../../dataset/folders/dataset-folder.js';
import { importClinical, type WindowChoice } from '../../dataset/import/import-clinical.js';
import type { RunJob } from '../../dataset/context/mask-texts.js';
import {
  importFormats,
  isLabelFormat,
  isQuestionFormat,
  type ImportFormat,
} from '../../dataset/import/import-formats.js';
import { importImages } from '../../dataset/import/import-images.js';
import { importLabels } from '../../dataset/import/import-labels.js';
import { importQuestions } from '../../dataset/import/import-questions.js';
import type { ImportReport } from '../../dataset/import/import-report.js';
import type { TokenChoice } from '../../dataset/import/accept-row.js';
import type { AnswerStart } from '../../dataset/import-rows/number-answers.js';
import { parseClassNames } from '../../dataset/labels/class-names.js';
import type { MaskFrames } from '../../dataset/labels/masks.js';
import type { LabelKind } from '../../dataset/labels/label-set.js';
import type { Ask } from '../../dataset/drafts/question-wording.js';
import type { ShapeChoice } from '../../dataset/pictures/picture-size.js';
import { ConfigError } from '../../errors.js';
import { formatCount } from '../../format.js';
import type { Modality } from '../../sample.js';
import type { CommandIo } from '../command-io.js';

export interface ImportFlags {
  out: string;
  strict?: boolean;
  map: string[];
  modality?: Modality;
  images: DatasetInfo['images'];
  imageRoot?: string;
  imagesOf?: string;
  patientFrom: string;
  force?: boolean;
  shape: ShapeChoice;
  specialTokens: TokenChoice;
  encoding?: string;
  answersFrom?: AnswerStart;
  window: WindowChoice;
  frames?: MaskFrames;
  deidentified?: boolean;
  licence?: string;
  context?: string;
  kind?: LabelKind;
  labels: string[];
  name: string[];
  classFrom?: string;
  perImage: number;
  ask: Ask[];
  crops: number;
  seed: number;
  json?: boolean;
}

export async function importCommand(format: string, path: string, flags: ImportFlags, io: CommandIo): Promise<void> {
  const report = await runImport(formatNamed(format), path, flags, io);
  io.out(flags.json === true ? JSON.stringify(report.info) : describeImport(report, flags.out));
}

function formatNamed(name: string): ImportFormat {
  const format = importFormats.find((known) => known === name);
  if (format === undefined) throw new ConfigError('import-format', `there is no importer for ${name}`);
  return format;
}

async function runImport(format: ImportFormat, path: string, flags: ImportFlags, io: CommandIo): Promise<ImportReport> {
  const { out, strict = false, images, modality, imageRoot = null, licence = null, patientFrom } = flags;
  const { force = false, shape, specialTokens, encoding = null, answersFrom = null, context = null } = flags;
  const map = parseColumnMap(flags.map);
  if (map.context !== undefined && context === null && !isQuestionFormat(format))
    throw new ConfigError('context-table', '--map context names a column, and no table of texts is given', {
      remedy: 'Give the table of reports or captions with --context FILE; nothing was written.',
    });
  const onProgress = progressTeller(io);
  const common = { path, out, strict, images, licence, force, shape, specialTokens, patientFrom, onProgress };
  // Started only where there are texts to mask.
  const runJob: RunJob = (module, spec) => withPython(io, onProgress, (run) => run(module, spec));
  if (isQuestionFormat(format))
    return importQuestions(format, {
      ...common,
      map,
      context,
      runJob,
      modality: modality ?? null,
      imageRoot,
      encoding,
      answersFrom,
      ...(flags.imagesOf === undefined ? {} : { imagesOf: flags.imagesOf }),
    });
  if (isLabelFormat(format)) {
    const { labels, classFrom = null, perImage, crops, seed, window, frames } = flags;
    const kind = flags.kind === undefined ? {} : { kind: flags.kind };
    const asks = flags.ask.length === 0 ? null : flags.ask;
    const place = { map, modality: modality ?? null, imageRoot, encoding, context, runJob };
    const names = parseClassNames(flags.name);
    return importLabels(format, {
      ...common,
      ...place,
      ...kind,
      ...(frames === undefined ? {} : { frames }),
      window,
      labels,
      names,
      classFrom,
      perImage,
      crops,
      asks,
      seed,
    });
  }
  if (format !== 'images') {
    const { window, frames = 'middle', deidentified = false } = flags;
    if (frames === 'largest')
      throw new ConfigError('frames-largest', `--frames largest is of masks, and ${format} has none`, {
        remedy: 'Give first, middle, all, or a number from 1.',
      });
    const clinical = {
      ...common,
      map,
      encoding,
      context,
      window,
      frames,
      deidentified,
      ...(modality === undefined ? {} : { modality }),
    };
    return withPython(io, onProgress, (run) => importClinical(format, { ...clinical, runJob: run }));
  }
  return importImages({ ...common, map, encoding, context, runJob, ...(modality === undefined ? {} : { modality }) });
}

/** An engine for as long as `work` needs one; torch is not loaded. */
async function withPython<T>(
  io: CommandIo,
  onProgress: (done: number, total: number) => void,
  work: (runJob: RunJob) => Promise<T>,
): Promise<T> {
  const { openEngine } = await import('../../bridge/jobs/open-engine.js');
  const { setUpPython } = await import('../commands/run-command.js');
  await using engine = await openEngine({ python: await setUpPython(io), preload: false });
  // Awaited here: the engine closes when this function ends.
  return await work((module, spec) => {
    const job = engine.startModule(module, spec, {
      signal: io.signal,
      onEvent: (event) => {
        if (event.type === 'progress') onProgress(event.done, event.total);
      },
    });
    return job.result;
  });
}

/** A line every few seconds where an import takes long. */
export function progressTeller(io: CommandIo): (done: number, total: number) => void {
  let last = performance.now();
  return (done, total) => {
    const now = performance.now();
    if (now - last < 5000) return;
    last = now;
    io.error(`${done} of ${total}`);
  };
}

export function describeImport({ info, notes, rejected }: ImportReport, out: string): string {
  const { counts } = info;
  const lines = [
    `${out}: ${formatCount(counts.samples, 'sample')}, ${formatCount(counts.images, 'image')}; ${counts.rejected} of ${formatCount(Number(counts['rows']), 'row')} rejected`,
    ...countLines('modality', counts['byModality']),
    ...countLines('question type', counts['byQuestionType']),
    ...countLines('rejected', counts['rejectedBy']),
    ...countLines('modality outside the eight, kept as unknown', info['otherModalities']),
    ...notes.map((note) => `  ${note}`),
    ...rejected
      .slice(0, 3)
      .map(({ file, line, reason }) => `  for example ${file}${line === null ? '' : `:${line}`} ${reason}`),
  ];
  if (rejected.length > 0) lines.push(`  all of them: ${out}/rejected.jsonl`);
  return lines.join('\n');
}

function countLines(title: string, counts: unknown): string[] {
  const entries = Object.entries((counts ?? {}) as Record<string, number>);
  return entries.length === 0 ? [] : [`  ${title}: ${entries.map(([name, count]) => `${name} ${count}`).join(', ')}`];
}
