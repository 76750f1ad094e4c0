/** The phantom data source: draws the images of a run and knows the truth of each. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makePrivateFolder, onDisk, privateFile } from '../../disk.js';
import { sha256 } from '../../hash.js';
import { drawPng } from '../../phantom/draw.js';
import { factsOf, randomFact, topicTypes } from '../../phantom/scene-facts.js';
import { randomScene, type Scene, type Split } from '../../phantom/scene.js';
import { blindSpots, teach } from '../../phantom/teacher.js';
import { askQuestion, rationaleFor, recognise } from '../../phantom/wording.js';
import type { TeacherBook } from '../../providers/simulated/teacher-book.js';
import { seededRandom } from '../../random.js';
import { questionTypes, strategies, type Sample, type Strategy } from '../../sample.js';
import { mapInOrder } from '../import/import-helpers.js';
import type { DataProgress, LoopData, PoolImage } from './data-source.js';

const notice =
  'Phantoms are procedurally drawn images and the teacher is simulated. ' +
  'Results on them show that the loop works; they are no evidence about any medical question.';

export interface PhantomDataOptions {
  /** Images go to `images/` below this folder. */
  dir: string;
  seed: number;
  counts: { seed: number; test: number; pool: number };
  teacher: { errorRates: Readonly<Record<Strategy, number>> };
  onProgress?: DataProgress | undefined;
  earlier?: EarlierDrawing | undefined;
}

/** What an earlier start of the same run drew: an image that has changed since is drawn again. */
export interface EarlierDrawing {
  /** sha256 of an image by its file name, where it is known. */
  hashOf(name: string): string | undefined;
  /** Told of each image that had changed. */
  redrawn(name: string): void;
}

interface DrawnScene {
  scene: Scene;
  image: string;
  imageHash: string;
}

/** Draws once: a file from an earlier start of the same run is read back, so a resumed run starts at once. */
async function drawn(
  { dir, earlier }: Pick<Drawing, 'dir' | 'earlier'>,
  name: string,
  scene: Scene,
): Promise<DrawnScene> {
  const image = path.join(dir, `${name}.png`);
  return onDisk(image, async () => {
    const there = await readFile(image).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    const expected = earlier?.hashOf(`${name}.png`);
    const imageHash = there === null ? null : sha256(there);
    if (imageHash !== null && (expected === undefined || expected === imageHash)) return { scene, image, imageHash };
    if (imageHash !== null) earlier?.redrawn(`${name}.png`);
    const bytes = await drawPng(scene);
    await writeFile(`${image}.partial`, bytes, { mode: privateFile });
    await rename(`${image}.partial`, image);
    return { scene, image, imageHash: sha256(bytes) };
  });
}

interface Drawing {
  dir: string;
  split: Split;
  purpose: string;
  seed: number;
  count: number;
  earlier: PhantomDataOptions['earlier'];
}

const drawMany = ({ split, purpose, seed, count, ...place }: Drawing, onDrawn: (done: number) => void) =>
  mapInOrder(
    [...Array(count).keys()],
    (n) => drawn(place, `${purpose}-${String(n).padStart(5, '0')}`, randomScene(split, purpose, seed, n)),
    onDrawn,
  );

/** A true sample about a scene, in the words the test and the teacher use; question types take turns. */
function trustedSample({ scene, image, imageHash }: DrawnScene, purpose: string, seed: number, turn: number): Sample {
  const random = seededRandom('phantom-trusted', purpose, seed, turn, scene.jitter);
  const fact = randomFact(scene, questionTypes[turn % questionTypes.length] ?? null, random);
  const question = askQuestion(fact, random);
  return {
    id: `${purpose}-${String(turn).padStart(5, '0')}`,
    image,
    imageHash,
    question,
    options: [...fact.options],
    answer: fact.truth,
    rationale: rationaleFor(fact, fact.truth, random.pick(strategies), random),
    questionType: topicTypes[fact.topic],
    modality: scene.modality,
    provenance: { provider: purpose, model: 'phantom-truth', strategy: null, promptHash: null, cycle: 0 },
    score: null,
    rewardModelVersion: null,
  };
}

/** Questions asked of one test image; more questions an image make the test cheaper and its errors more alike. */
const questionsPerTestImage = 2;

export async function createPhantomData({
  dir,
  seed,
  counts,
  teacher,
  onProgress,
  earlier,
}: PhantomDataOptions): Promise<LoopData> {
  const images = path.join(dir, 'images');
  makePrivateFolder(images);
  const testImages = Math.ceil(counts.test / questionsPerTestImage);
  const total = counts.seed + counts.pool + testImages;
  const draw = (split: Split, purpose: string, count: number, before: number) =>
    drawMany({ dir: images, split, purpose, seed, count, earlier }, (done) => onProgress?.(before + done, total));
  const seedScenes = await draw('loop', 'seed', counts.seed, 0);
  const poolScenes = await draw('loop', 'pool', counts.pool, counts.seed);
  const testScenes = await draw('test', 'test', testImages, counts.seed + counts.pool);
  const byHash = new Map([...seedScenes, ...poolScenes, ...testScenes].map((item) => [item.imageHash, item.scene]));

  const options = { seed, errorRates: teacher.errorRates };
  const blind = new Map(strategies.map((strategy) => [strategy, blindSpots(strategy, options)]));
  const book: TeacherBook = {
    reply({ imageHash, strategy, questionType }) {
      const scene = byHash.get(imageHash);
      if (scene === undefined) return null;
      const { fact, question, answer, rationale } = teach(
        scene,
        strategy,
        questionType,
        options,
        blind.get(strategy) ?? new Set(),
      );
      return { question, options: [...fact.options], answer, rationale, questionType: topicTypes[fact.topic] };
    },
  };
  return {
    seed: seedScenes.map((item, n) => trustedSample(item, 'seed', seed, n)),
    test: Array.from({ length: counts.test }, (_, n) =>
      trustedSample(testScenes[Math.floor(n / questionsPerTestImage)] as DrawnScene, 'test', seed, n),
    ),
    pool: poolScenes.map(({ scene, image, imageHash }): PoolImage => ({ image, imageHash, modality: scene.modality })),
    truth({ imageHash, question }) {
      const scene = byHash.get(imageHash);
      // Options are drawn at random but questions and truths are not: any random source serves here.
      return scene === undefined ? null : (recognise(question, factsOf(scene, seededRandom('truth')))?.truth ?? null);
    },
    book,
    notice,
  };
}
