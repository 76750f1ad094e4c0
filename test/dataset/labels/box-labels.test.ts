/** `import boxes`: Pascal VOC and COCO give the same questions; what boxes cannot say is not asked. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { splitDataset } from '../../../src/dataset/folders/split.js';
import { importLabels, type LabelImportOptions } from '../../../src/dataset/import/import-labels.js';
import { readMasks } from '../../../src/dataset/labels/masks.js';
import { projectKey } from '../../../src/dataset/patients/pseudonym-key.js';
import { sha256 } from '../../../src/hash.js';
import { writePicture } from '../../helpers/pictures.js';

/** Name and left, top, right, bottom. */
type Drawn = readonly [string, number, number, number, number];
const pictures = 18;
const side = 96;
let dir = '';
let made = 0;
const at = (...names: string[]): string => join(dir, ...names);
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-boxes-'));
  for (let number = 0; number < pictures; number++)
    await writePicture(at('set', 'JPEGImages', `${number}.png`), number);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** One nucleus in a corner; one to three cells in the middle; every third picture has no vessel. */
const drawn = (n: number): Drawn[] => [
  ['nucleus', n % 2 ? 4 : 60, n % 4 < 2 ? 4 : 60, n % 2 ? 24 : 90, n % 4 < 2 ? 30 : 84],
  ...Array.from({ length: 1 + (n % 3) }, (_, k): Drawn => ['cell', 30 + 4 * k, 30, 62 + 4 * k, 62]),
  ...(n % 3 === 0 ? [] : [['vessel', 40, 10, 56, 40] as const]),
];

const object = ([name, left, top, right, bottom]: Drawn, difficult = 0): string =>
  `<object><name>${name}</name><difficult>${difficult}</difficult><bndbox><xmin>${left}</xmin><ymin>${top}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox></object>`;
const annotation = (n: number, objects: string, size = side): string =>
  `<annotation>\n<filename>${n}.png</filename><size><width>${size}</width><height>${size}</height></size>\n${objects}\n</annotation>`;

function voc(name: string, content: (n: number) => string): string {
  const folder = at('set', name);
  mkdirSync(folder);
  for (let n = 0; n < pictures; n++) writeFileSync(join(folder, `${n}.xml`), content(n));
  return folder;
}
function coco(
  name: string,
  change: (json: Record<'annotations' | 'images' | 'categories', object[]>) => void = () => {},
): string {
  const categories = ['nucleus', 'cell', 'vessel'].map((of, index) => ({ id: index + 1, name: of }));
  const images = Array.from({ length: pictures }, (_, n) => ({
    id: n,
    file_name: `${n}.png`,
    width: side,
    height: side,
  }));
  const annotations = images.flatMap(({ id }) =>
    drawn(id).map(([of, left, top, right, bottom], k) => ({
      id: 10 * id + k,
      image_id: id,
      category_id: categories.findIndex((one) => one.name === of) + 1,
      bbox: [left, top, right - left, bottom - top],
      iscrowd: 0,
    })),
  );
  const json = { images, categories, annotations };
  change(json);
  const file = at('set', 'annotations', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(json));
  return file;
}
async function run(path: string, options: Partial<LabelImportOptions> = {}) {
  const out = at(`out-${++made}`);
  const report = await importLabels('boxes', {
    path,
    out,
    modality: 'microscopy',
    kind: 'attribute',
    perImage: 8,
    ...options,
  });
  return { ...report, out, ...(await readDataset(out)) };
}
const asked = ({ samples }: Awaited<ReturnType<typeof run>>, ask: string) =>
  samples.filter(({ provenance }) => provenance.basis?.startsWith(`${ask} `));

