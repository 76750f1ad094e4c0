/** A queue as a file for a reviewing tool that a hospital has already, and its verdicts back: in the same file as those of the desk. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { cleanImage } from '../../dataset/export/export-dataset.js';
import { onDisk } from '../../disk.js';
import { ConfigError, DataError, Medgr2Error } from '../../errors.js';
import { readJson, writeJson, writeWhole } from '../../loop/folder/run-folder.js';
import type { QueueOptions } from '../../loop/review/review-queue.js';
import type { Sample } from '../../sample.js';
import { isOn } from '../../loop/review/seen.js';
import { openVerdicts, readStanding } from '../../loop/review/verdict-file.js';
import { checkCorrection, checkSeen } from '../review-desk.js';
import { issuesText, verdictKindSchema, verdictKinds } from '../../evaluation/verdicts/reader-verdict.js';
import { verdictRequestSchema, type VerdictRequest } from '../review-messages.js';
import { otherMaterial, reviewMaterial } from '../review-material.js';
import { argillaSchema, fromArgilla, toArgilla } from './argilla.js';
import { uuidOf, type ExchangedSample, type ExchangedVerdict } from './exchanged.js';
import { fromLabelStudio, labelStudioInterface, labelStudioSchema, toLabelStudio } from './label-studio.js';

export const exchangeFormats = ['label-studio', 'argilla'] as const;
/** Whose JSON: Label Studio's or Argilla's. */
export type ExchangeFormat = (typeof exchangeFormats)[number];

/** What an export of a queue has written. */
export interface ReviewExported {
  file: string;
  /** Folder of the images, beside the file. */
  images: string;
  /** Samples written. */
  samples: number;
  /** Left out because their image may name its patient. */
  leftOut: number;
  /** What is to be set up in the tool; null where nothing is. */
  interfaceFile: string | null;
}

/** Images without what hides in their files, in a folder beside it. @throws ConfigError `file-exists`. */
export async function exportReview(
  run: string,
  { format, file, ...options }: QueueOptions & { format: ExchangeFormat; file: string },
): Promise<ReviewExported> {
  const target = resolve(file);
  if (existsSync(target))
    throw new ConfigError('file-exists', `${file} is there already`, { where: target, remedy: 'Give another name.' });
  const { runDir, drawn, shown } = await reviewMaterial(run, options);
  const stem = target.slice(0, target.length - extname(target).length);
  const images = `${stem}-images`;
  await onDisk(images, () => mkdir(images, { recursive: true }));
  const standing = Map.groupBy(readStanding(runDir), ({ item }) => item);
  const samples: ExchangedSample[] = [];
  for (const { place, sample, context, named } of shown.values()) {
    if (named) continue;
    const { bytes, name } = await cleanImage(sample);
    await onDisk(images, () => writeFile(join(images, name), bytes));
    const image = `${basename(images)}/${name}`;
    const verdicts = (standing.get(sample.id) ?? []).filter((verdict) => isOn(verdict, sample));
    samples.push({ sample, cycle: drawn.cycle, why: place.why, image, context, verdicts });
  }
  const isStudio = format === 'label-studio';
  // As its server hands out files of a folder of its own.
  const url = (image: string): string => `/data/local-files/?d=${encodeURI(image)}`;
  writeJson(target, isStudio ? toLabelStudio(samples, url) : toArgilla(samples));
  const interfaceFile = isStudio ? `${stem}-interface.xml` : null;
  if (interfaceFile !== null) writeWhole(interfaceFile, labelStudioInterface);
  return { file: target, images, samples: samples.length, leftOut: shown.size - samples.length, interfaceFile };
}

/** What an import of verdicts came to. */
export interface ReviewImported {
  /** Verdicts that were not there before. */
  taken: number;
  /** Verdicts that the run had already. */
  known: number;
  /** What was not taken, and why. */
  refused: { item: string; reason: string }[];
}

/** @throws DataError `exchange-unreadable` where the file is not of that format; ConfigError `path-missing`; RunError `review-busy`. */
export async function importReview(
  run: string,
  { format, file, ...options }: QueueOptions & { format: ExchangeFormat; file: string },
): Promise<ReviewImported> {
  const exchanged =
    format === 'label-studio'
      ? fromLabelStudio(readExchange(file, labelStudioSchema, format))
      : fromArgilla(readExchange(file, argillaSchema, format));
  const material = await reviewMaterial(run, options);
  const { runDir, shown } = material;
  const others = await otherMaterial(material);
  using verdicts = openVerdicts(runDir);
  const result: ReviewImported = { taken: 0, known: 0, refused: [] };
  for (const { version, ...given } of exchanged) {
    const { item, reader, verdict, correctedAnswer = '', comment = '' } = given;
    const id = uuidOf(format, item, reader, verdict, correctedAnswer, comment, version);
    const found = shown.get(item) ?? others.get(item);
    const parsed =
      found === undefined
        ? 'its queues have no such sample; was it exported from this run?'
        : asRequest({ id, ...given }, found.sample);
    if (found === undefined || typeof parsed === 'string') {
      result.refused.push({ item, reason: String(parsed) });
      continue;
    }
    const before = verdicts.lines.length;
    const { why: strategy, probability } = found.place;
    verdicts.record({ ...parsed, strategy, probability });
    if (verdicts.lines.length > before) result.taken += 1;
    else result.known += 1;
  }
  return result;
}

/** @returns What is wrong with it, in words, where it is no verdict on the sample. */
function asRequest(given: Omit<ExchangedVerdict, 'version'> & { id: string }, sample: Sample): VerdictRequest | string {
  const parsed = verdictRequestSchema.safeParse({ scoreSeen: false, ...given });
  if (!isKind(given.verdict))
    return `${given.verdict === '' ? 'it has no answer by the name verdict' : `${JSON.stringify(given.verdict)} is no verdict`}: set the project up as the export says, with ${verdictKinds.join(', ')}`;
  if (!parsed.success) return issuesText(parsed.error);
  try {
    checkSeen(parsed.data, sample);
    checkCorrection(parsed.data, sample);
    return parsed.data;
  } catch (error) {
    if (error instanceof Medgr2Error) return error.message;
    throw error;
  }
}

const isKind = (verdict: string): boolean => verdictKindSchema.safeParse(verdict).success;

function readExchange<T>(file: string, schema: z.ZodType<T>, format: ExchangeFormat): T {
  const path = resolve(file);
  if (!existsSync(path))
    throw new ConfigError('path-missing', `there is no ${file}`, { where: path, remedy: 'Give the file of the tool.' });
  const unreadable = (why: string, cause?: unknown) =>
    new DataError('exchange-unreadable', `${file} is no JSON of ${format}: ${why}`, {
      cause,
      where: path,
      remedy:
        format === 'label-studio'
          ? 'Export the project there as JSON (not JSON-MIN).'
          : 'Export the records there with `dataset.records.to_json(path)`.',
    });
  let content: unknown;
  try {
    content = readJson(path);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw unreadable('it is damaged', error);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, parsed.error);
}
