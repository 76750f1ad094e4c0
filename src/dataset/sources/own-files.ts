/**
 * A person's own data as a source of the loop: dataset folders for seed and test, a dataset folder or a plain folder of
 * images for the pool. Refuses test images or patients among the seed, and leaves them out of the pool.
 */
import { basename, join } from 'node:path';
import { medgr2 } from '../../called-as.js';
import type { Config } from '../../config/schema.js';
import { ConfigError, DataError } from '../../errors.js';
import { seededRandom } from '../../random.js';
import type { Modality, QuestionType } from '../../sample.js';
import { isDatasetFolder, readDataset, type Dataset, type DatasetImage } from '../folders/dataset-folder.js';
import { questionIdentity } from '../import/accept-row.js';
import { mapInOrder } from '../import/import-helpers.js';
import { leftNotes, listImages, noImages, pictureNames, type LeftOut } from '../pictures/image-folder.js';
import { readPicture } from '../pictures/picture.js';
import { likeDistance } from '../near-duplicates/bits.js';
import { nearImageMatches } from '../near-duplicates/near-images.js';
import { hashOf } from '../near-duplicates/stored-hashes.js';
import { patientKey } from '../patients/patient-key.js';
import { patientsApart, refuseOtherKeys } from '../patients/pseudonym-key.js';
import type { DataProgress, LoopData, PoolImage } from './data-source.js';
import { askableTypes, labelledTeacher, type LabelledTeacher } from './labelled-teacher.js';

export type FilesOptions = Extract<Config['data'], { source: 'files' }> & {
  runSeed: number;
  /** Images leave this machine: what is known or likely to name a patient stays out of the pool. */
  remote: boolean;
  /** The simulated teacher, who knows the answers that the pool has; left out where another generator is asked. */
  teacher?: Pick<LabelledTeacher, 'errorRates'> | null;
};

type Part = Pick<Dataset, 'samples' | 'images'> & {
  /** Files of a plain folder that are no images. */
  left?: readonly LeftOut[];
};

/** What is left out of the configuration because its recipe does not read it. */
const nothing: Part = { samples: [], images: [] };