test('VOC and COCO answer number, place, presence and frequency alike', async () => {
  const fromVoc = await run(
    voc('Annotations', (n) =>
      annotation(
        n,
        drawn(n)
          .map((box) => object(box))
          .join('\n'),
      ),
    ),
  );
  const fromCoco = await run(coco('plain.json'));
  const plain = ({ samples }: typeof fromVoc) => samples.map(({ image: _, id: __, provenance: ___, ...rest }) => rest);
  expect(plain(fromCoco)).toEqual(plain(fromVoc));
  expect(fromVoc.rejected).toEqual([]);
  expect(fromVoc.images).toHaveLength(pictures);
  const count = asked(fromVoc, 'count').filter(({ question }) => question.includes('cells'));
  expect(new Set(count.map(({ answer }) => answer))).toEqual(new Set(['1', '2', '3']));
  for (const { options, answer, provenance } of count) {
    expect(provenance.basis).toMatch(new RegExp(`number of boxes of cell: ${answer}$`));
    expect(options.map(Number)).toEqual(options.map(Number).toSorted((a, b) => a - b));
    expect(options).toContain(answer);
    expect(Number(options[0])).toBeGreaterThanOrEqual(0);
  }
  const places = asked(fromVoc, 'place').filter(({ question }) => question.includes('nucleus'));
  expect(new Set(places.map(({ answer }) => answer))).toEqual(
    new Set(['upper left', 'upper right', 'lower left', 'lower right']),
  );
  for (const { answer, provenance } of places) {
    const [left = 0, top = 0] = (/: (\d+), (\d+),/.exec(provenance.basis ?? '') ?? []).slice(1).map(Number);
    expect(answer).toBe(`${top < 48 ? 'upper' : 'lower'} ${left < 48 ? 'left' : 'right'}`);
  }
  // In the middle, or one of several: where it is cannot be said.
  expect(asked(fromVoc, 'place').some(({ question }) => /cell|vessel/.test(question))).toBe(false);
  const vessel = asked(fromVoc, 'presence').filter(({ question }) => question.includes('vessel'));
  expect(vessel.filter(({ answer }) => answer === 'Yes')).toHaveLength(6);
  expect(vessel.filter(({ answer }) => answer === 'No')).toHaveLength(6);
  expect(fromVoc.notes.join()).toContain('every image has it: cell, nucleus');
  expect(fromVoc.notes.join()).toContain('what is most frequent: always cells');
});

test('boxes that are none, or in doubt, are told and nothing is asked that hangs on them', async () => {
  const odd = (n: number): string => {
    const [nucleus, ...cells] = drawn(n);
    const first = nucleus ?? (['nucleus', 0, 0, 1, 1] as const);
    if (n === 0) return annotation(n, object([first[0], 200, 4, 220, 30]) + cells.map((box) => object(box)).join(''));
    if (n === 1) return annotation(n, object(first) + cells.map((box) => object(box, 1)).join(''));
    if (n === 2) return annotation(n, object(['cell', 30, 30, 30, 60]) + object(first));
    if (n === 3) return '';
    if (n === 4) return '<annotation><object></annotation>';
    if (n === 5) return annotation(n, object(first), 640);
    if (n === 6) return annotation(n, '<object><name>cell</name></object>');
    if (n === 7) return annotation(n, object(['cell', -1, -2, 97, 96]) + object(first));
    return annotation(
      n,
      drawn(n)
        .map((box) => object(box))
        .join('\n'),
    );
  };
  const result = await run(voc('Odd', odd));
  const told = Object.fromEntries(result.rejected.map(({ file, code, reason, line }) => [file, [code, line, reason]]));
  expect(told).toEqual({
    '0.xml': ['box-unusable', 3, expect.stringContaining('object 1 (nucleus) lies outside of the picture of 96 × 96')],
    '2.xml': ['box-unusable', 3, expect.stringContaining('has no area')],
    '3.xml': ['annotation-unread', null, 'is empty'],
    '4.xml': ['annotation-unread', 1, expect.stringContaining('is no XML')],
    '5.xml': ['image-other-size', null, expect.stringContaining('640 × 640')],
    '6.xml': ['box-unread', 3, expect.stringContaining('has no box')],
  });
  const about = (n: number, ask: string) => {
    const original = sha256(readFileSync(at('set', 'JPEGImages', `${n}.png`)));
    const { imageHash } = result.images.find(({ originalHash }) => originalHash === original) ?? {};
    return asked(result, ask).filter((sample) => sample.imageHash === imageHash);
  };
  expect(about(0, 'place')).toEqual([]);
  expect(about(0, 'presence').filter(({ question }) => question.includes('nucleus'))).toEqual([]);
  expect(about(1, 'count').filter(({ question }) => question.includes('cell'))).toEqual([]);
  expect(about(1, 'most')).toEqual([]);
  expect(about(2, 'count').filter(({ question }) => question.includes('cell'))).toEqual([]);
  expect(about(7, 'place').length).toBeGreaterThan(0);
});

