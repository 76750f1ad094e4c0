/** A patient stays on one side: who is one, under which key, where in a path, and pictures that are one picture. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitCommand } from '../../../src/cli/dataset-commands/split-command.js';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { decontaminate } from '../../../src/dataset/folders/decontaminate.js';
import { loadFiles } from '../../../src/dataset/sources/own-files.js';
import { readDataset, writeDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { importImages } from '../../../src/dataset/import/import-images.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { patientInPath } from '../../../src/dataset/patients/patient-path.js';
import { patientOrNull, patientsOf } from '../../../src/dataset/patients/unnamed-patients.js';
import { patientKey } from '../../../src/dataset/patients/patient-key.js';
import { projectKey } from '../../../src/dataset/patients/pseudonym-key.js';
import { likeImages } from '../../../src/dataset/near-duplicates/stored-hashes.js';
import { splitDataset } from '../../../src/dataset/folders/split.js';
import { writePicture } from '../../helpers/pictures.js';

let dir = '';
const at = (name: string): string => join(dir, name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-patients-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('what stands for no patient is none, in both languages', () => {
  const file = join(packageRoot, 'test/golden/no-patients.json');
  const words = JSON.parse(readFileSync(file, 'utf8')) as { nobody: string[]; somebody: string[] };
  expect(words.nobody.filter((word) => patientOrNull(word) !== null)).toEqual([]);
  expect(words.somebody.filter((word) => patientOrNull(word) === null)).toEqual([]);
});

describe('the key of pseudonyms', () => {
  test('is made once, for its owner alone, and found from folders below', () => {
    mkdirSync(at('project/inner'), { recursive: true });
    const first = projectKey(at('project'), {});
    expect([first.made, first.file]).toEqual([true, at('project/.medgr2/pseudonym-key')]);
    expect(statSync(first.file ?? '').mode & 0o777).toBe(0o600);
    const again = projectKey(at('project/inner'), {});
    expect([again.made, again.id, again.pseudonym('PAT0')]).toEqual([false, first.id, first.pseudonym('PAT0')]);
    expect(first.id).not.toContain(readFileSync(first.file ?? '', 'utf8').slice(0, 8));
    const other = projectKey(at('project'), { MEDGR2_PSEUDONYM_KEY: 'another' });
    expect([other.file, other.id === first.id]).toEqual([null, false]);
  });

  test('gives what Python gives', () => {
    const key = projectKey(dir, { MEDGR2_PSEUDONYM_KEY: '0123456789abcdef' });
    expect(key.pseudonym('PAT0')).toBe('5aab70842adcffb0');
  });

  test('takes a number for one however it is written, in both languages', () => {
    const file = join(packageRoot, 'test/golden/patient-keys.json');
    const keys = JSON.parse(readFileSync(file, 'utf8')) as { given: string; key: string }[];
    expect(keys.map(({ given }) => ({ given, key: patientKey(given) }))).toEqual(keys);
  });
});

describe('a patient in a path', () => {
  test.each([
    ['folder', 'P1/study1/a.png', 'P1'],
    ['folder', './P1/a.png', 'P1'],
    ['folder', 'a.png', null],
    ['folder', 'unknown/a.png', null],
    ['*/{patient}/*', 'site/P1/study/a.png', 'P1'],
    ['{site}/{patient}', 'site/P1/a.png', 'P1'],
    ['**/{patient}/{study}/*.png', 'x/y/P1/s/a.png', 'P1'],
    ['{patient}_*', 'any/where/P1_left_2.png', 'P1'],
    ['{patient}_*', 'P1.png', null],
    ['none', 'P1/a.png', null],
  ])('%s of %s', (from, name, patient) => {
    expect(patientInPath(from)(name)).toBe(patient);
  });

  test('is on one side, whatever study its images are in', async () => {
    let number = 0;
    for (const patient of ['P1', 'P2', 'P3'])
      for (const study of ['study1', 'study2'])
        for (const name of ['a', 'b']) await writePicture(at(`scans/${patient}/${study}/${name}.png`), number++);
    await importImages({ path: at('scans'), out: at('by-folder'), patientFrom: 'folder' });
    const dataset = await readDataset(at('by-folder'));
    expect(JSON.stringify(dataset.images)).not.toContain('"P1"');
    const shares = [
      { name: 'train', share: 0.5 },
      { name: 'test', share: 0.5 },
    ];
    const [train, held] = splitDataset(dataset, shares, 0);
    const inTrain = new Set(train?.images.map(({ patient }) => patient));
    expect(inTrain.size).toBeGreaterThan(0);
    expect(held?.images.filter(({ patient }) => inTrain.has(patient))).toEqual([]);
  });
});

describe('tables', () => {
  const table = async (name: string, rows: readonly string[]) => {
    mkdirSync(at('t'), { recursive: true });
    for (let number = 0; number < 6; number++) await writePicture(at(`t/${number}.png`), 100 + number);
    writeFileSync(at(`t/${name}.csv`), ['image,question,answer,patient_id,study_id', ...rows].join('\n'));
    return importQuestions('csv', { path: at(`t/${name}.csv`), out: at(`out-${name}`) });
  };

  test('without a patient the study stands in', async () => {
    await table('study', [
      '0.png,What?,a,Anonymous,S1',
      '1.png,What?,a,0,S1',
      '2.png,What?,a,NA,S2',
      '3.png,What?,a,P7,S2',
    ]);
    const { images } = await readDataset(at('out-study'));
    expect(images.map(({ patient }) => patient)).toEqual(
      ['study S1', 'study S1', 'P7', 'P7'].map(projectKey().pseudonym),
    );
  });

  test('a row that has only the study, or the name, of a patient is that patient’s', () => {
    const rows = [
      { patients: ['P1', 'Doe'], studies: ['S1'] },
      { patients: [null, 'DOE'], studies: [] },
      { patients: ['', null], studies: ['s1'] },
      { patients: ['P2'], studies: ['S2'] },
      { patients: ['P3'], studies: ['S2'] },
      { patients: [], studies: ['S2'] },
      { patients: ['NA'], studies: [7] },
      { patients: [], studies: [] },
    ];
    expect(patientsOf(rows)).toEqual(['P1', 'P1', 'P1', 'P2', 'P3', 'study S2', 'study 7', null]);
    const counted = (...ids: string[]) => patientsOf(ids.map((id) => ({ patients: [id], studies: [] })));
    expect([counted('0', '1'), counted('0', 'P1')]).toEqual([
      ['0', '1'],
      [null, 'P1'],
    ]);
  });

  test('an image under two patients is told', async () => {
    const { notes } = await table('two', ['0.png,What?,a,P1,', '0.png,Where?,b,P2,', '1.png,What?,a,P2,']);
    expect(notes.join('\n')).toContain('under two patients');
  });

  test('that know no patient say so, as split does', async () => {
    const { notes } = await table('none', [
      '0.png,What?,a,,',
      '1.png,What?,a,unknown,',
      '2.png,What?,b,,',
      '3.png,What?,b,,',
    ]);
    expect(notes.join('\n')).toContain('no patient is known');
    const told: string[] = [];
    const io = {
      out: () => {},
      error: (text: string) => told.push(text),
      env: {},
      signal: new AbortController().signal,
    };
    await splitCommand(at('out-none'), { out: at('parts'), part: [], test: 0.5, seed: 0, distance: 6 }, io);
    expect(told.join('\n')).toContain('no patient is known');
    const printed: string[] = [];
    const json = { ...io, out: (text: string) => void printed.push(text) };
    await splitCommand(
      at('out-none'),
      { out: at('parts-json'), part: [], test: 0.5, seed: 0, distance: 6, json: true },
      json,
    );
    expect(JSON.parse(printed.join(''))).toEqual({
      seed: 0,
      parts: ['train', 'test'].map((name) => ({
        name,
        folder: at(`parts-json/${name}`),
        samples: expect.any(Number),
        images: expect.any(Number),
        patients: 0,
      })),
    });
  });

  test('of one patient cannot be parted: an empty part is an error, and nothing is left', async () => {
    const { notes } = await table('one', ['0.png,What?,a,P1,', '1.png,What?,a,P1,', '2.png,What?,b,P1,']);
    expect(notes.join('\n')).toContain('of one patient');
    const io = { out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal };
    const split = splitCommand(at('out-one'), { out: at('empty'), part: [], test: 0.5, seed: 0, distance: 6 }, io);
    await expect(split).rejects.toMatchObject({ code: 'split-empty', exitCode: 1 });
    expect(existsSync(at('empty'))).toBe(false);
  });
});

describe('copies', () => {
  /** The same pictures, smaller and as JPEG. */
  const copies = async (from: string, to: string, names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const target = at(`${to}/copy-${name}.jpg`);
      mkdirSync(dirname(target), { recursive: true });
      await sharp(at(`${from}/${name}.png`))
        .resize(80, 80)
        .jpeg({ quality: 80 })
        .toFile(target);
    }
  };
  const asked = async (folder: string, names: readonly string[]): Promise<void> => {
    const rows = names.map((name) => `${name},Which side is brighter?,left,right,left`);
    writeFileSync(at(`${folder}.csv`), ['image,question,option_A,option_B,answer', ...rows].join('\n'));
    await importQuestions('csv', { path: at(`${folder}.csv`), out: at(`set-${folder}`), imageRoot: at(folder) });
  };

  test('come on the side of what they look like', async () => {
    for (let number = 0; number < 12; number++) await writePicture(at(`like/${number}.png`), 200 + number);
    await copies('like', 'like', ['0', '1', '2', '3', '4', '5']);
    await importImages({ path: at('like'), out: at('set-like') });
    const dataset = await readDataset(at('set-like'));
    const alike = await likeImages(dataset.images, 6);
    const pairs = [...alike].filter(([imageHash, like]) => imageHash !== like);
    expect(pairs).toHaveLength(6);
    const shares = [
      { name: 'train', share: 0.5 },
      { name: 'test', share: 0.5 },
    ];
    const apart = (parts: ReturnType<typeof splitDataset>): number => {
      const train = new Set(parts[0]?.images.map(({ imageHash }) => imageHash));
      return pairs.filter(([a, b]) => train.has(a) !== train.has(b)).length;
    };
    expect(apart(splitDataset(dataset, shares, 1, alike))).toBe(0);
    expect(apart(splitDataset(dataset, shares, 1))).toBeGreaterThan(0);
  });

  test('of the test set are refused in the seed and left out of the pool', async () => {
    for (let number = 0; number < 6; number++) await writePicture(at(`held/${number}.png`), 300 + number);
    await copies('held', 'leaky', ['0']);
    await writePicture(at('leaky/own.png'), 310);
    await writePicture(at('clean/own.png'), 311);
    await copies('held', 'pool', ['1', '2']);
    await writePicture(at('pool/own.png'), 312);
    await asked('held', ['0.png', '1.png', '2.png']);
    await asked('leaky', ['copy-0.jpg', 'own.png']);
    await asked('clean', ['own.png']);
    const files = { source: 'files', modality: 'unknown', runSeed: 0, remote: false, test: at('set-held') } as const;
    await expect(loadFiles({ ...files, seed: at('set-leaky') })).rejects.toMatchObject({
      code: 'test-leak',
      message: expect.stringContaining('look like'),
    });
    const data = await loadFiles({ ...files, seed: at('set-clean'), pool: at('pool') });
    expect(data.pool.map(({ image }) => image)).toEqual([at('pool/own.png')]);
  });
});

