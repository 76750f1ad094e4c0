/** Which image a row of a table of reports means: the wrong report is worse than none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readImageTexts } from '../../../src/dataset/context/image-texts.js';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { importLabels } from '../../../src/dataset/import/import-labels.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { writePictures } from '../../helpers/pictures.js';

let dir = '';
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'medgr2-texts-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const table = (text: string): string => {
  const file = join(dir, 'reports.csv');
  writeFileSync(file, text);
  return file;
};
const textsOf = async (rows: string, names: readonly string[]) => {
  const { of, notes } = (await readImageTexts(table(`image,report\n${rows}`), {}, null)).about(names);
  return { texts: names.map((name) => of(name).text), notes };
};

test('by path, by name, by name without ending, by the folder of a study', async () => {
  const names = ['a/1.png', 'a/2.PNG', 'b/3.png', 'b/4.png', 'c/5.png'];
  const { texts, notes } = await textsOf('a/1.png,one\n/old/root/2.png,two\n3,three\nb,study\nlost.png,lost', names);
  expect(texts).toEqual(['one', 'two', 'three', 'study', null]);
  expect(notes).toEqual(['1 of 5 texts are about no image here']);
});

test('a name that several images or several rows have means none of them', async () => {
  const images = await textsOf('1.png,one', ['a/1.png', 'b/1.png']);
  expect(images.texts).toEqual([null, null]);
  expect(images.notes).toContainEqual(expect.stringContaining('2 images have no text'));
  const rows = await textsOf('a/1.png,one\nb/1.png,other', ['c/1.png']);
  expect(rows.texts).toEqual([null]);
});

test('what looks like an ending in the number of a DICOM file is none', async () => {
  const { texts } = await textsOf('1.2.840.113,one', ['1.2.840.114', '1.2.840.113']);
  expect(texts).toEqual([null, 'one']);
});

test('two reports of one image are both shown, the same one once', async () => {
  expect((await textsOf('1.png,one\n1.png,two\n1.png,one', ['1.png'])).texts).toEqual(['one\n\ntwo']);
});

test('a table without a column of texts or of images is refused with the --map that would do', async () => {
  const lacking = (text: string) => readImageTexts(table(text), {}, null);
  await expect(lacking('image,words\n1.png,one')).rejects.toMatchObject({
    code: 'context-columns',
    remedy: expect.stringContaining('--map context=COLUMN. Its columns are image, words') as string,
  });
  await expect(lacking('which,report\n1.png,one')).rejects.toMatchObject({ code: 'context-columns' });
});

test('a table of reports beside questions or labels says what is written about their images', async () => {
  await writePictures(join(dir, 'scans/a'), 3);
  await writePictures(join(dir, 'scans/b'), 3, 3);
  const reports = join(dir, 'told.csv');
  writeFileSync(reports, 'image,said\na/0.png,first\nb,second\n"broken');
  const given = { context: reports, map: { context: 'said' } };
  await importLabels('classes', { path: join(dir, 'scans'), out: join(dir, 'labelled'), ...given });
  const { images } = await readDataset(join(dir, 'labelled'));
  expect(images.map(({ context }) => context ?? null).toSorted()).toEqual(
    ['first', null, null, 'second', 'second', 'second'].toSorted(),
  );
  writeFileSync(
    join(dir, 'asked.csv'),
    'image,question,answer,context\na/0.png,What?,a cyst,of the row\na/1.png,What?,a mass,',
  );
  const asked = { path: join(dir, 'asked.csv'), imageRoot: join(dir, 'scans'), out: join(dir, 'asked') };
  const { notes } = await importQuestions('csv', { ...asked, ...given });
  expect((await readDataset(join(dir, 'asked'))).images.map(({ context }) => context)).toEqual(['first', null]);
  expect(notes).toContainEqual(expect.stringContaining('no library masked names in them'));
  await importQuestions('csv', { ...asked, force: true, map: { context: 'context' } });
  expect((await readDataset(join(dir, 'asked'))).images.map(({ context }) => context)).toEqual(['of the row', null]);
  // Nobody asked for it.
  await importQuestions('csv', { ...asked, force: true });
  expect((await readDataset(join(dir, 'asked'))).images.map(({ context }) => context)).toEqual([null, null]);
});