test('COCO: unknown categories and images, crowds and missing boxes', async () => {
  const file = coco('odd.json', ({ annotations, images }) => {
    Object.assign(annotations[0] ?? {}, { category_id: 99 });
    Object.assign(annotations[1] ?? {}, { iscrowd: 1 });
    annotations.push(
      { id: 900, image_id: 77, category_id: 1, bbox: [0, 0, 9, 9] },
      { id: 901, image_id: 5, category_id: 2 },
    );
    images.push({ id: 50, file_name: 'missing.png', width: side, height: side });
  });
  const { rejected, samples } = await run(file);
  expect(rejected.map(({ code, reason }) => `${code}: ${reason}`).toSorted()).toEqual([
    'box-unread: annotation 901 (cell) has no box of four numbers',
    'category-unknown: annotation 0 is of category 99, which the file does not list',
    expect.stringContaining('image-missing: image missing.png is not there'),
    'image-unknown: annotation 900 is of image 77, which the file does not list',
  ]);
  expect(samples.length).toBeGreaterThan(30);
  writeFileSync(at('set', 'annotations', 'empty.json'), '');
  await expect(run(at('set', 'annotations', 'empty.json'))).rejects.toMatchObject({ code: 'boxes-unread' });
  writeFileSync(at('set', 'annotations', 'list.json'), '[]');
  await expect(run(at('set', 'annotations', 'list.json'))).rejects.toMatchObject({ code: 'boxes-unread' });
  await expect(run(at('set', 'JPEGImages'))).rejects.toMatchObject({ code: 'boxes-missing' });
});

test('VOC: parts that share names keep their own pictures, and a box without a name may be of any class', async () => {
  const root = at('parts');
  for (const part of ['train', 'valid']) mkdirSync(join(root, part), { recursive: true });
  for (let n = 0; n < 8; n++) {
    copyFileSync(at('set', 'JPEGImages', `${n}.png`), join(root, 'train', `${n}.png`));
    copyFileSync(at('set', 'JPEGImages', `${n + 8}.png`), join(root, 'valid', `${n}.png`));
    const cell = object([n % 2 ? 'cell' : 'vessel', 4, 4, 20, 20]);
    const more = n < 2 ? '<object><bndbox><xmin>1</xmin></bndbox></object>' : '';
    writeFileSync(join(root, 'valid', `${n}.xml`), annotation(n, cell + more));
  }
  writeFileSync(join(root, 'train', '0.xml'), annotation(0, object(['cell', 4, 4, 20, 20])));
  const { images, samples } = await run(root);
  const originals = [0, 8, 9, 10, 11, 12, 13, 14, 15].map((n) =>
    sha256(readFileSync(at('set', 'JPEGImages', `${n}.png`))),
  );
  expect(images.map(({ originalHash }) => originalHash).toSorted()).toEqual(originals.toSorted());
  const unclear = new Set(
    images.flatMap((one) => (originals.slice(1, 3).includes(one.originalHash ?? '') ? [one.imageHash] : [])),
  );
  expect(unclear.size).toBe(2);
  expect(samples.filter(({ imageHash, answer }) => unclear.has(imageHash) && answer === 'No')).toEqual([]);
});