test('folders whose pseudonyms have two keys are not compared, by any command', async () => {
  for (const [folder, secret] of [
    ['x', 'the key of one project'],
    ['y', 'the key of another one'],
  ] as const) {
    await writePicture(at(`${folder}/P1/a.png`), folder === 'x' ? 400 : 401);
    await writePicture(at(`${folder}/P2/b.png`), folder === 'x' ? 402 : 403);
    const key = projectKey(dir, { MEDGR2_PSEUDONYM_KEY: secret });
    await importImages({ path: at(folder), out: at(`set-${folder}`), patientFrom: 'folder', key });
  }
  const [x, y] = [await readDataset(at('set-x')), await readDataset(at('set-y'))];
  const settings = { distance: 6, similarity: 0.9 };
  await expect(decontaminate(x, [y], { ...settings, by: ['patient'] })).rejects.toMatchObject({
    code: 'pseudonym-keys-differ',
    remedy: expect.stringContaining('--by image,perceptual'),
  });
  expect((await decontaminate(x, [y], { ...settings, by: ['image'] })).images).toHaveLength(2);
  // What was made of a folder keeps its key; a folder of older days has one of its own.
  const older = { ...x, info: { ...x.info, format: 'dicom', pseudonymKey: undefined }, rejected: [] };
  const { pseudonymKey: _, ...info } = older.info;
  await writeDataset(at('set-old'), { ...older, info });
  const old = await readDataset(at('set-old'));
  await expect(decontaminate(old, [x], { ...settings, by: ['patient'] })).rejects.toMatchObject({
    code: 'pseudonym-keys-differ',
  });
  expect((await decontaminate(old, [old], { ...settings, by: ['patient'] })).images).toHaveLength(0);
});