export async function loadFiles(options: FilesOptions, onProgress?: DataProgress): Promise<LoopData> {
  const { runSeed, teacher = null } = options;
  const seed = options.seed === undefined ? nothing : await readTrusted(options.seed, 'seed');
  const test = await readTrusted(options.test, 'test');
  const pool = options.pool === undefined ? nothing : await readPool(options.pool, options.modality, onProgress);
  const folders = [seed, test, pool].filter((part): part is Dataset => 'info' in part);
  refuseOtherKeys(
    folders,
    'Import them again in one project, so that their pseudonyms have one key: whether a patient is on both sides cannot be seen.',
  );
  const apart = patientsApart(folders);
  const tested = new Set(test.samples.map(({ imageHash }) => imageHash));
  const shown = test.images.filter(({ imageHash }) => tested.has(imageHash));
  // The file of a plain folder is what its clean picture was made of.
  for (const { originalHash } of shown) if (typeof originalHash === 'string') tested.add(originalHash);
  const held: Held = {
    images: tested,
    patients: patientsOf(test),
    likeSeed: await alikeTo(shown, seed.images),
    likePool: await alikeTo(shown, pool.images),
  };
  refuseLeak(seed, held, options);
  const isHeld = (image: DatasetImage): boolean =>
    held.images.has(image.imageHash) ||
    held.images.has(image.originalHash ?? image.imageHash) ||
    held.likePool.has(image.imageHash) ||
    (image.patient !== null && held.patients.has(patientKey(image.patient)));
  const unheld = pool.images.filter((image) => !isHeld(image));
  const known = teacher === null ? null : askableTypes(pool.samples);
  if (known !== null && known.size === 0 && options.pool !== undefined) throw noAnswers(options.pool);
  const asked = known === null ? unheld : unheld.filter(({ imageHash }) => known.has(imageHash));
  const usable = options.remote ? asked.filter(({ deidentified }) => deidentified !== false) : asked;
  if (options.pool !== undefined && usable.length === 0)
    throw new DataError('pool-empty', `none of the ${pool.images.length} pool images can be used`, {
      where: options.pool,
      remedy: 'Give images that the test set does not hold and that may leave this machine.',
    });
  const truth = new Map([...seed.samples, ...pool.samples].map((sample) => [questionIdentity(sample), sample.answer]));
  const bare = seed.samples.filter(({ rationale }) => rationale === '').length;
  const passedOver = ('left' in pool ? (pool.left ?? []) : []).filter(({ picture }) => picture);
  const left = [
    ...leftNotes(passedOver, null).map((note) => `, ${note}`),
    leftOut(
      pool.images.length - unheld.length,
      'because the test set has the image, one that looks like it, or its patient',
    ),
    leftOut(unheld.length - asked.length, 'because no question about them is answered'),
    leftOut(asked.length - usable.length, 'because they may name a patient and the generator is not on this machine'),
  ];
  return {
    seed: limited(seed.samples, options.seedLimit, runSeed, 'seed'),
    test: limited(test.samples, options.testLimit, runSeed, 'test'),
    pool: limited(usable, options.poolLimit, runSeed, 'pool').map((image) => toPoolImage(image, known)),
    patients: new Map(
      [seed, test, pool].flatMap(({ images }) =>
        images.flatMap(({ imageHash, patient }) =>
          patient === null ? [] : [[imageHash, patientKey(patient)] as const],
        ),
      ),
    ),
    truth: (sample) => truth.get(questionIdentity(sample)) ?? null,
    book: teacher === null ? null : labelledTeacher({ samples: pool.samples, seed: runSeed, ...teacher }),
    // Without the folders' places: the notice goes into exports.
    notice: noticeOf(
      [
        ...(options.seed === undefined
          ? []
          : [`${seed.samples.length} trusted samples from ${basename(options.seed)}`]),
        `${test.samples.length} test questions from ${basename(options.test)}`,
        ...(options.pool === undefined
          ? []
          : [`${usable.length} images to ask about from ${basename(options.pool)}${left.join('')}`]),
      ],
      [
        apart === null
          ? ''
          : 'Patients of different parts cannot be compared: some are as they were given, some pseudonyms. ',
        rationaleNote(bare, seed.samples.length),
        teacher === null || options.pool === undefined ? '' : teacherNote,
        options.pool === undefined || teacher !== null
          ? ''
          : 'Whether generated answers are true is known only where the pool has the same question answered. ',
      ],
    ),
  };
}

const noticeOf = (parts: readonly string[], notes: readonly string[]): string =>
  `Your own data: ${parts.join(', ')}. ${notes.join('')}Results are for research, not for care.`;

async function readWithImages(folder: string): Promise<Dataset> {
  const dataset = await readDataset(folder);
  if (dataset.info.images !== 'none') return dataset;
  throw new DataError('dataset-without-images', `${folder} was imported without its images (--images none)`, {
    where: folder,
    remedy: 'Import it again with its images.',
  });
}

async function readTrusted(folder: string, part: 'seed' | 'test'): Promise<Dataset> {
  const dataset = await readWithImages(folder);
  if (dataset.samples.length > 0) return dataset;
  throw new DataError('dataset-empty', `${folder} holds no samples, so that it cannot be data.${part}`, {
    where: folder,
    remedy: 'Its rejected.jsonl says why rows were left out.',
  });
}

export async function readPool(folder: string, modality: Modality, onProgress?: DataProgress): Promise<Part | Dataset> {
  if (isDatasetFolder(folder)) return readWithImages(folder);
  const { names, left } = await listImages(folder);
  if (names.length === 0) throw noImages(folder, left);
  // Its name says that it was meant.
  const meant = left.find(({ name, picture }) => picture && pictureNames.test(name));
  if (meant !== undefined) throw unusable(folder, join(folder, meant.name), meant.why);
  const readImage = async (name: string): Promise<DatasetImage> => {
    const path = join(folder, name);
    const picture = await readPicture(path);
    // Only its pixels matter here: what stands beside them stays behind when it is sent, trained on or exported.
    const reason =
      'reason' in picture ? picture.reason : picture.changed === 'pixels' ? 'has to be converted first' : null;
    if (reason !== null || 'reason' in picture) throw unusable(folder, path, reason ?? '');
    const { width, height, warnings, originalHash } = picture;
    const known = { path, imageHash: originalHash, modality, patient: null, deidentified: null, originalHash };
    return { ...known, warnings, width, height, detail: null };
  };
  const images = await mapInOrder(names, readImage, onProgress);
  return { samples: [], images: [...new Map(images.map((image) => [image.imageHash, image])).values()], left };
}