test('COCO: ids are one whether written as numbers or as text; parts of a picture are no pixels', async () => {
  const asText = coco('text-ids.json', ({ images }) =>
    images.forEach((one) => Object.assign(one, { id: String(Object(one).id) })),
  );
  const [{ samples, rejected }, plain] = [await run(asText), await run(coco('number-ids.json'))];
  expect(rejected).toEqual([]);
  expect(samples.map(({ answer }) => answer)).toEqual(plain.samples.map(({ answer }) => answer));
  const parts = await run(
    coco('parts.json', ({ annotations }) => Object.assign(annotations[0] ?? {}, { bbox: [0.1, 0.1, 0.3, 0.3] })),
  );
  expect(parts.rejected.map(({ reason }) => reason)).toEqual([expect.stringContaining('is smaller than a pixel')]);
});

test('boxes of a padded picture are left out: they were drawn before there was a border', async () => {
  const root = at('padded');
  mkdirSync(root);
  copyFileSync(at('set', 'JPEGImages', '0.png'), join(root, '0.png'));
  copyFileSync(at('set', 'JPEGImages', '1.png'), join(root, '1.png'));
  const thin = { create: { width: 600, height: 2, channels: 3, background: 'red' } } as const;
  await sharp(thin).png().toFile(join(root, '2.png'));
  for (let n = 0; n < 3; n++) {
    const sized = annotation(n, object([n % 2 ? 'cell' : 'vessel', 4, 0, 20, 2]));
    writeFileSync(join(root, `${n}.xml`), sized.replace(/<size>.*<\/size>/, ''));
  }
  const { rejected, images } = await run(root, { shape: 'letterbox' });
  expect(rejected.map(({ file, code }) => [file, code])).toEqual([['2.xml', 'image-padded']]);
  expect(images).toHaveLength(2);
});

test('crops show their box and stay with their picture', async () => {
  await expect(run(at('set', 'Annotations'), { crops: 2, images: 'none' })).rejects.toMatchObject({
    code: 'crops-without-images',
  });
  const { samples, images } = await run(at('set', 'Annotations'), { crops: 2 });
  const crops = images.filter(({ detail }) => detail !== null);
  expect(crops.length).toBeGreaterThan(pictures);
  const cropped = new Map(crops.map(({ imageHash, width, height }) => [imageHash, `${width} × ${height}`]));
  const about = samples.filter(({ imageHash }) => cropped.has(imageHash));
  expect(about).toHaveLength(crops.length);
  const sizes = Map.groupBy(about, ({ answer }) => answer);
  expect(sizes.get('cell')?.every(({ imageHash }) => cropped.get(imageHash) === '40 × 40')).toBe(true);
  const cell = crops.find(
    ({ imageHash, detail }) => detail?.startsWith('object 2 ') === true && cropped.get(imageHash) === '40 × 40',
  );
  const parent = images.find(({ patient, detail }) => detail === null && patient === cell?.patient);
  const box = { left: 26, top: 26, width: 40, height: 40 };
  const wanted = await sharp(parent?.path).extract(box).toColourspace('srgb').raw().toBuffer();
  expect(Buffer.compare(await sharp(cell?.path).toColourspace('srgb').raw().toBuffer(), wanted)).toBe(0);
  const parts = splitDataset(
    { samples, images },
    [
      { name: 'a', share: 0.5 },
      { name: 'b', share: 0.5 },
    ],
    0,
  );
  const [a, b] = parts.map((part) => new Set(part.images.map(({ patient }) => patient)));
  expect([...(a ?? [])].filter((patient) => b?.has(patient))).toEqual([]);
});

