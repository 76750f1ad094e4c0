/** Patients of a table: one pseudonym with DICOM's, and found in no file of what is written, wherever a table repeats them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decontaminateCommand } from '../../../src/cli/dataset-commands/decontaminate-command.js';
import { describeImport } from '../../../src/cli/dataset-commands/import-command.js';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { hiddenPatients } from '../../../src/dataset/patients/hidden-patients.js';
import { importImages } from '../../../src/dataset/import/import-images.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { projectKey } from '../../../src/dataset/patients/pseudonym-key.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { writePicture } from '../../helpers/pictures.js';

let dir = '';
const at = (name: string): string => join(dir, name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-hidden-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** All that a folder says, tables as a reader gets them. */
async function textOf(folder: string): Promise<string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return name.endsWith('.parquet') ? JSON.stringify(await readParquet(path)) : readFileSync(path, 'latin1');
  });
  return [...files.map(({ name }) => name), ...(await Promise.all(texts))].join('\n');
}

const secrets = ['QX-4711', 'QX_4711', 'ACC99812', 'Mustermann'];

test.each(['patient_id', 'PatientID', 'Patienten-ID', 'PATIENT ID', 'Subject', 'subject_id', 'MRN', 'anon_id'])(
  'a patient in a column %s is written nowhere, and is told by its column',
  async (column) => {
    const folder = at(column);
    const image = 'QX_4711/Mustermann_1.png';
    await writePicture(join(folder, image), 1);
    await writePicture(join(folder, 'b.png'), 2);
    const table = join(folder, 'q.csv');
    const lines = [
      `id,image,question,options,answer,"${column}",accession_number,patient name`,
      `QX-4711/1,${image},What is it?,CT|MRI,CT,QX-4711,ACC99812,"Mustermann, Erika"`,
      `QX-4711/2,QX_4711/gone.png,What is it?,CT|MRI,CT,qx-4711 ,ACC99812,"Mustermann, Erika"`,
      `3,b.png,What has patient QX-4711?,CT|MRI,CT,QX-4711,ACC99812,"Mustermann, Erika"`,
      `4,b.png,"What is it, ACC99812?",CT|MRI,XR,,ACC99812,"Mustermann, Erika"`,
    ];
    writeFileSync(table, lines.join('\n'));
    const out = join(dir, `set-${column}`);
    const report = await importQuestions('csv', { path: table, out, images: 'reference' });
    const { images, samples } = await readDataset(out);
    expect(images.map(({ patient }) => patient)).toEqual([projectKey().pseudonym(' qx-4711')]);
    expect(samples).toHaveLength(1);
    const told = `${describeImport(report, 'out')}\n${await textOf(out)}`;
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
    expect(told).toMatch(new RegExp(`patients are those of the columns? ${column}`));
    expect(report.rejected.map(({ line, code }) => [line, code])).toEqual([
      [3, 'image-missing'],
      [4, 'patient-in-text'],
      [5, 'answer-not-among-options'],
    ]);
    await expect(importQuestions('csv', { path: table, out: `${out}-strict`, strict: true })).rejects.not.toMatchObject(
      { message: expect.stringMatching(/4711|99812|Mustermann/) },
    );
  },
);

test('a patient by table, in a path and in another table is one: none stays on both sides', async () => {
  for (const [number, name] of ['a/1.png', 'b/2.png', 'P-9/s/3.png', 'P-8/s/4.png'].entries())
    await writePicture(at(`sides/${name}`), 20 + number);
  writeFileSync(at('sides/q.csv'), 'image,question,answer,patient_id\na/1.png,What?,x,P-9\nb/2.png,What?,x,P-7\n');
  await importQuestions('csv', { path: at('sides/q.csv'), out: at('by-table') });
  rmSync(at('sides/a'), { recursive: true });
  rmSync(at('sides/b'), { recursive: true });
  await importImages({ path: at('sides'), out: at('by-folder'), patientFrom: 'folder' });
  const io = { out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal };
  const flags = { against: [at('by-table')], out: at('clean'), by: 'patient', distance: 6, similarity: 0.9 };
  await decontaminateCommand(at('by-folder'), flags, io);
  const left = await readDataset(at('clean'));
  expect(left.images.map(({ patient }) => patient)).toEqual([projectKey().pseudonym('P-8')]);
  expect(await textOf(at('clean'))).not.toMatch(/P-[789]/);
});

test('files of a folder whose name is a patient are told without it', async () => {
  mkdirSync(at('folder/Doe, Jane'), { recursive: true });
  await writePicture(at('folder/Doe, Jane/1.png'), 30);
  writeFileSync(at('folder/Doe, Jane/2.png'), 'no image');
  writeFileSync(at('folder/Doe, Jane/3.pdf'), '%PDF-1.7');
  const report = await importImages({ path: at('folder'), out: at('named'), patientFrom: 'folder' });
  expect(existsSync(at('named'))).toBe(true);
  expect(`${describeImport(report, 'out')}\n${await textOf(at('named'))}`).not.toMatch(/Doe|Jane/);
});

test('only whole words are hidden, and no number that is any', () => {
  const { in: hide } = hiddenPatients(['P12', '7', 'Doe^Jane'], projectKey());
  const [number, name] = ['P12', 'Doe^Jane'].map(projectKey().pseudonym);
  expect(hide('P123/7/xP12/p12_7.png')).toBe(`P123/7/xP12/${number}_7.png`);
  // As many as a hospital has: neither the stack nor minutes are spent on them.
  const many = hiddenPatients(
    Array.from({ length: 150_000 }, (_, index) => `Doe ${index}`),
    projectKey(),
  );
  expect(many.named('of Doe 149999 and others')).toBe(true);
  expect(hide('Doe_Jane-1 Doe')).toBe(`${name}-1 Doe`);
});

test('a name is found in either order, and behind a title', () => {
  const { named } = hiddenPatients(['Müller, Jürgen', 'Doe^Jane^Ann', 'P 12'], projectKey());
  for (const text of ['Müller, Jürgen', 'Jürgen Müller', 'jürgen müller', 'Herr Müller', 'Jane Ann Doe', 'Mrs. Doe'])
    expect({ text, named: named(`What does the image of ${text} show?`) }).toEqual({ text, named: true });
  for (const text of ['a Müller cell', 'a John Doe', '12 p', 'Jane'])
    expect({ text, named: named(`What does the image of ${text} show?`) }).toEqual({ text, named: false });
});

test('a title before a family name does not leave the rest of the name', () => {
  const mask = { id: '', file: null, made: false, pseudonym: () => '#' };
  const { in: hide } = hiddenPatients(['Doe, Jo', 'Nguyễn Văn An'], mask, 'parts');
  expect(hide('Mrs Doe, Jo and Mr. Nguyễn Văn An; Mrs Doe.')).toBe('# and #; #.');
});
