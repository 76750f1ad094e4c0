/** Importers: what a row must have, each reason for which one is left out, and the counts of published files. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { readDataset, type Rejection } from '../../src/dataset/folders/dataset-folder.js';
import type { QuestionFormat } from '../../src/dataset/import/import-formats.js';
import { importClinical } from '../../src/dataset/import/import-clinical.js';
import { importImages } from '../../src/dataset/import/import-images.js';
import { importQuestions } from '../../src/dataset/import/import-questions.js';
import type { ImportOptions } from '../../src/dataset/import/import-report.js';
import { projectKey } from '../../src/dataset/patients/pseudonym-key.js';
import { writeParquet } from '../../src/dataset/tables/table.js';
import { DataError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import { writePictures } from '../helpers/pictures.js';

vi.setConfig({ testTimeout: 120_000 });

let dir = '';
let made = 0;
const at = (name: string): string => join(dir, name);
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-import-'));
  await writePictures(at('images'), 4);
  writeFileSync(at('images/broken.png'), readFileSync(at('images/0.png')).subarray(0, 900));
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(format: QuestionFormat, path: string, options: Partial<ImportOptions> = {}) {
  const out = at(`out-${++made}`);
  const report = await importQuestions(format, { path, out, ...options });
  return { ...report, out, dataset: await readDataset(out) };
}
const jsonl = (name: string, rows: readonly (object | string)[]): string => {
  writeFileSync(at(name), rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return at(name);
};
const row = (fields: object = {}) => ({
  question_id: 'Set_1',
  question_type: 'Disease Diagnosis',
  question: 'What is seen?',
  gt_answer: 'Cyst',
  image_path: 'images/0.png',
  option_A: 'Cyst',
  option_B: 'No finding',
  modality_type: 'CT(Computed Tomography)',
  ...fields,
});
const codes = (rejected: readonly Rejection[]) => rejected.map(({ line, code }) => [line, code]);

describe('rows', () => {
  test('become samples with their image, whatever form the answer has', async () => {
    const { dataset } = await run(
      'jsonl',
      jsonl('good.jsonl', [
        row(),
        row({
          question_id: 'Set_2',
          question: 'And here?',
          gt_answer: 'B',
          patient: 7,
          rationale: 'Nothing stands out.',
        }),
        row({ question_id: 'Set_2', image_path: 'images/1.png', gt_answer: '<answer> A) Cyst </answer>' }),
        { ...row({ image_path: 'images/2.png', gt_answer: ' two ' }), option_A: '', option_B: '' },
      ]),
    );
    expect(dataset.samples.map(({ id, answer, options }) => [id, answer, options.length])).toEqual([
      ['Set_1', 'Cyst', 2],
      ['Set_2', 'No finding', 2],
      ['Set_2#2', 'Cyst', 2],
      ['Set_1#2', 'two', 0],
    ]);
    expect(dataset.samples[1]).toMatchObject({
      modality: 'CT',
      questionType: 'disease diagnosis',
      rationale: 'Nothing stands out.',
    });
    expect(dataset.images.map(({ patient }) => patient)).toEqual([projectKey().pseudonym('7'), null, null]);
    for (const { path } of dataset.images) expect(existsSync(path)).toBe(true);
  });

  test('that cannot be used are rejected, each with its line and reason', async () => {
    const path = jsonl('bad.jsonl', [
      row(),
      row({ question: null }),
      row({ gt_answer: '' }),
      row({ modality_type: null }),
      row({ option_B: 'cyst.' }),
      row({ option_B: '' }),
      row({ gt_answer: 'Tumour' }),
      row({ image_path: 'images/missing.png' }),
      row({ image_path: 'images/broken.png' }),
      row({ question: ' what is seen ? ' }),
      row({ image_path: 'images/1.png' }),
      row({ image_path: 'images/1.png', gt_answer: 'B' }),
      '["no object"]',
      row({ options: 'A, B' }),
      '{"question_id": "Set_9", "quest',
    ]);
    const { info, rejected, out } = await run('jsonl', path);
    expect(codes(rejected)).toEqual([
      [2, 'question-missing'],
      [3, 'answer-missing'],
      [4, 'modality-missing'],
      [5, 'options-identical'],
      [6, 'options-single'],
      [7, 'answer-not-among-options'],
      [8, 'image-missing'],
      [9, 'image-unusable'],
      [10, 'question-repeated'],
      [11, 'answers-contradict'],
      [12, 'answers-contradict'],
      [13, 'line-unreadable'],
      [14, 'row-misfit'],
      [15, 'line-unreadable'],
    ]);
    expect(info.counts).toMatchObject({ rows: 15, samples: 1, images: 1, rejected: 14 });
    expect(readFileSync(join(out, 'rejected.jsonl'), 'utf8').trim().split('\n')).toHaveLength(14);
    const strict = importQuestions('jsonl', { path, out: at('strict'), strict: true });
    await expect(strict).rejects.toThrow(DataError);
    expect(existsSync(at('strict/import.json'))).toBe(false);
  });

  test('of CSV and Parquet go by a column map; a modality can be given', async () => {
    const cells = [
      { frage: 'Where?', bild: '0.png', wahr: 'left', wer: 'p1' },
      { frage: 'Where now?', bild: '1.png', wahr: 'right', wer: 'p2' },
    ];
    writeFileSync(
      at('t.csv'),
      ['frage,bild,wahr,wer', ...cells.map((cell) => Object.values(cell).join(','))].join('\n'),
    );
    await writeParquet(at('t.parquet'), cells, { frage: 'VARCHAR', bild: 'VARCHAR', wahr: 'VARCHAR', wer: 'VARCHAR' });
    const map = { question: 'frage', image: 'bild', answer: 'wahr', patient: 'wer' };
    for (const format of ['csv', 'parquet'] as const) {
      const { dataset } = await run(format, at(`t.${format}`), { map, modality: 'OCT' });
      expect(dataset.samples.map(({ answer, modality }) => [answer, modality])).toEqual([
        ['left', 'OCT'],
        ['right', 'OCT'],
      ]);
      expect(dataset.images.map(({ patient }) => patient)).toEqual(['p1', 'p2'].map(projectKey().pseudonym));
    }
  });

  test('of Med-R1 have options in the text, letters as answers, and their modality in the file’s name', async () => {
    const rows = [
      {
        image: 'images/0.png',
        problem: 'What is it? A) Cyst, B) Tumour of the lung, C) No finding',
        solution: '<answer> B </answer>',
      },
      { image: 'images/1.png', problem: 'What is it?\nA) Cyst\nB) Tumour', solution: '<answer>A</answer>' },
    ];
    writeFileSync(at('MRI_train.json'), JSON.stringify(rows));
    const { dataset } = await run('med-r1', at('MRI_train.json'));
    expect(
      dataset.samples.map(({ question, options, answer, modality }) => [question, options, answer, modality]),
    ).toEqual([
      ['What is it?', ['Cyst', 'Tumour of the lung', 'No finding'], 'Tumour of the lung', 'MRI'],
      ['What is it?', ['Cyst', 'Tumour'], 'Cyst', 'MRI'],
    ]);
  });
});

test('OmniMedVQA’s folder: every file of QA_information, images from its root, modalities outside the eight as unknown', async () => {
  await writePictures(at('omni/Images/Set'), 3);
  const line = (number: number, fields: object = {}) =>
    row({ question_id: `Set_${number}`, image_path: `Images/Set/${number}.png`, ...fields });
  mkdirSync(at('omni/QA_information/Open-access'), { recursive: true });
  writeFileSync(
    at('omni/QA_information/Open-access/A.json'),
    JSON.stringify([line(0), line(1, { modality_type: 'Endoscopy' })]),
  );
  writeFileSync(
    at('omni/QA_information/Open-access/B.json'),
    JSON.stringify([line(2), line(2, { gt_answer: 'None' })]),
  );
  const { dataset, info, rejected } = await run('omnimedvqa', at('omni'));
  expect(dataset.samples.map(({ id, modality }) => [id, modality])).toEqual([
    ['Set_0', 'CT'],
    ['Set_1', 'unknown'],
    ['Set_2', 'CT'],
  ]);
  expect(info['otherModalities']).toEqual({ Endoscopy: 1 });
  expect(rejected).toMatchObject([
    { file: 'QA_information/Open-access/B.json', line: 2, code: 'answer-not-among-options' },
  ]);
});

test('a folder of images: bytes twice and broken files are left out, folders can stand for patients', async () => {
  await writePictures(at('scans/anna'), 2);
  await writePictures(at('scans/bert'), 2, 1);
  writeFileSync(at('scans/bert/broken.jpg'), 'no image');
  const { rejected } = await importImages({
    path: at('scans'),
    out: at('pool'),
    modality: 'MRI',
    patientFrom: 'folder',
  });
  const { images, samples } = await readDataset(at('pool'));
  expect(rejected.map(({ code }) => code).toSorted()).toEqual(['image-repeated', 'image-unusable']);
  expect(images.map(({ modality }) => modality)).toEqual(['MRI', 'MRI', 'MRI']);
  const [first, second, third] = images.map(({ patient }) => patient);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect([second === first, third === first]).toEqual([true, false]);
  expect(samples).toEqual([]);
});

test('questions about clinical files find the pictures that were made of them', async () => {
  const clinical = at('clinical');
  const runJob = async (module: string, { outDir, pictures }: Record<string, unknown>) => {
    expect(module).toBe('medgr2.clinical.dicom');
    // Which is there.
    expect(existsSync(new URL(`../../py/${module.replaceAll('.', '/')}.py`, import.meta.url))).toBe(true);
    await writePictures(String(pictures), 3, 20);
    const line = (file: string, number: number) => {
      const path = join(String(pictures), `${number}.png`);
      const imageHash = sha256(readFileSync(path));
      const rest = { modality: 'CT', patient: 'pseudonym', deidentified: false, warnings: [], width: 96, height: 96 };
      return JSON.stringify({ file, path, imageHash, ...rest, detail: 'window 40/400' });
    };
    writeFileSync(
      join(String(outDir), 'images.jsonl'),
      [line('a/1.dcm', 20), line('b/2.dcm', 21), line('b/2.dcm', 22)].join('\n'),
    );
    writeFileSync(join(String(outDir), 'rejected.jsonl'), '');
  };
  await importClinical('dicom', { path: at('images'), out: clinical, runJob });
  const path = jsonl('clinical.jsonl', [
    { question: 'Which organ is bright?', answer: 'liver', image: 'elsewhere/1.dcm' },
    { question: 'Which organ is dark?', answer: 'lung', image: 'b/2.dcm' },
    { question: 'Which organ is dark?', answer: 'lung', image: '3.dcm' },
  ]);
  const { dataset, rejected } = await run('jsonl', path, { imagesOf: clinical });
  expect(dataset.samples).toMatchObject([{ answer: 'liver', modality: 'CT' }]);
  expect(dataset.images).toMatchObject([
    { modality: 'CT', patient: 'pseudonym', deidentified: false, detail: 'window 40/400' },
  ]);
  expect(codes(rejected)).toEqual([
    [2, 'image-ambiguous'],
    [3, 'image-missing'],
  ]);
});

test('a clinical picture that is too thin for models is left out, or padded', async () => {
  const runJob = async (_: string, { outDir, pictures }: Record<string, unknown>) => {
    const bytes = await sharp({ create: { width: 900, height: 4, channels: 3, background: 'grey' } })
      .png()
      .toBuffer();
    const path = join(String(pictures), 'thin.png');
    writeFileSync(path, bytes);
    const rest = {
      modality: 'CT',
      patient: 'p',
      deidentified: null,
      warnings: [],
      width: 900,
      height: 4,
      detail: null,
    };
    writeFileSync(
      join(String(outDir), 'images.jsonl'),
      JSON.stringify({ file: 'a.dcm', path, imageHash: sha256(bytes), ...rest }),
    );
    writeFileSync(join(String(outDir), 'rejected.jsonl'), '');
  };
  await expect(importClinical('dicom', { path: at('images'), out: at('thin'), runJob })).rejects.toThrow('no picture');
  expect(existsSync(at('thin'))).toBe(false);
  await importClinical('dicom', { path: at('images'), out: at('padded'), runJob, shape: 'letterbox' });
  const { images } = await readDataset(at('padded'));
  expect(images).toMatchObject([{ width: 900, height: 28, patient: 'p' }]);
  expect(readdirSync(at('padded/images'))).toHaveLength(1);
  expect(images[0]?.imageHash).toBe(sha256(readFileSync(images[0]?.path ?? '')));
});

const published = join(packageRoot, '../shared/data');
describe.skipIf(!existsSync(published))('published files (skipped where ../shared/data is not)', () => {
  test.each<[QuestionFormat, string, 'copy' | 'none', object, object]>([
    ['medvlm-r1', 'medvlm-r1/MRI_CT_XRAY_300each_dataset.json', 'none', { samples: 900, rejected: 0 }, {}],
    [
      'medvlm-r1',
      'medvlm-r1/MRI_CT_XRAY_300each_dataset.json',
      'copy',
      { samples: 12, images: 12 },
      { 'image-missing': 888 },
    ],
    ['omnimedvqa', 'omnimedvqa/questions.csv', 'none', { rows: 2000, samples: 2000 }, {}],
    [
      'medgr-square',
      'medgr-square/formatted_test.jsonl',
      'none',
      { rows: 760, samples: 756 },
      { 'options-identical': 2, 'line-unreadable': 1, 'modality-missing': 1 },
    ],
    [
      'vqa-rad',
      'vqa-rad',
      'none',
      { rows: 3064, samples: 2549 },
      { 'question-repeated': 465, 'answers-contradict': 50 },
    ],
  ])('%s: %s, images %s', async (format, file, images, counts, rejectedBy) => {
    const { info } = await run(format, join(published, file), { images });
    expect(info.counts).toMatchObject(counts);
    expect(info.counts['rejectedBy']).toEqual(rejectedBy);
  });
});
