/** Near-duplicates, splits and decontamination, on texts and pictures whose kinship is known. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { decontaminate } from '../../src/dataset/folders/decontaminate.js';
import { readDataset, type Dataset, type DatasetImage } from '../../src/dataset/folders/dataset-folder.js';
import { importImages } from '../../src/dataset/import/import-images.js';
import { createHashIndex, type Hash64 } from '../../src/dataset/near-duplicates/hash-index.js';
import {
  hashDistance,
  apartImageGroups,
  nearImageGroups,
  nearImageMatches,
  type PerceptualHash,
} from '../../src/dataset/near-duplicates/near-images.js';
import { eachRun } from '../../src/dataset/near-duplicates/shared-keys.js';
import { removeNearOverlap } from '../../src/dataset/near-duplicates/near-overlap.js';
import {
  comparedText,
  jaccard,
  nearTextGroups,
  nearTextMatches,
} from '../../src/dataset/near-duplicates/near-texts.js';
import { splitDataset } from '../../src/dataset/folders/split.js';
import { sha256 } from '../../src/hash.js';
import { seededRandom } from '../../src/random.js';
import { modalities } from '../../src/sample.js';
import { makeSample } from '../helpers/sample.js';
import { writePictures } from '../helpers/pictures.js';

vi.setConfig({ testTimeout: 120_000 });

const random = seededRandom('near test');
const words =
  'lung lesion left right upper lower lobe mass contrast image axial chest nodule pleural bright dark'.split(' ');
const sentence = (): string => Array.from({ length: 9 }, () => random.pick(words)).join(' ');

describe('texts', () => {
  test('are grouped as an exact comparison of all pairs groups them', () => {
    const texts = Array.from({ length: 150 }, sentence).flatMap((text) => [
      text,
      comparedText(`${text} please`),
      comparedText(text.replace(' ', ', the ')),
    ]);
    const groups = nearTextGroups(texts, 0.8);
    for (const [item, group] of groups.entries()) {
      if (group !== item) expect(jaccard(texts[item] ?? '', texts[group] ?? '')).toBeGreaterThanOrEqual(0.8);
      const missed = texts.findIndex(
        (text, other) => other < item && groups[other] === other && jaccard(text, texts[item] ?? '') >= 0.9,
      );
      if (group === item) expect(missed).toBe(-1);
    }
    expect(new Set(groups).size).toBeLessThan(200);
  });

  test('of letters beyond Latin-1 are told apart', () => {
    expect(jaccard('肺部影像异常', '肺部影像正常')).toBeLessThan(0.7);
    const asked = ['what is seen in the lower left of this image'];
    expect([...nearTextMatches(asked, ['who was here', `${asked[0] ?? ''} here`], 0.7)]).toEqual([1]);
    expect([...nearTextMatches(asked, ['who was here'], 0.7)]).toEqual([-1]);
  });
});

describe('image hashes', () => {
  const hash = (): Hash64 => [random.int(2 ** 32), random.int(2 ** 32)];
  const flip = ([high, low]: Hash64, bits: number): Hash64 => {
    const places = new Set<number>();
    while (places.size < bits) places.add(random.int(64));
    const mask = (half: number): number =>
      [...places].reduce((sum, place) => (place >> 5 === half ? sum | (1 << (place & 31)) : sum), 0);
    return [(high ^ mask(0)) >>> 0, (low ^ mask(1)) >>> 0];
  };
  /** Chains of steps around the distance, so that a hash can be near two others that are far apart. */
  const chains = (count: number, distance: number): Hash64[] =>
    Array.from({ length: count }, hash).flatMap((first) => {
      const chain = [first];
      for (let step = -1; step <= 2; step++) chain.push(flip(random.pick(chain), Math.max(0, distance + step)));
      return chain;
    });
  const firstNear = (hashes: readonly PerceptualHash[], asked: Hash64, distance: number): number =>
    hashes.findIndex((other) => other !== null && hashDistance(other, asked) <= distance);
  const distances = Array.from({ length: 13 }, (_, distance) => distance);

  test.each(distances)('are grouped and matched at %i bits as a comparison of all pairs does it', (distance) => {
    const hashes: PerceptualHash[] = chains(60, distance);
    for (let item = 7; item < hashes.length; item += 50) hashes[item] = null;
    const leaders: PerceptualHash[] = hashes.map(() => null);
    const expected = hashes.map((found, item) => {
      const leader = found === null ? item : firstNear(leaders, found, distance);
      if (leader === -1) leaders[item] = found;
      return leader === -1 ? item : leader;
    });
    expect([...nearImageGroups(hashes, distance)]).toEqual(expected);
    expect(new Set(expected).size).toBeLessThan(hashes.length * 0.8);
    // Groups that are parted from each other: the transitive closure over all pairs.
    const apart = hashes.map((_, item) => item);
    for (const [item, found] of hashes.entries())
      for (const [other, known] of hashes.slice(0, item).entries()) {
        if (found === null || known === null || hashDistance(found, known) > distance) continue;
        const [low, high] = [apart[other] ?? 0, apart[item] ?? 0].toSorted((a, b) => a - b);
        for (const [at, group] of apart.entries()) if (group === high) apart[at] = low ?? 0;
      }
    expect([...apartImageGroups(hashes, distance)]).toEqual(apart);
    const [queries, references] = [hashes.slice(0, 150), hashes.slice(100)];
    expect([...nearImageMatches(queries, references, distance)]).toEqual(
      queries.map((query) => (query === null ? -1 : firstNear(references, query, distance))),
    );
  });

  // Many hashes are cut into fewer and longer parts than the few of the test above.
  test.each([
    [50_000, 8],
    [1_000_000, 4],
    [1_000_000, 8],
  ])('are found in an index for %i at %i bits', (capacity, distance) => {
    const index = createHashIndex(capacity, distance);
    const hashes = chains(60, distance);
    const given = hashes.map((found, at) => [capacity - hashes.length + at, found] as const);
    for (const [item, found] of given) index.add(item, found);
    for (const found of chains(20, distance).concat(hashes.map((one) => flip(one, random.int(distance + 2))))) {
      const near = firstNear(hashes, found, distance);
      expect(index.first(found)).toBe(near === -1 ? -1 : capacity - hashes.length + near);
    }
  });
});

