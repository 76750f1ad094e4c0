/**
 * The review desk without its server: the queue of one cycle with its samples and images, and the verdicts of all readers. What
 * the page can do, a script can do with this; nothing here knows of HTTP.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { z } from 'zod';
import { disputedOf, type Verdict } from '../evaluation/verdicts/reader-verdict.js';
import { DataError, RunError } from '../errors.js';
import { readRecord } from '../loop/folder/check-outputs.js';
import { stageKey } from '../loop/folder/ledger.js';
import type { QueueOptions, ReviewQueue } from '../loop/review/review-queue.js';
import { summaryOf } from '../loop/review/review-summary.js';
import { isOn, seenOf } from '../loop/review/seen.js';
import { openVerdicts } from '../loop/review/verdict-file.js';
import type { Sample } from '../sample.js';
import { otherMaterial, reviewMaterial, type ShownSample } from './review-material.js';
import {
  verdictKinds,
  type DisputedReply,
  type Progress,
  type QueueReply,
  type ReviewItem,
  type Session,
  type UndoReply,
  type UndoRequest,
  type VerdictReply,
  type VerdictRequest,
} from './review-messages.js';

/** Which queue is judged, and what a reader sees before judging. */
export interface DeskOptions extends QueueOptions {
  /** R_φ's score is shown before the verdict, too: it then leans to what R_φ holds. */
  showScores?: boolean | undefined;
}

/** The queue of a cycle and the verdicts of all its readers; disposed, it lets go of `verdicts.jsonl`. */
export interface ReviewDesk extends Disposable {
  runDir: string;
  drawn: ReviewQueue;
  session(): Session;
  queue(reader: string): QueueReply;
  /** @throws RunError `unknown-item`; DataError `image-missing` where its file is not there any more. */
  item(id: string, reader: string): Promise<ReviewItem>;
  image(id: string): Promise<{ bytes: Buffer; type: string }>;
  /** On disk when it returns. @throws RunError where it is no verdict on a sample of the queue. */
  record(request: VerdictRequest): VerdictReply;
  undo(request: UndoRequest): UndoReply;
  progress(reader: string): Progress;
  disputed(): DisputedReply;
}

/**
 * Opens the queue of a cycle for reading and judging.
 * @throws RunError `nothing-to-review`, `queue-fixed`, `review-busy`. Its methods: `unknown-item`, `sample-changed`, `verdict-invalid`;
 * DataError `image-missing`.
 */