test('a patient of a table is one in other case, width and spacing: in a split, a leak check and a run', async () => {
  const names = ['Müller, Eva', 'MÜLLER, EVA ', 'Mu\u0308ller,  Eva', 'ＰＡＴ１', 'pat1', 'Pat_2', 'PAT 2'];
  const write = async (name: string, from: number, patients: readonly string[]): Promise<string> => {
    for (const index of patients.keys()) await writePicture(at(`${name}/${index}.png`), from + index);
    const lines = patients.map((patient, index) => `${index}.png,What is ${from + index}?,CT|MRI,CT,"${patient}"`);
    writeFileSync(at(`${name}/q.csv`), `image,question,options,answer,patient\n${lines.join('\n')}\n`);
    await importQuestions('csv', { path: at(`${name}/q.csv`), out: at(`${name}-set`), modality: 'CT' });
    return at(`${name}-set`);
  };
  const all = await readDataset(await write('spelled', 700, names));
  const parts = [
    { name: 'train', share: 0.5 },
    { name: 'test', share: 0.5 },
  ];
  const person = (patient: string | null): string => {
    const plain = (patient ?? '').normalize('NFKC').toLowerCase();
    return plain.slice(0, 1) + (/\d/.exec(plain)?.[0] ?? '');
  };
  for (let seed = 0; seed < 4; seed++) {
    const [train, held] = splitDataset(all, parts, seed).map(
      ({ images }) => new Set(images.map(({ patient }) => person(patient))),
    );
    expect([train?.size, held?.size]).not.toContain(0);
    expect([...(train ?? [])].filter((one) => held?.has(one))).toEqual([]);
  }
  const other = await readDataset(await write('spelled-other', 720, ['müller, eva', 'Somebody else']));
  const found = await decontaminate(other, [all], { distance: 6, similarity: 0.9, by: ['patient'] });
  expect(found.images).toHaveLength(1);
  await expect(
    loadFiles({
      source: 'files',
      modality: 'unknown',
      runSeed: 0,
      remote: false,
      seed: at('spelled-other-set'),
      test: at('spelled-set'),
    }),
  ).rejects.toMatchObject({ code: 'test-leak', message: expect.stringContaining('1 patients') });
});