const unusable = (folder: string, path: string, reason: string): DataError =>
  new DataError('pool-image', `${path} ${reason}`, {
    where: path,
    remedy: `Run \`${medgr2} import images ${folder} --out DIR\` and give DIR: it converts what can be and lists the rest.`,
  });

interface Held {
  images: ReadonlySet<string>;
  patients: ReadonlySet<string>;
  /** Images of seed and pool that look like one of the test set: resized, or encoded anew. */
  likeSeed: ReadonlySet<string>;
  likePool: ReadonlySet<string>;
}

/** Hashes of those images that look like one of the held ones. */
async function alikeTo(held: readonly DatasetImage[], images: readonly DatasetImage[]): Promise<Set<string>> {
  if (held.length === 0 || images.length === 0) return new Set();
  const [known, asked] = [await mapInOrder(held, hashOf), await mapInOrder(images, hashOf)];
  const matches = nearImageMatches(asked, known, likeDistance);
  return new Set(images.flatMap(({ imageHash }, item) => ((matches[item] ?? -1) === -1 ? [] : [imageHash])));
}

const patientsOf = ({ images }: Part): Set<string> =>
  new Set(images.flatMap(({ patient }) => (patient === null ? [] : [patientKey(patient)])));

function refuseLeak(seed: Part, held: Held, options: FilesOptions): void {
  const images = new Set(seed.samples.flatMap(({ imageHash }) => (held.images.has(imageHash) ? [imageHash] : [])));
  const patients = [...patientsOf(seed)].filter((patient) => held.patients.has(patient));
  const like = new Set(seed.samples.flatMap(({ imageHash }) => (held.likeSeed.has(imageHash) ? [imageHash] : [])));
  if (images.size === 0 && patients.length === 0 && like.size === 0) return;
  const what =
    images.size > 0
      ? `${images.size} images`
      : patients.length > 0
        ? `${patients.length} patients`
        : `${like.size} images that look like those`;
  throw new DataError('test-leak', `${what} of the test set are in the seed too: every accuracy would be too high`, {
    where: options.seed,
    remedy: `Run \`${medgr2} decontaminate ${options.seed} --against ${options.test} --out DIR\`, or \`split\`.`,
  });
}

function limited<T>(items: readonly T[], limit: number | undefined, seed: number, part: string): T[] {
  if (limit === undefined || limit >= items.length) return [...items];
  return seededRandom(seed, 'files limit', part).shuffle(items).slice(0, limit);
}

export const toPoolImage = (
  { path, imageHash, modality, deidentified, context, contextMaskedBy }: DatasetImage,
  types: ReadonlyMap<string, QuestionType[]> | null = null,
): PoolImage => ({
  image: path,
  imageHash,
  modality,
  ...(types === null ? {} : { questionTypes: types.get(imageHash) ?? [] }),
  ...(deidentified === null ? {} : { deidentified }),
  ...(typeof context === 'string' ? { context: { text: context, maskedBy: contextMaskedBy ?? null } } : {}),
});

const teacherNote =
  "The teacher is simulated: it answers from the pool's own questions, wrong at the stated rate. A run shows that these images pass " +
  'through every stage, and what the filter does with such mistakes; no real generator was asked. ';

const noAnswers = (pool: string): ConfigError =>
  new ConfigError('no-teacher', `the simulated teacher knows no answers about the images of ${pool}`, {
    where: pool,
    remedy:
      `Give a pool with answered questions (\`${medgr2} import classes\` and \`import boxes\` make them of labels, \`split\` parts them), or set ` +
      'generation.provider to gemini, openai or local.',
  });

/** R_φ judges answers by their reasoning: it has to see some. */
const rationaleNote = (bare: number, all: number): string =>
  2 * bare <= all
    ? ''
    : `${bare} of ${all} trusted samples have no rationale, so that the reward model learns little of reasoning: ` +
      'import them with --map rationale=COLUMN if there is one. ';

const leftOut = (count: number, why: string): string => (count === 0 ? '' : `, ${count} left out ${why}`);
