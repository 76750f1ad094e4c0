/** The graded set that R_φ learns from: the texts that a grader makes of trusted samples, some images held out. */
import type { Sample } from '../sample.js';
import { fourGrades, type GradedText, type Grader } from './four-grades.js';
import { heldOutImages } from './held-out.js';

/** A response with its grade, as `engine.trainRewardModel` takes it. */
export interface GradedRow extends GradedText {
  /** Sample id, kind, and a number where a sample has several rows of the kind. */
  id: string;
  sampleId: string;
  image: string;
  imageHash: string;
  question: string;
  options: string[];
}

/** How the graded set is made. */
export interface GradeOptions {
  /** Of every random choice (default 0). */
  seed?: number | undefined;
  /** Share of the images whose rows are held out, in [0, 1) (default 0.2). */
  heldOut?: number | undefined;
  /** Images that are held out, by hash; chosen by that share when left out. */
  heldOutImages?: ReadonlySet<string> | undefined;
  /** Default: {@link fourGrades}. */
  grader?: Grader | undefined;
  signal?: AbortSignal | undefined;
}

/** The rows for training and those held out, by image. */
export interface GradedSet {
  train: GradedRow[];
  heldOut: GradedRow[];
  /** Texts that could not be made, by kind: nothing to reword, too short to delete from, no other answer. */
  skipped: Record<string, number>;
}

/**
 * Makes the graded set. Rows of one image are either all in training or all held out; the same samples and options give the
 * same rows. `engine.trainRewardModel` and `engine.score` take the rows as they are.
 * @example
 * const samples = await readSampleFile('seed.jsonl');
 * const { train, heldOut } = await gradeSamples(samples, { seed: 0, heldOut: 0.2 });
 * console.log(train.length, heldOut.length);
 * @throws whatever the grader throws, and the signal's reason.
 * @example
 * const samples = await readSampleFile('seed.jsonl');
 * const { train, heldOut } = await gradeSamples(samples, { heldOut: 0.2, grader: fourGrades({ mismatches: 3 }) });
 * console.log(train.length, heldOut.length);
 */
export async function gradeSamples(samples: readonly Sample[], options: GradeOptions = {}): Promise<GradedSet> {
  const { seed = 0, heldOut = 0.2, grader = fourGrades(), signal = new AbortController().signal } = options;
  const held = options.heldOutImages ?? heldOutImages(samples, heldOut, seed);
  const skipped: Record<string, number> = {};
  const skip = (kind: string, count = 1): void => void (skipped[kind] = (skipped[kind] ?? 0) + count);
  const grade = async (part: readonly Sample[]): Promise<GradedRow[]> => {
    const rows: GradedRow[] = [];
    for (const sample of part) {
      signal.throwIfAborted();
      const texts = await grader.grade(sample, { samples: part, seed, skipped: skip, signal });
      rows.push(...rowsOf(sample, texts));
    }
    return rows;
  };
  return {
    train: await grade(samples.filter((sample) => !held.has(sample.imageHash))),
    heldOut: await grade(samples.filter((sample) => held.has(sample.imageHash))),
    skipped,
  };
}

function rowsOf(sample: Sample, texts: readonly GradedText[]): GradedRow[] {
  const { id, image, imageHash, question, options } = sample;
  const counts = new Map<string, number>();
  return texts.map(({ kind, grade, response }) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const rowId = `${id}:${kind}${count === 1 ? '' : `-${count}`}`;
    return { id: rowId, sampleId: id, image, imageHash, question, options: [...options], response, grade, kind };
  });
}
