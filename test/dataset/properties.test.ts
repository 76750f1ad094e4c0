/**
 * Importers and dataset folders against files that nobody would write by hand: whatever the bytes, an import keeps account of
 * every row or ends with an error that names the file. Prints how many inputs were tried.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datasetFiles, readDataset, type Dataset } from '../../src/dataset/folders/dataset-folder.js';
import { importQuestions } from '../../src/dataset/import/import-questions.js';
import { writeParquet } from '../../src/dataset/tables/table.js';
import { Medgr2Error } from '../../src/errors.js';
import { sampleSchema } from '../../src/sample.js';
import { damageFile, type Damage } from '../bench/faults/acts/damage.js';
import { writePictures } from '../helpers/pictures.js';

let dir = '';
let tried = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-properties-'));
  await writePictures(join(dir, 'images'), 3);
});
afterAll(() => {
  process.stdout.write(`importers and dataset folders: ${tried} inputs tried\n`);
  rmSync(dir, { recursive: true, force: true });
});

/** Runs that many inputs; a failure prints the seed that repeats it. */
const runs = (numRuns: number) => ({ numRuns, seed: 12 });

/** The dataset that a file becomes, or the error on purpose that it ends with. @throws whatever else was thrown. */
async function imported(name: string, content: string | Uint8Array): Promise<Dataset | Medgr2Error> {
  const path = join(dir, name);
  const out = join(dir, `out-${tried++}`);
  writeFileSync(path, content);
  try {
    const { info, rejected } = await importQuestions('jsonl', { path, out });
    const dataset = await readDataset(out);
    // What is in the folder, the report and import.json tell the same.
    expect(info.counts.samples).toBe(dataset.samples.length);
    expect(info.counts.rejected).toBe(rejected.length);
    expect(dataset.samples.length + rejected.length).toBe(info.counts['rows']);
    for (const sample of dataset.samples) {
      expect(sampleSchema.safeParse(sample).error).toBeUndefined();
      if (sample.options.length > 0) expect(sample.options).toContain(sample.answer);
    }
    for (const { code, reason, line } of rejected) {
      expect(code).toMatch(/^[a-z-]+$/);
      expect(reason).not.toBe('');
      expect(line).toBeGreaterThan(0);
    }
    return dataset;
  } catch (error) {
    if (!(error instanceof Medgr2Error)) throw error;
    expect(`${error.message} ${error.where ?? ''}`).toContain(basename(name));
    return error;
  } finally {
    rmSync(out, { recursive: true, force: true });
    rmSync(path, { force: true });
  }
}

