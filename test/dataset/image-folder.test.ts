/** A folder of images: what is in it that is no picture of the kinds that are read is named, with why and what to do. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { medgr2 } from '../../src/called-as.js';
import { readPool } from '../../src/dataset/sources/own-files.js';
import { importImages } from '../../src/dataset/import/import-images.js';
import { listImages } from '../../src/dataset/pictures/image-folder.js';
import { readPicture } from '../../src/dataset/pictures/picture.js';
import { writePicture } from '../helpers/pictures.js';

let dir = '';
const at = (name: string): string => join(dir, name);
const put = (name: string, content: string | Buffer): void => {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
};
const dicom = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM\x02\0')]);
const jpeg2000 = Buffer.from('\0\0\0\fjP  \r\n\x87\n\0\0', 'latin1');

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-folder-'));
  for (const [number, name] of ['a.PNG', 'deep/b.png', 'no-ending', 'away/c.png'].entries()) {
    await writePicture(at(`${number}.png`), number);
    put(`in/${name}`, readFileSync(at(`${number}.png`)));
  }
  for (const name of ['1.jp2', '2.j2k', '3.jpg']) put(`in/${name}`, jpeg2000);
  put('in/vector.svg', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>');
  put('in/letter.pdf', '%PDF-1.7');
  put('in/IM0001', dicom);
  put('in/IM2.dcm', dicom);
  put('in/phone.heic', '\0\0\0\x18ftypheic');
  put('in/brain.nii.gz', '\x1f\x8b');
  put('in/slide.svs', 'II*\0');
  put('in/notes.txt', 'seen on Monday');
  put('in/.hidden.png', readFileSync(at('in/a.PNG')));
  put('in/__MACOSX/a.png', readFileSync(at('in/a.PNG')));
  put('in/empty.png', '');
  symlinkSync(at('nowhere.png'), at('in/broken.png'));
  symlinkSync(at('in'), at('in/deep/up'));
  symlinkSync(at('in/away'), at('linked'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('every file is a picture or is named with why it is none', async () => {
  const { names, left } = await listImages(at('in'));
  expect(names).toEqual(['3.jpg', 'a.PNG', 'away/c.png', 'deep/b.png', 'no-ending']);
  const why = Object.fromEntries(left.map(({ name, why: reason }) => [name, reason]));
  expect(why).toEqual({
    '1.jp2': 'is a JPEG 2000 image: convert it to PNG first',
    '2.j2k': 'is a JPEG 2000 image: convert it to PNG first',
    'vector.svg': 'is a drawing in SVG: convert it to PNG first',
    'letter.pdf': 'is a PDF document: write its pages as PNG first (pdftoppm -png)',
    IM0001: `is a DICOM file: \`${medgr2} import dicom\` reads it`,
    'IM2.dcm': `is a DICOM file: \`${medgr2} import dicom\` reads it`,
    'phone.heic': 'is a HEIF or AVIF image: convert it to PNG first',
    'brain.nii.gz': `is a NIfTI volume: \`${medgr2} import nifti\` reads it`,
    'slide.svs': 'is a whole slide or microscope file: write the regions you need as PNG first',
    'notes.txt': 'is no image',
    '.hidden.png': 'is hidden',
    '__MACOSX/a.png': 'is hidden',
    'empty.png': 'is empty',
    'broken.png': 'is a link to what is not there',
    'deep/up': 'is a link to a folder that is read already',
  });
});

test('an import counts and names them; what may be a picture is a rejection', async () => {
  const { notes, rejected, info } = await importImages({ path: at('in'), out: at('out') });
  expect(notes).toContain('2 files left out: is a JPEG 2000 image: convert it to PNG first (1.jp2, 2.j2k)');
  expect(notes).toContain('1 file left out: is no image (notes.txt)');
  expect(rejected.filter(({ code }) => code === 'image-kind').map(({ file }) => file)).toEqual([
    '1.jp2',
    '2.j2k',
    'brain.nii.gz',
    'broken.png',
    'empty.png',
    'IM0001',
    'IM2.dcm',
    'letter.pdf',
    'phone.heic',
    'slide.svs',
    'vector.svg',
  ]);
  expect(info.counts.images).toBe(4);
  await expect(importImages({ path: at('in'), out: at('strict'), strict: true })).rejects.toMatchObject({
    code: 'import-strict',
  });
});

test('a row that names such a file says what it is, and so does an empty pool', async () => {
  expect(await readPicture(at('in/3.jpg'))).toEqual({ reason: 'is a JPEG 2000 image: convert it to PNG first' });
  expect(await readPicture(at('in/IM0001'))).toEqual({
    reason: `is a DICOM file: \`${medgr2} import dicom\` reads it`,
  });
  put('only/IM1', dicom);
  const empty = { code: 'no-images', message: expect.stringContaining('is a DICOM file') };
  await expect(readPool(at('only'), 'unknown')).rejects.toMatchObject(empty);
  await expect(importImages({ path: at('only'), out: at('none') })).rejects.toMatchObject(empty);
  await expect(readPool(at('in'), 'unknown')).rejects.toMatchObject({ code: 'pool-image' });
  expect((await readPool(at('linked'), 'unknown')).images).toHaveLength(1);
});
