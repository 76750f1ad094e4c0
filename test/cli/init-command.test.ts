/** `init` writes what `plan` accepts, asks only at a terminal, and writes over nothing. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { medgr2 } from '../../src/called-as.js';
import { initCommand, type InitCommand } from '../../src/cli/commands/init-command.js';
import type { CommandIo } from '../../src/cli/command-io.js';
import { buildProgram } from '../../src/cli/program.js';
import { planCommand } from '../../src/cli/commands/plan-command.js';
import { loadConfig } from '../../src/config/load.js';
import { readDataset } from '../../src/dataset/folders/dataset-folder.js';
import { writePicture } from '../helpers/pictures.js';

let dir: string;
let out: string;
let errors: string;
beforeEach(async () => {
  out = errors = '';
  dir = await mkdtemp(join(tmpdir(), 'medgr2-init-'));
  await writePicture(join(dir, 'scans', 'a.png'), 1);
  await writePicture(join(dir, 'scans', 'b, c.png'), 2);
});
afterEach(() => rm(dir, { recursive: true }));

function io(answers?: string[]): CommandIo {
  const left = [...(answers ?? [])];
  return {
    out: (text) => void (out += `${text}\n`),
    error: (text) => void (errors += `${text}\n`),
    ask: answers === undefined ? undefined : async () => left.shift() ?? '',
    env: {},
    signal: new AbortController().signal,
  };
}
const init = (flags: Partial<InitCommand> = {}, answers?: string[]) =>
  initCommand({ file: join(dir, 'mine.yaml'), force: false, ...flags }, io(answers));
const own = () => ({ images: join(dir, 'scans'), generator: 'gemini', egressReason: 'mine' });

async function plan(): Promise<string> {
  out = '';
  await planCommand({ config: join(dir, 'mine.yaml'), set: [], gpu: 'L40', gpus: 1, accepted: 0.5, json: false }, io());
  return out;
}

test('without a word: the drawn images, and a plan with nothing missing', async () => {
  await init();
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({ data: { source: 'phantom' }, cycles: 3 });
  expect(await plan()).not.toContain('Missing');
});

test('own images by flags: a configuration, a table to fill in, and what to do next', async () => {
  await init({ ...own(), modality: 'mri', model: 'Qwen/Qwen2.5-VL-7B-Instruct' });
  const config = await loadConfig(join(dir, 'mine.yaml'));
  expect(config).toMatchObject({
    data: { source: 'files', pool: join(dir, 'scans'), modality: 'MRI' },
    egress: { allow: true, reason: 'mine' },
    rewardModel: { base: 'Qwen/Qwen2.5-VL-3B-Instruct' },
    cycles: 1,
  });
  expect(await readFile(join(dir, 'questions.csv'), 'utf8')).toMatch(
    /^image,question,.*,patient,.*,modality\na\.png,,.*,MRI\n"b, c\.png",,.*,MRI\n/,
  );
  expect(out).toContain(`${medgr2} import csv`);
  // Elsewhere than here, the commands name places whole, as the configuration is named.
  expect(out).not.toContain('../');
  expect(out).toContain(`${medgr2} split ${join(dir, 'data/questions')} --out ${join(dir, 'data/parts')} `);
  // The images are measured although the trusted questions are not there yet.
  const text = await plan();
  expect(text).toContain('(2 measured)');
  expect(text).toMatch(/Missing before `.* run`\n {2}- API key: .*\n {2}- data: /);
});

test('a slip at the terminal is told, and asked about again; as a flag it ends the command', async () => {
  await init({}, [
    join(dir, 'nowhere'),
    join(dir, 'scans'),
    'MRT',
    'MRI',
    '',
    'simulated',
    'openai',
    'localhost:8000/v1',
    '',
  ]);
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({
    data: { modality: 'MRI' },
    generation: { provider: 'openai', openai: { baseUrl: 'http://127.0.0.1:8000/v1' } },
  });
  expect(errors).toMatch(/nowhere is no folder[^]*Did you mean MRI[^]*knows no answers[^]*is no address/);
  await expect(init({ file: join(dir, 'b.yaml'), modality: 'MRT' }, [join(dir, 'scans')])).rejects.toThrow('MRT');
});

test('own images by questions at a terminal', async () => {
  await init({}, [join(dir, 'scans'), 'CT', '', '', 'public data set', 'phantom']);
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({
    data: { modality: 'CT' },
    egress: { reason: 'public data set' },
    policy: { base: 'phantom', maxPixels: 7056 },
  });
});

test('a server or a model on this machine: no consent is asked for, since nothing leaves', async () => {
  const images = join(dir, 'scans');
  await init({
    images,
    generator: 'openai',
    generatorModel: 'qwen2.5vl:7b',
    generatorUrl: 'http://127.0.0.1:11434/v1',
  });
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({
    generation: { provider: 'openai', openai: { model: 'qwen2.5vl:7b', baseUrl: 'http://127.0.0.1:11434/v1' } },
    egress: { allow: false },
  });
  await init({ images, generator: 'local', force: true });
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({
    generation: { provider: 'local', local: { model: 'Qwen/Qwen2.5-VL-7B-Instruct' } },
    generatorUpdate: { method: 'sft' },
  });
  expect(await plan()).toMatch(/Qwen2\.5-VL-7B-Instruct: 2 requests.*no image leaves it; about \d+ min of one GPU/);
  // The tiny model never saw JSON, and adapters cannot teach it the form.
  await init({ images, generator: 'local', generatorModel: 'phantom', force: true });
  const { generation } = await loadConfig(join(dir, 'mine.yaml'));
  expect(generation.local).toMatchObject({ model: 'phantom', warmStartSteps: 300, maxPixels: 7056 });
  expect(generation.local).not.toHaveProperty('lora');
});

test('a server elsewhere: consent, and the name of the variable that holds its key', async () => {
  const there = {
    images: join(dir, 'scans'),
    generator: 'openai',
    generatorUrl: 'https://vlm.example.org/v1',
    generatorKey: 'VLM_KEY',
  };
  await expect(init(there)).rejects.toMatchObject({ code: 'no-consent', exitCode: 2 });
  await init({ ...there, egressReason: 'agreement 7' });
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({
    generation: { openai: { apiKeyEnv: 'VLM_KEY' } },
    egress: { allow: true, reason: 'agreement 7' },
  });
  expect(out).toContain('export VLM_KEY=…');
});

describe('refuses', () => {
  test('to write over a file, but by force', async () => {
    await writeFile(join(dir, 'mine.yaml'), 'seed: 1\n');
    await expect(init()).rejects.toMatchObject({ code: 'file-exists', exitCode: 2 });
    expect(await readFile(join(dir, 'mine.yaml'), 'utf8')).toBe('seed: 1\n');
    await init({ force: true });
    expect((await loadConfig(join(dir, 'mine.yaml'))).seed).toBe(0);
  });

  test.each([
    ['images that nobody said may leave', () => ({ images: join(dir, 'scans') }), 'no-consent'],
    ['a teacher that cannot know the images', () => ({ ...own(), generator: 'simulated' }), 'no-teacher'],
    ['a folder without images', () => ({ ...own(), images: dir.concat('/none') }), 'no-image-folder'],
    ['a modality that is none', () => ({ ...own(), modality: 'MRT' }), 'unknown-modality'],
    ['a generator of own images without any', () => ({ generator: 'local' }), 'no-images'],
    ['an address that is none', () => ({ ...own(), generator: 'openai', generatorUrl: 'here' }), 'bad-url'],
  ])('%s', async (_, flags, code) => {
    await expect(init(flags())).rejects.toMatchObject({ code });
    await expect(readFile(join(dir, 'mine.yaml'))).rejects.toThrow('ENOENT');
  });

  test('the simulated teacher with the flag that would make it know the images', async () => {
    const refused = init({ ...own(), generator: 'simulated' });
    await expect(refused).rejects.toMatchObject({ remedy: expect.stringContaining('--have classes') as string });
  });
});

test('labels: the commands that make questions of them, and a pool of labelled images', async () => {
  const images = join(dir, 'scans');
  await init({}, [images, 'fundus photography', 'class', 'classes', 'simulated', 'phantom']);
  expect(errors).toContain('class is not one of questions, classes, boxes, masks');
  expect(out).toContain(`${medgr2} import classes ${images} --out `);
  expect(out).toMatch(
    /--modality "fundus photography"\n.* split .* --part seed=0.3 --part test=0.25 --part pool=0.45\n/,
  );
  expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({
    data: { source: 'files', pool: join(dir, 'data/parts/pool'), seed: join(dir, 'data/parts/seed') },
    generation: { provider: 'simulated', teacher: { errorRate: 0.4 } },
  });
  await init({
    images,
    have: 'boxes',
    labels: 'boxes.json',
    modality: 'CT',
    generator: 'gemini',
    egressReason: 'mine',
    force: true,
  });
  expect(out).toContain(`${medgr2} import boxes boxes.json --image-root ${images} --out `);
  expect(out).toContain('--modality CT\n');
});

describe('reports beside the images', () => {
  const reports = () => join(dir, 'the reports.csv');
  const images = () => join(dir, 'my scans');
  beforeEach(async () => {
    for (const kind of ['cyst', 'mass'])
      for (let number = 0; number < 6; number++)
        await writePicture(
          join(images(), kind, `${kind}${number}.png`),
          10 * kind.length + number + (kind === 'cyst' ? 0 : 50),
        );
    await writeFile(reports(), 'image,report\ncyst/cyst0.png,A round one.\nmass,Something solid.\n');
  });

  test('go into the import, and stay here unless somebody says why they may leave', async () => {
    const flags = { images: join(dir, 'scans'), generator: 'gemini', egressReason: 'mine', model: 'phantom' };
    await writeFile(reports(), 'image,report\na.png,A round one.\n');
    await init({ ...flags, reports: reports() });
    expect(out).toContain(`${medgr2} setup --with deid\n  ${medgr2} import images ${join(dir, 'scans')} --out `);
    expect(out).toContain(`--context '${reports()}'`);
    expect(await loadConfig(join(dir, 'mine.yaml'))).toMatchObject({ data: { pool: join(dir, 'data/pool') } });
    expect((await loadConfig(join(dir, 'mine.yaml'))).egress.text).toBeUndefined();
    await init({ ...flags, reports: reports(), textReason: 'agreement: 7', force: true });
    expect((await loadConfig(join(dir, 'mine.yaml'))).egress.text).toEqual({ allow: true, reason: 'agreement: 7' });
    await writeFile(reports(), 'image,report\nother.png,A round one.\n');
    await expect(init({ ...flags, reports: reports(), force: true })).rejects.toMatchObject({
      code: 'context-unmatched',
    });
  });

  test('what is printed can be pasted, blanks in paths and all', { timeout: 120_000 }, async () => {
    const labelled = { images: images(), have: 'classes', generator: 'simulated', model: 'phantom', modality: 'CT' };
    await init({ ...labelled, reports: reports() });
    const lines = out.split('\n').flatMap((line) => line.split(`${medgr2} `)[1] ?? []);
    const pasted = lines.filter((line) => /^(?:import|split)/.test(line));
    expect(pasted).toHaveLength(2);
    for (const line of pasted) {
      const words = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
        .split('\0')
        .slice(0, -1);
      await buildProgram({ ...io(), env: process.env }).parseAsync(['node', 'medgr2', ...words]);
    }
    const { images: shown } = await readDataset(join(dir, 'data/labelled'));
    expect(shown.map(({ context }) => context ?? '').toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => ''),
      'A round one.',
      ...Array.from({ length: 6 }, () => 'Something solid.'),
    ]);
    expect(await plan()).not.toContain('- data:');
  });
});