/** Text as people, Excel and bad exports write it. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom(
    '',
    ' ',
    'A',
    'B) No',
    'NaN',
    'null',
    '<answer> B </answer>',
    '"',
    '\\',
    '\u0000',
    '\ufeff',
    'a\nb',
    '1e999',
  ),
);
const picture = fc.constantFrom('images/0.png', '1.png', 'images/missing.png', '../images/2.png', '', '/');
const anything = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }));
const row = fc.record(
  {
    question: fc.oneof({ weight: 4, arbitrary: text }, anything),
    answer: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('Cyst', 'A', 'B', 'b) No finding') }, anything),
    image: fc.oneof({ weight: 4, arbitrary: picture }, anything),
    options: fc.oneof(fc.constant(['Cyst', 'No finding']), fc.array(text, { maxLength: 4 }), anything),
    modality: fc.oneof(fc.constantFrom('CT', 'MR (Mag-netic Resonance Imaging)', 'sonar'), anything),
    question_type: anything,
    patient: anything,
    id: anything,
    rationale: anything,
    likelihoods: anything,
  },
  { requiredKeys: [] },
);

describe('a file of questions', () => {
  test('of any rows gives samples or rejected rows, each counted once', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof({ weight: 5, arbitrary: row }, anything), { maxLength: 8 }), async (rows) => {
        await imported('rows.jsonl', rows.map((one) => JSON.stringify(one)).join('\n'));
        await imported('rows.json', JSON.stringify(rows));
      }),
      runs(100),
    );
    expect(tried).toBeGreaterThanOrEqual(200);
  });

  test('of any bytes, whatever it calls itself, ends with an error that names it', { timeout: 120_000 }, async () => {
    const name = fc.constantFrom('bytes.jsonl', 'bytes.json', 'bytes.csv', 'bytes.tsv', 'bytes.parquet');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      text.map((words) => Buffer.from(words)),
      fc
        .array(
          fc.constantFrom('question', 'answer', 'image', ',', '"', '\n', '\r', '\t', 'é', '\u0000', '[{', '}', ':'),
        )
        .map((parts) => Buffer.from(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(name, bytes, async (file, content) => {
        await imported(file, content);
      }),
      runs(160),
    );
    expect(tried).toBeGreaterThanOrEqual(160);
  });

  test('as CSV keeps every question to the letter', { timeout: 120_000 }, async () => {
    const words = fc
      .string({
        unit: fc.constantFrom('a', 'é', '"', ',', ';', '\t', '|', "'", '\\', '#', '%', ' ', '病', '?'),
        minLength: 1,
        maxLength: 12,
      })
      .map((inner) => `q ${inner} x`);
    const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(words, { minLength: 1, maxLength: 5, selector: (word) => word.replaceAll(/[^aé病]/g, '') }),
        async (questions) => {
          const lines = questions.map((question) => [quoted(question), 'yes', 'images/0.png'].join(','));
          const dataset = await imported('questions.csv', ['question,answer,image', ...lines, ''].join('\n'));
          if (dataset instanceof Medgr2Error) throw dataset;
          expect(dataset.samples.map(({ question }) => question)).toEqual(questions);
        },
      ),
      runs(60),
    );
  });

  test('as Parquet or JSONL gives the same samples', { timeout: 120_000 }, async () => {
    const plain = fc.record({
      question: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      answer: fc.constantFrom('Cyst', 'No finding'),
      image: fc.constantFrom('images/0.png', 'images/1.png'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(plain, { minLength: 1, maxLength: 6 }), async (rows) => {
        const asLines = await imported('same.jsonl', rows.map((one) => JSON.stringify(one)).join('\n'));
        const made = join(dir, 'made.parquet');
        await writeParquet(made, rows, { question: 'VARCHAR', answer: 'VARCHAR', image: 'VARCHAR' });
        const asTable = await imported('same.parquet', readFileSync(made));
        const told = (result: Dataset | Medgr2Error) =>
          result instanceof Medgr2Error
            ? result.code
            : result.samples.map(({ question, answer, imageHash }) => [question, answer, imageHash]);
        expect(told(asTable)).toEqual(told(asLines));
      }),
      runs(40),
    );
  });
});

describe('a dataset folder', () => {
  test('that was damaged is read as it was, or ends with an error that names it', { timeout: 120_000 }, async () => {
    const whole = join(dir, 'whole');
    const rows = Array.from({ length: 6 }, (_, n) => ({
      question: `What ${n}?`,
      answer: 'Cyst',
      image: `images/${n % 3}.png`,
    }));
    writeFileSync(join(dir, 'whole.jsonl'), rows.map((one) => JSON.stringify(one)).join('\n'));
    await importQuestions('jsonl', { path: join(dir, 'whole.jsonl'), out: whole });
    const undamaged = await readDataset(whole);
    const file = fc.constantFrom(datasetFiles.samples, datasetFiles.images, datasetFiles.info);
    const damage = fc.constantFrom<Damage>('truncate', 'empty', 'delete', 'append', 'flip');
    await fc.assert(
      fc.asyncProperty(
        file,
        damage,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (name, how, place) => {
          const folder = join(dir, `damaged-${tried++}`);
          cpSync(whole, folder, { recursive: true });
          damageFile(join(folder, name), how, place);
          try {
            const read = await readDataset(folder);
            // A bit in the middle of a table is beyond what a reader of Parquet can tell.
            if (how !== 'flip')
              expect(read.samples.map(({ id, question }) => [id, question])).toEqual(
                undamaged.samples.map(({ id, question }) => [id, question]),
              );
          } catch (error) {
            if (!(error instanceof Medgr2Error)) throw error;
            expect(`${error.message} ${error.where ?? ''}`).toContain(basename(folder));
          } finally {
            rmSync(folder, { recursive: true, force: true });
          }
        },
      ),
      runs(100),
    );
  });
});
