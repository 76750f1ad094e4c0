/**
 * Finds what a dataset shares with evaluation sets: the same image, a near-duplicate of it, a patient of theirs, or a
 * question asked in nearly the same words. Each finding says by what, and which item it is.
 */
import { percent } from '../../format.js';
import type { Sample } from '../../sample.js';
import type { Dataset, DatasetImage } from './dataset-folder.js';
import { mapInOrder } from '../import/import-helpers.js';
import { hashDistance, nearImageMatches } from '../near-duplicates/near-images.js';
import { hashOf } from '../near-duplicates/stored-hashes.js';
import { patientKey } from '../patients/patient-key.js';
import { refuseOtherKeys } from '../patients/pseudonym-key.js';
import { comparedText, jaccard, nearTextMatches } from '../near-duplicates/near-texts.js';

export const contaminationKinds = ['image', 'perceptual', 'patient', 'question'] as const;
/** By what something was found to be in two data sets. */
export type ContaminationKind = (typeof contaminationKinds)[number];

/** What was found in both, and where. */
export interface Contamination {
  by: ContaminationKind;
  /** Sample id where one question is meant, else null: all questions about the image. */
  sample: string | null;
  imageHash: string;
  /** Id of the sample, or hash of the image, that it equals or resembles, and where that is. */
  matches: string;
  against: string;
  detail: string;
}

/** What counts as the same. */
export interface DecontaminateOptions {
  by: readonly ContaminationKind[];
  /** Bits by which perceptual hashes may differ. */
  distance: number;
  /** Share of 4-grams from which two questions are one. */
  similarity: number;
  /** Hears how many images of how many are done. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What is left of a dataset, and what was removed. */
export interface Decontaminated {
  samples: Sample[];
  images: DatasetImage[];
  removed: Contamination[];
}

/**
 * Leaves out of a dataset what others hold too: images by hash or look, patients, questions.
 * @throws DataError where patients are to be compared and have pseudonyms under different keys.
 */
export async function decontaminate(
  dataset: Dataset,
  against: readonly Dataset[],
  { by, distance, similarity, onProgress }: DecontaminateOptions,
): Promise<Decontaminated> {
  if (by.includes('patient'))
    refuseOtherKeys(
      [dataset, ...against],
      'Import them again in one project, so that they have one key, or leave patients out: --by image,perceptual.',
    );
  const removed: Contamination[] = [];
  const bad = { images: new Set<string>(), samples: new Set<string>() };
  const tell = (found: Contamination): void => {
    removed.push(found);
    if (found.sample === null) bad.images.add(found.imageHash);
    else bad.samples.add(found.sample);
  };
  const left = (): DatasetImage[] => dataset.images.filter(({ imageHash }) => !bad.images.has(imageHash));
  if (by.includes('image')) sameImages(dataset.images, against).forEach(tell);
  if (by.includes('patient')) samePatients(left(), against).forEach(tell);
  if (by.includes('perceptual')) (await likeImages(left(), against, distance, onProgress)).forEach(tell);
  if (by.includes('question')) {
    const asked = dataset.samples.filter(({ imageHash }) => !bad.images.has(imageHash));
    likeQuestions(asked, against, similarity).forEach(tell);
  }
  return {
    samples: dataset.samples.filter(({ id, imageHash }) => !bad.images.has(imageHash) && !bad.samples.has(id)),
    images: left(),
    removed,
  };
}

function sameImages(images: readonly DatasetImage[], against: readonly Dataset[]): Contamination[] {
  const known = new Map(
    against.flatMap(({ dir, images: own }) =>
      own.flatMap(({ imageHash, originalHash }) =>
        [imageHash, originalHash ?? imageHash].map((hash) => [hash, { dir, imageHash }] as const),
      ),
    ),
  );
  return images.flatMap(({ imageHash, originalHash }) => {
    const found = known.get(imageHash) ?? known.get(originalHash ?? imageHash);
    if (found === undefined) return [];
    const detail = found.imageHash === imageHash ? 'the same bytes' : 'made of the same file';
    return [{ by: 'image', sample: null, imageHash, matches: found.imageHash, against: found.dir, detail }];
  });
}

function samePatients(images: readonly DatasetImage[], against: readonly Dataset[]): Contamination[] {
  const known = new Map(
    against.flatMap(({ dir, images: own }) =>
      own.flatMap((image) => (image.patient === null ? [] : [[patientKey(image.patient), { dir, image }] as const])),
    ),
  );
  return images.flatMap(({ imageHash, patient }) => {
    const found = patient === null ? undefined : known.get(patientKey(patient));
    if (found === undefined) return [];
    const { dir, image } = found;
    return [
      {
        by: 'patient',
        sample: null,
        imageHash,
        matches: image.imageHash,
        against: dir,
        detail: 'the same patient',
      },
    ];
  });
}

async function likeImages(
  images: readonly DatasetImage[],
  against: readonly Dataset[],
  distance: number,
  onProgress: DecontaminateOptions['onProgress'],
): Promise<Contamination[]> {
  const references = against.flatMap(({ dir, images: own, info }) =>
    info.images === 'none' ? [] : own.map((image) => ({ dir, image })),
  );
  const known = await mapInOrder(references, ({ image }) => hashOf(image), onProgress);
  const asked = await mapInOrder(images, hashOf, onProgress);
  const matches = nearImageMatches(asked, known, distance);
  return images.flatMap(({ imageHash }, index) => {
    const at = matches[index] ?? -1;
    const [reference, a, b] = [references[at], asked[index] ?? null, known[at] ?? null];
    if (reference === undefined || a === null || b === null) return [];
    const detail = `${hashDistance(a, b)} of 64 bits differ`;
    return [
      { by: 'perceptual', sample: null, imageHash, matches: reference.image.imageHash, against: reference.dir, detail },
    ];
  });
}

/** Question, options in any order, and answer: the question alone repeats in every set that has a template. */
const wholeText = ({ question, options, answer }: Sample): string =>
  comparedText([question, ...options.toSorted(), answer].join(' '));

function likeQuestions(samples: readonly Sample[], against: readonly Dataset[], similarity: number): Contamination[] {
  const references = new Map(
    against.flatMap(({ dir, samples: own }) => own.map((sample) => [wholeText(sample), { dir, sample }] as const)),
  );
  const known = [...references.keys()];
  const asked = [...new Set(samples.map(wholeText))];
  const matches = nearTextMatches(asked, known, similarity);
  const matchOf = new Map(asked.map((text, index) => [text, known[matches[index] ?? -1]]));
  return samples.flatMap((sample) => {
    const text = matchOf.get(wholeText(sample));
    const found = text === undefined ? undefined : references.get(text);
    if (text === undefined || found === undefined) return [];
    const detail = `${percent(jaccard(wholeText(sample), text), 0)} of the 4-grams of question, options and answer are the same`;
    return [
      {
        by: 'question',
        sample: sample.id,
        imageHash: sample.imageHash,
        matches: found.sample.id,
        against: found.dir,
        detail,
      },
    ];
  });
}