test('label maps say where the only region lies and which is the largest, never how many', async () => {
  const folder = at('set', 'maps');
  mkdirSync(folder);
  for (let n = 0; n < pictures; n++) {
    const map = Buffer.alloc(side * side);
    const [nucleus, ...others] = drawn(n);
    for (const [name, left, top, right, bottom] of [...others, ...(nucleus === undefined ? [] : [nucleus])])
      for (let y = top; y < bottom; y++)
        map.fill(['', 'nucleus', 'cell', 'vessel'].indexOf(name), y * side + left, y * side + right);
    const raw = { width: side, height: side, channels: 1 } as const;
    await sharp(map, { raw })
      .png()
      .toFile(join(folder, `${n}_mask.png`));
  }
  const deep = Uint16Array.from({ length: side * side }, (_, pixel) => (pixel < side ? 1 : 300));
  const raw16 = { raw: { width: side, height: side, channels: 1 } } as const;
  const as16 = sharp(deep, raw16).toColourspace('grey16').png();
  await as16.toFile(join(mkdirSync(at('deep'), { recursive: true }) ?? '', '0.png'));
  const read = await readMasks({
    path: at('deep'),
    imageRoot: null,
    patientFrom: 'none',
    key: projectKey,
    work: at('work'),
  });
  expect(read.images[0]?.boxes?.boxes.map(({ name, area }) => [name, area])).toEqual([
    ['1', side],
    ['300', side * (side - 1)],
  ]);
  // As many structures as FreeSurfer tells apart in a slice.
  const many = at('set', 'many');
  mkdirSync(many);
  await sharp(Buffer.from(Array.from({ length: side * side }, (_, pixel) => (pixel % side) + 1)), {
    raw: { width: side, height: side, channels: 1 },
  })
    .png()
    .toFile(join(many, 'n.png'));
  const cortex = await readMasks({
    path: many,
    imageRoot: null,
    patientFrom: 'none',
    key: projectKey,
    work: at('work'),
  });
  expect(cortex.images[0]?.boxes?.boxes).toHaveLength(side);
  await sharp(Buffer.alloc(side * side, 7), { raw: { width: side, height: side, channels: 1 } })
    .jpeg()
    .toFile(join(folder, 'x.jpg'));
  const out = at(`out-${++made}`);
  const names = { 1: 'nucleus', 2: 'cell', 3: 'vessel' };
  const options = {
    path: folder,
    out,
    imageRoot: at('set', 'JPEGImages'),
    kind: 'attribute',
    names,
    perImage: 8,
    modality: 'microscopy',
  } as const;
  const { rejected } = await importLabels('masks', options);
  expect(rejected.map(({ file, reason }) => `${file} ${reason}`)).toEqual([
    'x.jpg is a JPEG, which changes values: save label maps as PNG',
  ]);
  const { samples, images } = await readDataset(out);
  expect(images).toHaveLength(pictures);
  const asks = new Set(samples.map(({ provenance }) => provenance.basis?.split(' ')[0]));
  expect(asks).toEqual(new Set(['place', 'presence', 'which']));
  const large = await importLabels('masks', { ...options, asks: ['largest'], force: true });
  expect(large.info.counts.samples).toBeGreaterThan(5);
  expect((await readDataset(out)).samples.every(({ answer }) => answer === 'cell')).toBe(true);
  for (const { answer, provenance } of samples.filter((one) => one.provenance.basis?.startsWith('place ') === true)) {
    const [left = 0, top = 0] = (/: (\d+), (\d+),/.exec(provenance.basis ?? '') ?? []).slice(1).map(Number);
    expect(answer).toBe(`${top < 48 ? 'upper' : 'lower'} ${left < 48 ? 'left' : 'right'}`);
  }
  await expect(importLabels('masks', { ...options, names: {}, force: true })).rejects.toMatchObject({
    code: 'classes-unnamed',
    remedy: expect.stringContaining('--name 1='),
  });
});

