/**
 * VQA-RAD as a data source of the loop: real radiographs and scans, split by image into seed, test and pool.
 * The simulated teacher answers from the data set's own key, wrong at stated rates; a row's image is read where it lies.
 */
import { DataError } from '../../errors.js';
import { seededRandom } from '../../random.js';
import type { Sample, Strategy } from '../../sample.js';
import type { LoopData, PoolImage } from './data-source.js';
import { askableTypes, labelledTeacher } from './labelled-teacher.js';
import { questionKey, readVqaRad, type VqaRadRow } from './vqa-rad-rows.js';

export interface VqaRadOptions {
  /** Folder with trainset.json and images/. */
  path: string;
  seed: number;
  /** Shares of the images. */
  seedShare: number;
  testShare: number;
  /** At most this many questions. */
  seedLimit?: number | undefined;
  testLimit?: number | undefined;
  /** Share of wrong answers of the simulated teacher. */
  errorRates: Record<Strategy, number>;
}

export async function loadVqaRad(options: VqaRadOptions): Promise<LoopData> {
  const { rows, withoutImage, contradictory } = await readVqaRad(options.path);
  const byImage = Map.groupBy(rows, (row) => row.imageHash);
  const images = seededRandom(options.seed, 'vqa-rad split').shuffle([...byImage.keys()].toSorted());
  const seedCount = Math.round(images.length * options.seedShare);
  const testCount = Math.round(images.length * options.testShare);
  const rowsOf = (hashes: readonly string[]): VqaRadRow[] => hashes.flatMap((hash) => byImage.get(hash) ?? []);
  const limited = (part: string, found: VqaRadRow[], limit: number | undefined): Sample[] =>
    (limit === undefined
      ? found
      : seededRandom(options.seed, 'vqa-rad limit', part).shuffle(found).slice(0, limit)
    ).map(toSample);
  const seed = limited('seed', rowsOf(images.slice(0, seedCount)), options.seedLimit);
  const test = limited('test', rowsOf(images.slice(seedCount, seedCount + testCount)), options.testLimit);
  const pool = images.slice(seedCount + testCount).flatMap((hash) => poolImage(byImage.get(hash) ?? []));
  if (seed.length === 0 || test.length === 0 || pool.length === 0)
    throw new DataError('vqa-rad-too-small', `${images.length} images are too few for seed, test and pool`, {
      where: options.path,
      remedy: 'Use the whole data set, or change data.seedShare and data.testShare.',
    });
  const samples = rows.map(toSample);
  const organs = new Map(rows.map((row, index) => [samples[index]?.id ?? '', row.organ]));
  const key = new Map(rows.map((row) => [questionKey(row), row.answer]));
  return {
    seed,
    test,
    pool,
    truth: (sample) => key.get(questionKey(sample)) ?? null,
    book: labelledTeacher({
      samples,
      seed: options.seed,
      errorRates: options.errorRates,
      rationale: (sample, answer, strategy) => rationaleOf(sample, organs.get(sample.id) ?? '', answer, strategy),
    }),
    notice:
      `VQA-RAD (Lau et al. 2018, CC0-1.0): ${images.length} real images, ${rows.length} questions (left out: ${withoutImage} without ` +
      `their image, ${contradictory} with contradictory answers). The teacher is simulated from the data set's own key and the rationales ` +
      'are one plain sentence of ours: a run shows that real images pass through every stage, and says nothing about medical ability.',
  };
}

function toSample(row: VqaRadRow): Sample {
  return {
    id: `vqa-rad-${row.qid}`,
    image: row.image,
    imageHash: row.imageHash,
    question: row.question,
    options: row.options,
    answer: row.answer,
    rationale: rationaleOf(row, row.organ, row.answer, 'direct'),
    questionType: row.questionType,
    modality: row.modality,
    provenance: { provider: 'seed', model: 'vqa-rad', strategy: null, promptHash: null, cycle: 0 },
    score: null,
    rewardModelVersion: null,
  };
}

function poolImage(rows: readonly VqaRadRow[]): PoolImage[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { image, imageHash, modality } = first;
  return [{ image, imageHash, modality, questionTypes: askableTypes(rows).get(imageHash) ?? [] }];
}

const regions: Readonly<Record<string, string>> = { CHEST: 'the chest', ABD: 'the abdomen', HEAD: 'the head' };

/** VQA-RAD has no rationales. These argue for whatever answer is given, without adding a finding of their own. */
function rationaleOf(
  { options, questionType }: Pick<Sample, 'options' | 'questionType'>,
  organ: string,
  answer: string,
  strategy: Strategy,
): string {
  const region = regions[organ.toUpperCase()] ?? 'the body';
  const conclusion =
    options.length > 0
      ? `what is visible supports the answer ${answer.toLowerCase()}`
      : `what is visible here is best described as ${answer}`;
  if (strategy === 'direct') return `In this image of ${region}, ${conclusion}.`;
  if (strategy === 'step-by-step')
    return `The image shows ${region}. Looking at the region in question, ${conclusion}.`;
  return `This is a question of ${questionType} about ${region}, to be answered from the image alone: ${conclusion}.`;
}