export async function openDesk(run: string, { showScores = false, ...options }: DeskOptions = {}): Promise<ReviewDesk> {
  const material = await reviewMaterial(run, options);
  const { runDir, drawn, shown } = material;
  const others = await otherMaterial(material);
  const file = openVerdicts(runDir);

  const known = (id: string): ShownSample => {
    const found = shown.get(id) ?? others.get(id);
    if (found !== undefined) return found;
    throw new RunError('unknown-item', `no queue of the run has the sample ${id}`, {
      remedy: 'Ask for the queue anew.',
    });
  };
  const standingOn = (samples: ReadonlyMap<string, ShownSample>): Verdict[] =>
    file.standing().filter((verdict) => {
      const sample = samples.get(verdict.item)?.sample;
      return sample !== undefined && isOn(verdict, sample);
    });
  const standing = (): Verdict[] => standingOn(shown);
  const ofReader = (reader: string, samples: ReadonlyMap<string, ShownSample> = shown): Map<string, Verdict> =>
    new Map(standingOn(samples).flatMap((given) => (given.reader === reader ? [[given.item, given] as const] : [])));

  return {
    runDir,
    drawn,
    session: () => ({
      run: basename(runDir),
      notice: noticeOf(runDir),
      scoreHidden: !showScores,
      readers: [...new Set(file.standing().map(({ reader }) => reader))],
      verdicts: [...verdictKinds],
    }),
    queue: (reader) => {
      const given = ofReader(reader);
      return { items: drawn.items.map(({ id }) => ({ id, verdict: given.get(id) ?? null })) };
    },
    item: async (id, reader) => {
      const found = known(id);
      const { cycle, place, sample, context } = found;
      const verdict = ofReader(reader, new Map([[id, found]])).get(id) ?? null;
      const { question, options: choices, answer, rationale, questionType, modality } = sample;
      return {
        id,
        seen: seenOf(sample),
        cycle,
        modality,
        questionType,
        question,
        options: choices,
        answer,
        rationale,
        context,
        rewardScore: showScores || isJudged(verdict) ? sample.score : null,
        why: place.why,
        image: { path: `api/images/${encodeURIComponent(id)}`, ...(await sizeOf(sample.image)) },
        verdict,
      };
    },
    image: (id) => shownImage(known(id).sample.image),
    record: (request) => {
      const { place, sample } = known(request.item);
      checkSeen(request, sample);
      checkCorrection(request, sample);
      const { why: strategy, probability } = place;
      // A verdict that was taken back has shown it.
      const scoreSeen =
        request.scoreSeen ||
        file.lines.some(
          (line) => !('undo' in line) && line.item === request.item && line.reader === request.reader && isJudged(line),
        );
      return {
        verdict: file.record({ ...request, seen: seenOf(sample), scoreSeen, strategy, probability }),
        rewardScore: showScores || isJudged(request) ? sample.score : null,
      };
    },
    undo: ({ id, of, reader }) => {
      file.undo({ id, undo: of, reader });
      return { undone: of };
    },
    progress: (reader) => {
      const { precision, recall, kappa, disputed } = summaryOf([drawn], standing());
      const agreement = kappa === null ? null : { value: kappa.value, low: kappa.low, high: kappa.high, n: kappa.n };
      return {
        judged: ofReader(reader).size,
        total: drawn.items.length,
        estimates: { precision, recall, kappa: agreement },
        disputed,
      };
    },
    disputed: () => ({ items: disputedOf(standing()).map(({ item, verdicts }) => ({ id: item, verdicts })) }),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Who skips a sample has not judged it, and may do so later. */
const isJudged = (verdict: Pick<Verdict, 'verdict'> | null): boolean => verdict !== null && verdict.verdict !== 'skip';

/** What the run's data are, as it was when they were prepared. */
function noticeOf(runDir: string): string {
  const prepared = readRecord(join(runDir, stageKey(0, 'prepare-data')));
  return z.object({ notice: z.string() }).safeParse(prepared?.output).data?.notice ?? '';
}

/** @throws RunError `sample-changed` */
export function checkSeen(verdict: Pick<VerdictRequest, 'seen'>, sample: Sample): void {
  if (isOn(verdict, sample)) return;
  throw new RunError('sample-changed', `the sample ${sample.id} was made anew after it was judged`, {
    where: sample.id,
    remedy: 'Load the page again, and judge the sample as it is now.',
  });
}

/** @throws RunError `verdict-invalid` */
export function checkCorrection({ correctedAnswer }: Pick<VerdictRequest, 'correctedAnswer'>, sample: Sample): void {
  if (correctedAnswer === undefined) return;
  const { options, answer, id } = sample;
  const invalid = (message: string, remedy: string) => new RunError('verdict-invalid', message, { where: id, remedy });
  if (correctedAnswer === answer)
    throw invalid(`the corrected answer of ${id} is the proposed one`, 'Accept the sample, or give another answer.');
  if (options.length > 0 && !options.includes(correctedAnswer))
    throw invalid(`${JSON.stringify(correctedAnswer)} is no option of ${id}`, `Choose one of: ${options.join('; ')}.`);
}

/** What every browser shows, and the page can read grey values of: PNG of 16 bits as it is. */
const shownAsIs: Readonly<Record<string, string>> = { png: 'image/png', jpeg: 'image/jpeg' };

async function shownImage(path: string): Promise<{ bytes: Buffer; type: string }> {
  const { format, depth, channels } = await metadataOf(path);
  const type = shownAsIs[format ?? ''];
  if (type !== undefined) return { bytes: await readFile(path), type };
  const picture = sharp(path).autoOrient();
  // Else 16 bits would become 8, and 12 bits of them black.
  if (depth === 'ushort') picture.toColourspace(channels > 2 ? 'rgb16' : 'grey16');
  return { bytes: await picture.png().toBuffer(), type: 'image/png' };
}

async function sizeOf(path: string): Promise<{ width: number; height: number; bits: 8 | 16 }> {
  const { autoOrient, depth } = await metadataOf(path);
  return { width: autoOrient.width, height: autoOrient.height, bits: depth === 'ushort' ? 16 : 8 };
}

async function metadataOf(path: string): Promise<Metadata> {
  const lost = (why: string, cause?: unknown) =>
    new DataError('image-missing', `the image ${path} ${why}`, {
      cause,
      where: path,
      remedy: 'Put it back where the data of the run lay, or give the run its data anew.',
    });
  if (!existsSync(path)) throw lost('is not there any more');
  try {
    return await sharp(path).metadata();
  } catch (error) {
    throw lost('cannot be read', error);
  }
}