test('label maps that are volumes are read as slices, named by dataset.json, each of the patient of its volume', async () => {
  const root = at('set', 'labelsTr');
  mkdirSync(root, { recursive: true });
  const labels = { background: 0, liver: 1, lesion: [1, 2], tumour: 2 };
  writeFileSync(at('set', 'dataset.json'), JSON.stringify({ labels }));
  writeFileSync(join(root, 'doe_jane.nii.gz'), '\x1f\x8b');
  for (const name of ['roe.hdr', 'roe.img', 'doe_jane.txt']) writeFileSync(join(root, name), 'x');
  const jobs: [string, Record<string, unknown>][] = [];
  // As the job of Python does: a slice with both, then one of the same patient with the liver alone.
  const runJob = async (module: string, spec: Record<string, unknown>): Promise<unknown> => {
    jobs.push([module, spec]);
    const rows = await Promise.all(
      [0, 1, 2, 3].map(async (n) => {
        const [image, map] = [join(String(spec['outDir']), `${n}.png`), join(String(spec['outDir']), `map-${n}.png`)];
        await writePicture(image, 50 + n);
        const values = Buffer.alloc(side * side);
        values.fill(1, side * 10, side * (20 + n));
        if (n % 2 === 0) values.fill(2, side * 40, side * (50 + n));
        await sharp(values, { raw: { width: side, height: side, channels: 1 } })
          .png()
          .toFile(map);
        const volume = n < 2 ? 'doe_jane_0000.nii.gz' : 'roe.nii.gz';
        const row = { image, map, volume, patient: volume.replace(/(?:_0000)?\.nii\.gz/, ''), shown: volume };
        return { ...row, detail: `slice ${n + 1} of 4`, warnings: ['the header says nothing'] };
      }),
    );
    writeFileSync(join(String(spec['outDir']), 'images.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const reason = { file: 'x.nii', line: null, code: 'mask-elsewhere', reason: 'lies 4 mm away from its volume' };
    writeFileSync(join(String(spec['outDir']), 'rejected.jsonl'), `${JSON.stringify(reason)}\n`);
    return {};
  };
  const out = at('volumes');
  const options = { path: root, out, kind: 'anatomy', modality: 'CT', perImage: 4 } as const;
  const { rejected, info } = await importLabels('masks', { ...options, runJob });
  expect(info['notes']).toContain('1 file left out: is no image');
  expect(JSON.stringify(info)).not.toMatch(/doe|\.img/);
  expect(rejected).toEqual([expect.objectContaining({ code: 'mask-elsewhere' })]);
  expect(jobs[0]?.[0]).toBe('medgr2.clinical.nifti_masks');
  expect(jobs[0]?.[1]).toMatchObject({ path: root, imageRoots: [root], frames: 'largest', window: 'auto' });
  const { samples, images } = await readDataset(out);
  expect(images.map(({ detail }) => detail).toSorted()).toEqual([1, 2, 3, 4].map((n) => `slice ${n} of 4`));
  expect(new Set(images.map(({ patient }) => patient)).size).toBe(2);
  expect(images.every(({ patient, warnings }) => !/doe/i.test(`${patient}`) && warnings.length === 1)).toBe(true);
  expect(samples.length).toBeGreaterThan(3);
  expect(samples.some(({ answer, question }) => `${question} ${answer}`.includes('tumour'))).toBe(true);
  expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  await expect(importLabels('masks', { ...options, runJob, force: true, images: 'reference' })).rejects.toMatchObject({
    code: 'pictures-made',
  });
  await expect(importLabels('masks', { ...options, force: true })).rejects.toMatchObject({
    code: 'masks-without-python',
  });
  const none: typeof runJob = async (_, spec) => {
    writeFileSync(join(String(spec['outDir']), 'images.jsonl'), '');
    const reason = { file: 'x.nii', line: null, code: 'image-missing', reason: 'has no volume of its name' };
    writeFileSync(join(String(spec['outDir']), 'rejected.jsonl'), JSON.stringify(reason));
  };
  const named = { ...options, names: { 1: 'liver' }, runJob: none, force: true };
  await expect(importLabels('masks', named)).rejects.toMatchObject({
    code: 'import-empty',
    remedy: expect.stringContaining('x.nii has no volume of its name'),
  });
});
