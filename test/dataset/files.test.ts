/** A person's own images through the loop: imported, checked for leaks, prepared, asked about over loopback, trained on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { loadFiles, type FilesOptions } from '../../src/dataset/sources/own-files.js';
import { readDataset, writeDataset } from '../../src/dataset/folders/dataset-folder.js';
import { importImages } from '../../src/dataset/import/import-images.js';
import { importQuestions } from '../../src/dataset/import/import-questions.js';
import { projectKey } from '../../src/dataset/patients/pseudonym-key.js';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import { generateAlone } from '../../src/loop/single-stage/single-stages.js';
import { findFacts } from '../../src/loop/estimate/plan-facts.js';
import { runRecipe } from '../../src/loop/comparison/run-recipe.js';
import { runLoop } from '../../src/loop/run.js';
import { startTeacherServer } from '../../src/providers/simulated/simulated-server.js';
import { fakeEngine } from '../loop/fake-engine.js';
import { writePictures } from '../helpers/pictures.js';

vi.setConfig({ testTimeout: 120_000 });

let dir = '';
const at = (name: string): string => join(dir, name);
const question = (number: number) => ({
  id: `q${number}`,
  question: 'Which side is brighter?',
  options: ['left', 'right'],
  answer: number % 2 === 0 ? 'A' : 'right',
  image: `${number}.png`,
  modality: 'CT',
  patient: `p${Math.floor(number / 2)}`,
  rationale: 'One half of the image is clearly brighter than the other half.',
});
async function importRange(name: string, from: number, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => question(from + index));
  writeFileSync(at(`raw/${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await importQuestions('jsonl', { path: at(`raw/${name}.jsonl`), out: at(name) });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-files-'));
  await writePictures(at('raw'), 40);
  await importRange('seed', 0, 12);
  await importRange('test', 12, 6);
  await importRange('leaky', 11, 3);
  await importImages({ path: at('raw'), out: at('pool'), modality: 'MRI' });
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const options = (fields: Partial<FilesOptions> = {}): FilesOptions => ({
  source: 'files',
  seed: at('seed'),
  test: at('test'),
  pool: at('pool'),
  modality: 'unknown',
  runSeed: 0,
  remote: false,
  ...fields,
});

describe('the data', () => {
  test('keeps test images out of the pool and says so', async () => {
    const data = await loadFiles(options());
    expect([data.seed.length, data.test.length, data.pool.length]).toEqual([12, 6, 34]);
    const held = new Set(data.test.map(({ imageHash }) => imageHash));
    expect(data.pool.filter(({ imageHash }) => held.has(imageHash))).toEqual([]);
    expect(data.notice).toContain('6 left out because the test set has the image');
    expect(data.book).toBeNull();
  });

  test('knows the truth of questions that the seed answers, in any order of options', async () => {
    const data = await loadFiles(options());
    const [sample] = data.seed;
    if (sample === undefined) throw new Error('no seed');
    expect(data.truth({ ...sample, options: sample.options.toReversed() })).toBe('left');
    expect(data.truth({ ...sample, question: 'What else?' })).toBeNull();
  });

  test('has a simulated teacher where the pool’s questions are answered, and asks about those images alone', async () => {
    const errorRates = { direct: 1, 'step-by-step': 0, 'meta-cognitive': 0 };
    await importRange('answered', 20, 9);
    const data = await loadFiles(options({ pool: at('answered'), teacher: { errorRates } }));
    expect(data.pool).toHaveLength(9);
    expect(data.notice).toContain('The teacher is simulated');
    for (const { imageHash, questionTypes = [] } of data.pool) {
      const [questionType = 'lesion grading', ...others] = questionTypes;
      expect(others).toEqual([]);
      const right = data.book?.reply({ imageHash, strategy: 'step-by-step', questionType });
      const wrong = data.book?.reply({ imageHash, strategy: 'direct', questionType });
      const asked = { ...(data.seed[0] as (typeof data.seed)[number]), imageHash };
      expect(data.truth(asked)).toBe(right?.answer);
      expect([right?.answer, wrong?.answer].toSorted()).toEqual(['left', 'right']);
    }
    await expect(loadFiles(options({ teacher: { errorRates } }))).rejects.toMatchObject({
      code: 'no-teacher',
      remedy: expect.stringContaining('import classes'),
    });
  });

  test('refuses images, then patients, of the test set in the seed', async () => {
    await expect(loadFiles(options({ seed: at('leaky') }))).rejects.toMatchObject({
      code: 'test-leak',
      message: expect.stringContaining('images'),
    });
    const seed = await readDataset(at('seed'));
    const images = seed.images.map((image) => ({ ...image, patient: projectKey().pseudonym('p6') }));
    await writeDataset(at('same-patient'), { ...seed, images, rejected: [] });
    await expect(loadFiles(options({ seed: at('same-patient') }))).rejects.toMatchObject({
      code: 'test-leak',
      message: expect.stringContaining('patients'),
    });
  });

  test('leaves out what may name a patient where images leave the machine', async () => {
    const pool = await readDataset(at('pool'));
    const images = pool.images.map((image, index) => ({ ...image, deidentified: index % 2 === 0 ? false : null }));
    await writeDataset(at('named'), { ...pool, images, rejected: [] });
    const here = await loadFiles(options({ pool: at('named') }));
    const away = await loadFiles(options({ pool: at('named'), remote: true }));
    expect(here.pool.length).toBe(34);
    expect(away.pool.length).toBeLessThan(20);
    expect(away.notice).toContain('may name a patient');
  });

  test('takes a plain folder of images, and limits by seed', async () => {
    const data = await loadFiles(options({ pool: at('raw'), modality: 'OCT', poolLimit: 5 }));
    expect(data.pool.map(({ modality }) => modality)).toEqual(Array(5).fill('OCT'));
    expect((await loadFiles(options({ pool: at('raw'), poolLimit: 5 }))).pool.map(({ image }) => image)).toEqual(
      data.pool.map(({ image }) => image),
    );
  });
});

describe('the configuration', () => {
  const yaml = 'data: { source: files, seed: seed, test: test, pool: raw }\n';
  test('takes the simulated teacher, which knows little of other images, only where its rate of errors is stated', () => {
    expect(() => parseConfig(yaml, { file: at('own.yaml') })).toThrow(/simulated teacher knows your own images only/);
    const stated = parseConfig(`${yaml}generation: { teacher: { errorRate: 0.4 } }\n`, { file: at('own.yaml') });
    expect(stated.generation.teacher.errorRate).toBe(0.4);
  });

  test('reads paths from the file’s own folder', () => {
    const config = parseConfig(`${yaml}generation: { provider: gemini, gemini: { baseUrl: 'http://127.0.0.1:9' } }\n`, {
      file: at('own.yaml'),
    });
    expect(config.data).toMatchObject({ seed: at('seed'), test: at('test'), pool: at('raw') });
  });
});

describe('a recipe asks for the data that it uses', () => {
  const model = 'generation: { provider: gemini, gemini: { baseUrl: "http://127.0.0.1:9" } }\n';
  const problems = (recipe: string, more = model): string[] => {
    try {
      parseConfig(`recipe: ${recipe}\ndata: { source: files, test: test }\n${more}`, { file: at('own.yaml') });
      return [];
    } catch (error) {
      return [...String(error).matchAll(/own\.yaml:\d+:\d+ ([\w.]+): (\w+)/g)].map(([, path, why]) => `${path} ${why}`);
    }
  };
  const both = ['data.seed missing', 'data.pool missing'];
  const arm = (stages: string): string => `{ kind: arms, arms: [{ name: a, stages: [${stages}] }] }`;

  test.each([
    ['{ kind: loop }', both],
    ['{ kind: data-scale, sizes: [4] }', both],
    ['{ kind: zero-shot, models: [phantom] }', []],
    ['{ kind: transfer }', ['data.seed missing']],
    ['{ kind: transfer, stages: [{ stage: sft, data: { from: accepted } }] }', both],
    [arm(''), []],
    [arm('{ stage: sft }'), ['data.seed missing']],
    [arm('{ stage: grpo, data: { from: candidates } }'), both],
    [arm('{ stage: loop }'), both],
  ])('%s', (recipe, expected) => expect(problems(recipe)).toEqual(expected));

  test('what writes no samples needs no generator', () => {
    expect(problems('{ kind: zero-shot, models: [phantom] }', '')).toEqual([]);
    expect(problems('{ kind: loop }', '')).toContain('generation.provider the');
  });

  test('models are compared on test questions alone', async () => {
    const yaml = 'recipe: { kind: zero-shot, models: [phantom] }\ndata: { source: files, test: test }\n';
    const config = parseConfig(yaml, { file: at('own.yaml') });
    const result = await runRecipe(config, { runDir: at('compared'), engine: fakeEngine() });
    expect(result).toMatchObject({ status: 'complete', testQuestions: 6 });
    expect(result.notice).toBe('Your own data: 6 test questions from test. Results are for research, not for care.');
    expect(await findFacts(config, { env: {}, price: null })).toMatchObject({
      counts: { seed: 0, test: 6, pool: 0 },
      images: expect.arrayContaining([expect.anything()]),
      missing: [],
    });
  });

  test('a stage alone that needs images says so', async () => {
    const config = parseConfig(
      `recipe: { kind: zero-shot, models: [phantom] }\ndata: { source: files, test: test }\n${model}`,
      {
        file: at('own.yaml'),
      },
    );
    vi.stubEnv('GEMINI_API_KEY', 'no-real-key');
    await expect(generateAlone(config, { images: null }, { runDir: at('alone') })).rejects.toMatchObject({
      code: 'pool-missing',
    });
    vi.unstubAllEnvs();
  });
});

test('a whole run on one’s own images, with Gemini’s client over loopback', async () => {
  const book = {
    reply: () => ({
      question: 'Which side is brighter?',
      options: ['left', 'right'],
      answer: 'left',
      rationale: 'The left half is brighter.',
      questionType: 'other biological attributes' as const,
    }),
  };
  const faults = { malformed: 0, empty: 0, blocked: 0, overloaded: 0 };
  const server = await startTeacherServer({ book, faults, seed: 0, latencyMs: 0, countsFile: at('counts.txt') });
  vi.stubEnv('MEDGR2_TEST_KEY', 'no-real-key');
  try {
    const yaml = `
cycles: 1
data: { source: files, seed: seed, test: test, pool: pool }
generation:
  provider: gemini
  gemini: { baseUrl: '${server.url}', apiKeyEnv: MEDGR2_TEST_KEY }
  imagesPerCycle: 4
filter: { threshold: -6 }
preferences: { prompts: 4, samples: 2 }
`;
    const config = parseConfig(yaml, { file: at('own.yaml') });
    const result = await runLoop(config, { runDir: at('run'), engine: fakeEngine() });
    expect(result.status).toBe('complete');
    expect(result.notice).toContain('Your own data');
    const pool = readFileSync(at('run/cycle-0/prepare-data/pool.jsonl'), 'utf8').trim().split('\n');
    // Of 34, two are of patients in the gold set, of whom nothing is learned.
    expect(pool).toHaveLength(32);
    const written = (await readSamples(at('run/dataset/d-gen.parquet'))).filter(
      ({ provenance }) => provenance.cycle > 0,
    );
    expect(written.length).toBeGreaterThan(0);
    expect(written[0]?.image.startsWith(at('pool/images/'))).toBe(true);
  } finally {
    vi.unstubAllEnvs();
    await server.close();
  }
});
