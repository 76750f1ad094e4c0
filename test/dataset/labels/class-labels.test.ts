/** `import classes`: folders and tables of labels, what is asked of them, and each reason for which something is left out. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { splitDataset } from '../../../src/dataset/folders/split.js';
import { importLabels, type LabelImportOptions } from '../../../src/dataset/import/import-labels.js';
import { areNested, classNames } from '../../../src/dataset/labels/class-names.js';
import { projectKey } from '../../../src/dataset/patients/pseudonym-key.js';
import type { Sample } from '../../../src/sample.js';
import { writePicture } from '../../helpers/pictures.js';

let dir = '';
let made = 0;
const pictures = 24;
const at = (...names: string[]): string => join(dir, ...names);
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-classes-'));
  for (let number = 0; number < pictures; number++) await writePicture(at('pictures', `${number}.png`), number);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Files below a new folder, each a copy of a picture by its number, or a text. */
function folder(files: Readonly<Record<string, number | string>>): string {
  const root = at(`set-${++made}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    if (typeof content === 'string') writeFileSync(join(root, name), content);
    else copyFileSync(at('pictures', `${content}.png`), join(root, name));
  }
  return root;
}
const classes = (...names: string[]): Record<string, number> =>
  Object.fromEntries(Array.from({ length: pictures }, (_, at_) => [`${names[at_ % names.length]}/${at_}.png`, at_]));

async function run(path: string, options: Partial<LabelImportOptions> = {}) {
  const out = at(`out-${++made}`);
  const report = await importLabels('classes', { path, out, modality: 'dermoscopy', ...options });
  return { ...report, out, ...(await readDataset(out)) };
}
const count = (samples: readonly Sample[], answer: string): number =>
  samples.filter((sample) => sample.answer === answer).length;

describe('a folder a class', () => {
  test('asks which it is and whether one is there, each question with the label it stands on', async () => {
    const { samples, images, info } = await run(folder(classes('melanoma', '02_basal_cell_carcinoma', 'normal')));
    expect(images).toHaveLength(pictures);
    const which = samples.filter(({ provenance }) => provenance.basis?.startsWith('which'));
    expect(which).toHaveLength(pictures);
    const label = { melanoma: 'melanoma', 'basal cell carcinoma': '02_basal_cell_carcinoma', normal: 'normal' };
    for (const { answer, options, questionType, modality, provenance, rationale } of which) {
      expect([...options].sort()).toEqual(Object.keys(label).sort());
      expect([questionType, modality]).toEqual(['disease diagnosis', 'dermoscopy']);
      expect(provenance.basis).toMatch(new RegExp(`^which [123]: class ${label[answer as keyof typeof label]}$`));
      expect(rationale).toContain(answer);
    }
    const places = [0, 1, 2].map((place) => which.filter(({ options, answer }) => options[place] === answer).length);
    expect(places).toEqual([8, 8, 8]);
    expect(info['labels']).toMatchObject({
      classes: { '02_basal_cell_carcinoma': { name: 'basal cell carcinoma', images: 8 } },
      asked: { which: pictures },
    });
  });

  test('affirms of each class as often as it denies, however rare it is', async () => {
    const rare = Object.fromEntries(
      Array.from({ length: pictures }, (_, at_) => [
        `${at_ < 3 ? 'tumour' : at_ < 9 ? 'cyst' : 'healthy'}/${at_}.png`,
        at_,
      ]),
    );
    const { samples } = await run(folder(rare));
    const presence = samples.filter(({ options }) => options[0] === 'Yes');
    for (const [, own] of Map.groupBy(presence, ({ provenance }) => provenance.basis?.split('class ')[1]))
      expect(count(own, 'Yes')).toBe(count(own, 'No'));
    expect(presence.length).toBeGreaterThanOrEqual(18);
    expect(presence.filter(({ question }) => /\bnormal\b/.test(question)).length).toBeGreaterThan(5);
    expect(presence.some(({ question }) => question.includes('healthy'))).toBe(false);
  });

  test('gives the same questions for the same seed, and others for another', async () => {
    const path = folder(classes('a cell', 'b cell'));
    const [first, second, other] = [await run(path), await run(path), await run(path, { seed: 1 })];
    expect(second.samples.map(({ image: _, ...sample }) => sample)).toEqual(
      first.samples.map(({ image: _, ...sample }) => sample),
    );
    expect(other.samples.map(({ question }) => question)).not.toEqual(first.samples.map(({ question }) => question));
  });

  test('asks no more about an image than was said', async () => {
    const { samples } = await run(folder(classes('a', 'b', 'c')), { perImage: 1, kind: 'attribute' });
    const most = Math.max(
      ...[...Map.groupBy(samples, ({ imageHash }) => imageHash).values()].map(({ length }) => length),
    );
    expect(most).toBe(1);
  });

  test('leaves out what is no image, stands in no class, or is in two, with the reason', async () => {
    const { rejected, images } = await run(
      folder({
        ...classes('cyst', 'tumour'),
        'tumour/again.png': 0,
        'cyst/copy.png': 2,
        'loose.png': 5,
        'cyst/scan.dcm': 'DICOM',
        'cyst/notes.txt': 'x',
      }),
    );
    const told = Object.fromEntries(rejected.map(({ file, code, reason }) => [file, `${code}: ${reason}`]));
    expect(told).toMatchObject({
      'cyst/0.png': expect.stringContaining('labels-contradict: is cyst here and tumour in tumour/again.png'),
      'tumour/again.png': expect.stringContaining('is tumour here and cyst in cyst/0.png'),
      'cyst/copy.png': expect.stringContaining('image-repeated'),
      'loose.png': expect.stringContaining('class-missing: is in no folder'),
      'cyst/scan.dcm': expect.stringContaining('image-kind'),
    });
    expect(Object.keys(told)).toHaveLength(5);
    expect(images).toHaveLength(pictures - 1);
  });

  test('of parts, patients or deeper folders is read where a pattern says', async () => {
    const nested = Object.fromEntries(
      Array.from({ length: 12 }, (_, at_) => [
        `${at_ < 6 ? 'train' : 'test'}/${at_ % 2 ? 'cyst' : 'tumour'}/p${at_ % 3}/${at_}.png`,
        at_,
      ]),
    );
    const path = folder(nested);
    await expect(run(path)).rejects.toMatchObject({
      code: 'classes-parts',
      remedy: expect.stringContaining('--class-from'),
    });
    const { samples, images, ...whole } = await run(path, { classFrom: '*/{class}/*', patientFrom: '*/*/{patient}/*' });
    expect(new Set(samples.flatMap(({ options }) => (options[0] === 'Yes' ? [] : options)))).toEqual(
      new Set(['cyst', 'tumour']),
    );
    expect(new Set(images.map(({ patient }) => patient))).toEqual(
      new Set(['p0', 'p1', 'p2'].map(projectKey().pseudonym)),
    );
    const parts = splitDataset(
      { ...whole, samples, images },
      [
        { name: 'a', share: 0.5 },
        { name: 'b', share: 0.5 },
      ],
      0,
    );
    const [a, b] = parts.map((part) => new Set(part.images.map(({ patient }) => patient)));
    expect([...(a ?? [])].filter((patient) => b?.has(patient))).toEqual([]);
    await expect(run(path, { classFrom: 'first', patientFrom: 'folder' })).rejects.toMatchObject({
      code: 'class-patient',
    });
  });

  test('with one class, or with names that nobody could answer by, is refused with what to do', async () => {
    await expect(run(folder(classes('cyst')))).rejects.toMatchObject({
      code: 'classes-one',
      remedy: expect.stringContaining('import images'),
    });
    const numbers = folder(classes('0', '1', '2'));
    await expect(run(numbers)).rejects.toMatchObject({
      code: 'classes-unnamed',
      remedy: expect.stringContaining('--name 0='),
    });
    await expect(run(folder(classes('yes', 'no')))).rejects.toMatchObject({ code: 'classes-unnamed' });
    const { samples } = await run(numbers, { kind: 'grade' });
    expect(samples.find(({ options }) => options.length === 3)?.options.toSorted()).toEqual([
      'grade 0',
      'grade 1',
      'grade 2',
    ]);
    const words = await run(numbers, { names: { 0: 'no retinopathy', 1: 'mild', 2: 'severe' }, kind: 'grade' });
    expect(words.samples.some(({ answer }) => answer === 'no retinopathy')).toBe(true);
    await expect(run(folder(classes('Big Cyst', 'big_cyst')))).rejects.toMatchObject({ code: 'classes-identical' });
    await expect(run(numbers, { names: { 7: 'x' } })).rejects.toMatchObject({ code: 'class-unknown' });
    await expect(run(folder(classes('<|im_end|>', 'b')))).rejects.toMatchObject({ code: 'class-name' });
    await expect(run(folder({ '1.png': 1 }))).rejects.toMatchObject({ code: 'classes-missing' });
  });

  test('of a thousand classes has four options of as many classes', () => {
    const names = classNames(new Map(Array.from({ length: 1000 }, (_, n) => [`tumour_type_${n}`, 'disease' as const])));
    expect(names.get('tumour_type_7')).toMatchObject({ one: 'tumour type 7', healthy: false });
  });
});

describe('a table of labels', () => {
  const images = Object.fromEntries(Array.from({ length: pictures }, (_, n) => [`scans/${n}.png`, n]));
  const table = (lines: readonly string[], name = 'labels.csv'): string => {
    const root = folder({ ...images, [name]: lines.join('\n') });
    return join(root, name);
  };
  const rows = (row: (n: number) => string): string[] => Array.from({ length: pictures }, (_, n) => row(n));

  test('names its labels by the usual columns, several kinds at once, images without their ending', async () => {
    const path = table([
      'image_id,dx,localization,age,patient_id',
      ...rows((n) => `scans/${n},${n % 2 ? 'nevus' : 'melanoma'},${n % 3 ? 'back' : 'face'},50,${n % 5}`),
    ]);
    const { samples, info, images: found } = await run(path);
    expect(new Set(samples.map(({ questionType }) => questionType))).toEqual(
      new Set(['disease diagnosis', 'anatomy identification']),
    );
    expect(
      samples.some(
        ({ provenance, answer }) =>
          provenance.basis?.includes('localization: class face') === true && answer === 'face',
      ),
    ).toBe(true);
    expect(info['columns']).toMatchObject({ used: { labels: ['dx', 'localization'] }, unused: ['age'] });
    expect(new Set(found.map(({ patient }) => patient)).size).toBe(5);
  });

  test('has lists, and rows one below the other', async () => {
    const lists = await run(
      table(['image,finding', ...rows((n) => `scans/${n}.png,${['mass', 'mass|effusion', 'no finding'][n % 3]}`)]),
    );
    const below = await run(
      table([
        'image,finding',
        ...rows((n) => `scans/${n}.png,${['mass', 'mass', 'no finding'][n % 3]}`),
        ...rows((n) => (n % 3 === 1 ? `scans/${n}.png,effusion` : '')),
      ]),
    );
    expect(below.samples.map(({ image: _, provenance: __, ...rest }) => rest)).toEqual(
      lists.samples.map(({ image: _, provenance: __, ...rest }) => rest),
    );
    // Never a distractor: what the image has, too.
    const both = lists.samples.filter(({ answer, options }) => answer === 'mass' && options.includes('effusion'));
    const hashes = new Set(
      lists.samples.filter(({ answer }) => answer === 'effusion').map(({ imageHash }) => imageHash),
    );
    expect(both.filter(({ imageHash }) => hashes.has(imageHash))).toEqual([]);
  });

  test('denies nothing that a label leaves open: wider classes, doubts, lists with commas', async () => {
    const labels = [
      'polyps',
      'dyed-lifted-polyps',
      'no polyp',
      'ulcer',
      'ulcer, bleeding',
      'bleeding',
      'unknown',
      'ulcer?',
    ];
    const { samples, rejected, info } = await run(
      table([
        'image,finding,y],lesion_id',
        ...rows((n) => `scans/${n}.png,"${labels[n % 8]}",0.14,L${Math.floor(n / 2)}`),
      ]),
      { perImage: 20 },
    );
    expect(info['columns']).toMatchObject({ used: { labels: ['finding'] } });
    expect(rejected.map(({ code }) => code)).toEqual(Array(6).fill('label-missing'));
    const of = (key: string) =>
      new Set(
        samples.flatMap(({ provenance, imageHash }) =>
          provenance.basis?.endsWith(`: class ${key}`) === true ? [imageHash] : [],
        ),
      );
    const about = (key: string) => samples.filter(({ imageHash }) => of(key).has(imageHash));
    const denied = (key: string, other: string) =>
      about(key).filter(({ provenance }) => provenance.basis?.endsWith(`: not class ${other}`));
    expect(denied('dyed-lifted-polyps', 'polyps')).toEqual([]);
    expect(about('dyed-lifted-polyps').some(({ options }) => options.includes('polyps'))).toBe(false);
    const nested = [
      ['polyps', 'polyp, dyed'],
      ['covid', 'covid negative'],
      ['small cell carcinoma', 'non-small cell carcinoma'],
    ] as const;
    expect(nested.map(([a, b]) => areNested(a, b))).toEqual([true, false, false]);
    expect([of('ulcer').size, of('bleeding').size]).toEqual([6, 6]);
    expect(of('ulcer').intersection(of('bleeding')).size).toBe(3);
  });

  test('has a column for each class, where nothing and -1 say nothing', async () => {
    const value = (n: number, k: number): string => ['1', '"0,0"', '', '-1', '1.0'][(n + k) % 5] ?? '';
    const path = table([
      'image,view,Edema,Pleural Effusion',
      ...rows((n) => `scans/${n}.png,AP,${value(n, 0)},${value(n, 2)}`),
    ]);
    const { samples, rejected, images: found } = await run(path, { modality: 'X-ray' });
    const numberOf = new Map(found.map(({ originalHash, imageHash }) => [imageHash, originalHash]));
    expect(numberOf.size).toBe(pictures - rejected.length);
    const asked = samples.filter(({ question }) => question.includes('Edema'));
    expect(count(asked, 'Yes')).toBe(count(asked, 'No'));
    expect(rejected.every(({ code }) => code === 'label-missing')).toBe(true);
  });

  test('of names that nobody knows says what to say', async () => {
    const known = await run(
      table(['Image Index,Finding Labels', ...rows((n) => `scans/${n}.png,${n % 2 ? 'mass' : 'cyst'}`)]),
    );
    expect(known.samples.length).toBeGreaterThan(pictures);
    await expect(
      run(table(['bild,label', ...rows((n) => `scans/${n}.png,${n % 2 ? 'mass' : 'cyst'}`)])),
    ).rejects.toMatchObject({
      code: 'import-empty',
      remedy: expect.stringContaining('--map image=COLUMN'),
    });
  });

  test('without a known column, or with an odd row, says so', async () => {
    await expect(run(table(['image,zustand', 'scans/0.png,gut', 'scans/1.png,krank']))).rejects.toMatchObject({
      code: 'labels-missing',
      remedy: expect.stringContaining('The columns are image, zustand'),
    });
    const path = table([
      'image,zustand',
      ...rows((n) => `scans/${n}.png,${n % 2 ? 'gut' : 'krank'}`),
      'scans/99.png,gut',
      'scans/1.png,',
      ',gut',
    ]);
    const { rejected, samples } = await run(path, { labels: ['zustand=attribute'] });
    expect(rejected.map(({ line, code }) => [line, code])).toEqual([
      [pictures + 2, 'image-missing'],
      [pictures + 3, 'label-missing'],
      [pictures + 4, 'image-missing'],
    ]);
    expect(samples[0]?.questionType).toBe('other biological attributes');
    await expect(run(path, { labels: ['zustand=colour'] })).rejects.toMatchObject({ code: 'label-kind' });
    const named = table([
      'image,class,patient',
      ...rows((n) => `scans/${n}.png,${n % 2 ? 'Doe Jane' : 'other'},"Doe, Jane"`),
    ]);
    await expect(run(named)).rejects.toMatchObject({ code: 'class-patient' });
    const binary = table(['image,label', ...rows((n) => `scans/${n}.png,${n % 2}`)]);
    await expect(run(binary)).rejects.toMatchObject({
      code: 'classes-unnamed',
      remedy: expect.stringContaining('--name 0='),
    });
    const called = await run(binary, { names: { 0: 'benign', 1: 'malignant' } });
    expect(count(called.samples, 'malignant')).toBe(pictures / 2);
    await expect(run(path, { labels: ['nix'] })).rejects.toMatchObject({ code: 'labels-missing' });
  });
});
