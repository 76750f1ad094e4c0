import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createPhantomData } from '../../src/dataset/sources/phantom-source.js';
import { corpusScene } from '../../src/phantom/corpus.js';
import { drawPixels, imageSize } from '../../src/phantom/draw.js';
import { factsOf, topics } from '../../src/phantom/scene-facts.js';
import { composition, phantomModalities, randomScene, splitOf } from '../../src/phantom/scene.js';
import { blindSpots, teach } from '../../src/phantom/teacher.js';
import { askQuestion, recognise } from '../../src/phantom/wording.js';
import { seededRandom } from '../../src/random.js';
import { questionTypes, strategies } from '../../src/sample.js';

const errorRates = { direct: 0.45, 'step-by-step': 0.35, 'meta-cognitive': 0.28 };

describe('scenes', () => {
  it('keeps base, loop and test compositions apart', () => {
    const seen = new Map<string, string>();
    for (const split of ['base', 'loop', 'test'] as const) {
      for (let n = 0; n < 400; n++) {
        const scene = randomScene(split, 'apart', n);
        const key = composition(scene);
        expect(splitOf(scene)).toBe(split);
        expect(seen.get(key) ?? split).toBe(split);
        seen.set(key, split);
      }
    }
  });

  it('draws the same pixels for the same scene and others for another jitter', () => {
    const scene = randomScene('loop', 1);
    expect(drawPixels(scene)).toEqual(drawPixels(scene));
    expect(drawPixels(scene)).toHaveLength(imageSize * imageSize * 3);
    expect(drawPixels({ ...scene, jitter: 'other' })).not.toEqual(drawPixels(scene));
  });

  it('shows every lesion: removing one changes the pixels of its quadrant far beyond noise', () => {
    for (let n = 0; n < 60; n++) {
      const scene = randomScene('loop', 'visible', n);
      const lesion = scene.lesions[0];
      if (lesion === undefined) continue;
      // Same jitter, so background and noise are alike up to the draws that the lesion itself takes.
      const small = drawPixels({ ...scene, lesions: [lesion] });
      const empty = drawPixels({ ...scene, lesions: [] });
      const left = lesion.place.endsWith('left');
      const upper = lesion.place.startsWith('upper');
      let changed = 0;
      for (let y = upper ? 8 : 44; y < (upper ? 40 : 76); y++) {
        for (let x = left ? 8 : 44; x < (left ? 40 : 76); x++) {
          const at = (y * imageSize + x) * 3;
          const difference = [0, 1, 2].reduce(
            (sum, c) => sum + Math.abs((small[at + c] as number) - (empty[at + c] as number)),
            0,
          );
          if (difference > 90) changed++;
        }
      }
      expect(changed, composition(scene)).toBeGreaterThan(3);
    }
  });
});

describe('facts and wording', () => {
  it('offers truth and lookalike among distinct options, and recognises its own questions', () => {
    for (let n = 0; n < 100; n++) {
      const random = seededRandom('facts', n);
      const facts = factsOf(randomScene('loop', 'facts', n), random);
      for (const fact of facts) {
        expect(new Set(fact.options).size).toBe(fact.options.length);
        expect(fact.options).toContain(fact.truth);
        expect(fact.options).toContain(fact.lookalike);
        expect(fact.lookalike).not.toBe(fact.truth);
        expect(recognise(askQuestion(fact, random), facts)?.truth).toBe(fact.truth);
      }
    }
    expect(recognise('Is there a fracture?', factsOf(randomScene('loop', 0), seededRandom(0)))).toBeNull();
  });

  it('never shows the base model a question of the teacher', () => {
    const teacherQuestions = new Set<string>();
    for (let n = 0; n < 500; n++) {
      const random = seededRandom('overlap', n);
      for (const fact of factsOf(randomScene('loop', 'overlap', n), random))
        teacherQuestions.add(askQuestion(fact, random));
    }
    for (let n = 0; n < 500; n++) {
      for (const { prompt } of corpusScene(n, { seed: 1, formatted: 2, habit: 0.5, local: 0.5 }).items) {
        expect(teacherQuestions).not.toContain(prompt.split('\n')[0]);
      }
    }
  });
});

describe('the simulated teacher', () => {
  it('is wrong about as often as configured, in blind spots that better strategies open', () => {
    const options = { seed: 5, errorRates };
    const blind = strategies.map((strategy) => blindSpots(strategy, options));
    expect([...(blind[2] ?? [])].every((cell) => blind[0]?.has(cell))).toBe(true);
    for (const [index, strategy] of strategies.entries()) {
      let wrong = 0;
      const n = 1500;
      for (let i = 0; i < n; i++) {
        const scene = randomScene('loop', 'teacher', i);
        const type = questionTypes[i % questionTypes.length] ?? 'disease diagnosis';
        const { fact, answer } = teach(scene, strategy, type, options, blind[index] ?? new Set());
        expect(fact.options).toContain(answer);
        if (answer !== fact.truth) wrong++;
      }
      // Cells are not asked about equally often, so the rate over samples scatters around the rate over cells.
      expect(Math.abs(wrong / n - errorRates[strategy])).toBeLessThan(0.1);
    }
    expect(blind[0]?.size).toBe(Math.round(((0.45 - 0.1) / 0.75) * phantomModalities.length * topics.length));
  });
});

describe('phantom data', () => {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true }))));

  it('knows the truth of its own samples and of the teacher, and is the same when opened again', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'medgr2-phantom-'));
    made.push(dir);
    const options = { dir, seed: 3, counts: { seed: 10, test: 12, pool: 8 }, teacher: { errorRates } };
    const data = await createPhantomData(options);
    for (const sample of [...data.seed, ...data.test]) expect(data.truth(sample)).toBe(sample.answer);
    const [image] = data.pool;
    const reply = data.book?.reply({
      imageHash: image?.imageHash ?? '',
      strategy: 'direct',
      questionType: 'disease diagnosis',
    });
    expect(reply?.options).toContain(reply?.answer);
    expect(
      data.book?.reply({ imageHash: 'unknown', strategy: 'direct', questionType: 'disease diagnosis' }),
    ).toBeNull();
    const told: [number, number][] = [];
    const again = await createPhantomData({ ...options, onProgress: (...progress) => told.push(progress) });
    // 12 questions are asked about 6 images.
    expect(told.map(([done]) => done)).toEqual([8, 10, 18, 24]);
    expect(told.every(([, total]) => total === 24)).toBe(true);
    expect(again.seed).toEqual(data.seed);
    expect(again.test).toEqual(data.test);
    const images = (samples: readonly { imageHash: string }[]) => new Set(samples.map((sample) => sample.imageHash));
    expect(images(data.test).isDisjointFrom(images([...data.seed, ...data.pool]))).toBe(true);
  });
});