describe('splits', () => {
  const images: DatasetImage[] = Array.from({ length: 300 }, (_, number) => ({
    path: `/${number}.png`,
    imageHash: `hash-${number}`,
    modality: number % 10 === 0 ? 'OCT' : number % 3 === 0 ? 'CT' : 'MRI',
    patient: number % 4 === 0 ? null : `patient-${Math.floor(number / 5)}`,
    deidentified: null,
    warnings: [],
    width: 1,
    height: 1,
    detail: null,
  }));
  const samples = images.flatMap(({ imageHash, modality, path }, number) =>
    Array.from({ length: 1 + (number % 3) }, (_, turn) =>
      makeSample({
        id: `${number}-${turn}`,
        image: path,
        imageHash,
        modality,
        questionType: turn === 0 ? 'disease diagnosis' : 'lesion grading',
      }),
    ),
  );
  const shares = [
    { name: 'train', share: 0.8 },
    { name: 'test', share: 0.2 },
  ];
  const parts = splitDataset({ samples, images }, shares, 0);

  test('keep patients and images on one side, lose nothing, and are the same again', () => {
    const [train, held] = parts;
    for (const key of [(it: DatasetImage) => it.imageHash, (it: DatasetImage) => it.patient]) {
      const inTrain = new Set(train?.images.map(key));
      expect(held?.images.filter((image) => key(image) !== null && inTrain.has(key(image)))).toEqual([]);
    }
    expect(parts.flatMap((part) => part.samples)).toHaveLength(samples.length);
    expect(parts.flatMap((part) => part.images)).toHaveLength(300);
    expect(splitDataset({ samples, images }, shares, 0)).toEqual(parts);
    expect(splitDataset({ samples, images }, shares, 1)).not.toEqual(parts);
  });

  test('are alike in modality and question type', () => {
    for (const [, group] of Map.groupBy(samples, ({ modality, questionType }) => `${modality} ${questionType}`)) {
      const held = group.filter((sample) => parts[1]?.samples.includes(sample)).length;
      expect(Math.abs(held / group.length - 0.2), `${held} of ${group.length}`).toBeLessThan(0.06);
    }
  });

  test('do not put all patients that are alone in their modality into the first part', () => {
    const alone = images.slice(0, 8).map((image, number) => ({
      ...image,
      modality: modalities[number] ?? 'unknown',
      patient: `alone-${number}`,
    }));
    const sizes = (...wanted: number[]): number[] =>
      splitDataset(
        { samples: [], images: alone },
        wanted.map((share, at) => ({ name: `${at}`, share })),
        0,
      ).map((part) => part.images.length);
    expect(sizes(0.5, 0.5)).toEqual([4, 4]);
    expect(sizes(0.25, 0.75)).toEqual([2, 6]);
    expect(sizes(0.75, 0.25)).toEqual([6, 2]);
  });
});

describe('with pictures', () => {
  let dir = '';
  let train: Dataset;
  let evaluation: Dataset;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'medgr2-near-'));
    await writePictures(join(dir, 'train'), 8);
    await writePictures(join(dir, 'eval'), 2, 6); // 6 and 7 are in both
    const copy = await sharp(join(dir, 'train/0.png')).resize(90, 90).jpeg({ quality: 70 }).toBuffer();
    writeFileSync(join(dir, 'eval/copy.jpg'), copy);
    for (const name of ['train', 'eval']) await importImages({ path: join(dir, name), out: join(dir, `${name}-set`) });
    [train, evaluation] = [await readDataset(join(dir, 'train-set')), await readDataset(join(dir, 'eval-set'))];
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('decontamination finds bytes, copies, patients and questions, each with its reason', async () => {
    const asked = (set: Dataset, at: number, fields: object) =>
      makeSample({ image: set.images[at]?.path ?? '', imageHash: set.images[at]?.imageHash ?? '', ...fields });
    const images = train.images.map((image) => ({
      ...image,
      patient: image.path === train.images[1]?.path ? 'p' : null,
    }));
    const question = 'Where in the picture is the brightest of all the spots?';
    const set: Dataset = {
      ...train,
      images,
      samples: images.map((_, at) =>
        asked(train, at, { id: `t${at}`, question: at === 2 ? question : `What is number ${at}?` }),
      ),
    };
    const other: Dataset = {
      ...evaluation,
      images: evaluation.images.map((image, at) => ({ ...image, patient: at === 0 ? 'p' : null })),
      samples: [asked(evaluation, 0, { id: 'e', question: question.replace('all the', 'the') })],
    };
    const all = await decontaminate(set, [other], {
      by: ['image', 'perceptual', 'patient', 'question'],
      distance: 6,
      similarity: 0.8,
    });
    const counts = Object.groupBy(all.removed, ({ by }) => by);
    expect([counts.image?.length, counts.perceptual?.length, counts.question?.length]).toEqual([2, 1, 1]);
    expect(counts.question?.[0]).toMatchObject({
      sample: 't2',
      matches: 'e',
      detail: expect.stringMatching(/^\d\d % of/),
    });
    expect(all.samples.length + all.removed.filter(({ sample }) => sample !== null).length).toBe(all.images.length);
    const onlyBytes = await decontaminate(set, [other], { by: ['image'], distance: 6, similarity: 0.9 });
    expect(onlyBytes.images).toHaveLength(6);
  });

  test('the filter’s switches are separate, and other answers are no duplicates', async () => {
    const copy = evaluation.images.find(({ path }) => path.endsWith('.jpg'));
    const of = (path: string, imageHash: string) =>
      makeSample({ image: path, imageHash, question: 'Is there a mass in the left lung here?' });
    const bytes = readFileSync(join(dir, 'train/0.png'));
    const original = train.images.find(({ imageHash }) => imageHash === sha256(bytes));
    if (original === undefined || copy === undefined) throw new Error('no pictures');
    const old = of(original.path, original.imageHash);
    const again = { ...old, image: copy.path, imageHash: copy.imageHash };
    const reworded = { ...old, question: 'Is there a mass in the left lung?' };
    const denied = { ...reworded, answer: 'CT' };
    const run = (text: number | null, image: number | null) =>
      removeNearOverlap([again, reworded, denied], [old], { text, image }, (path) => path);
    expect((await run(null, null)).kept).toEqual([again, reworded, denied]);
    expect((await run(0.8, null)).near).toEqual([reworded]);
    expect((await run(null, 6)).near).toEqual([again]);
    expect((await run(0.8, 6)).kept).toEqual([denied]);
  });
});

describe('items that share a key', () => {
  const runsOf = (count: number, keyOf: (item: number) => number | null): number[][] => {
    const runs: number[][] = [];
    eachRun(count, keyOf, (items) => runs.push([...items]));
    return runs;
  };

  test('are found whichever their number, also where a key and a number fit no float any more', () => {
    const largest = 2 ** 32 - 1;
    const many = 2 ** 21 + 3;
    // The first and the last share the largest key, two in the middle a small one; the others have none.
    const keys = new Map([
      [0, largest],
      [many - 1, largest],
      [5, 7],
      [2 ** 21, 7],
      [6, 2 ** 31],
    ]);
    const expected = [
      [5, 2 ** 21],
      [0, many - 1],
    ];
    expect(runsOf(many, (item) => keys.get(item) ?? null)).toEqual(expected);
    expect(runsOf(10, (item) => (item % 5 === 0 ? largest : null))).toEqual([[0, 5]]);
  });

  test('are refused by name where they are too many to be looked up', () => {
    expect(() => runsOf(2 ** 24 + 1, () => null)).toThrow(expect.objectContaining({ code: 'too-many-items' }));
  });
});
