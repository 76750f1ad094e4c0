/** An invented patient beside the pixels of every kind of file: found nowhere in what import, run, requests, export and report hold. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { environmentPython } from '../../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { parseConfig } from '../../../src/config/load.js';
import { exportDataset } from '../../../src/dataset/export/export-dataset.js';
import { importImages } from '../../../src/dataset/import/import-images.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { exportSource } from '../../../src/loop/result/export-run.js';
import { runLoop } from '../../../src/loop/run.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { writeReport } from '../../../src/report/write-report.js';
import { fakeEngine } from '../../loop/fake-engine.js';
import { plantPictures, whoNames } from '../../helpers/planted.js';

vi.setConfig({ testTimeout: 180_000 });

let dir = '';
const at = (name: string): string => join(dir, name);
const question = 'Which side is brighter?';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-planted-'));
  plantPictures(process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot), at('all'));
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Every file below a folder that names somebody. */
const naming = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => whoNames(readFileSync(file)).length > 0);

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length > 100) return value;
  throw new Error('no bytes of an image');
}

test('nobody is named by a dataset folder, a run, its requests, an export or a report', async () => {
  const names = readdirSync(at('all')).toSorted();
  // Those that need no change of pixels lie in a plain folder: no importer has seen them.
  const plain = names.filter((name) => /^(?:exif1|comment|iptc|text|tail|xmp|private|lossy)\.(?:jpg|png)$/.test(name));
  mkdirSync(at('plain'));
  for (const name of plain) writeFileSync(at(`plain/${name}`), readFileSync(at(`all/${name}`)));
  const others = names.filter((name) => !plain.includes(name));
  const csv = (part: readonly string[]): string =>
    [
      'image,question,option_A,option_B,answer,modality,rationale',
      ...part.map((name) => `${name},${question},left,right,left,CT,The left half is clearly brighter than the other.`),
    ].join('\n');
  writeFileSync(at('seed.csv'), csv(others.slice(0, 30)));
  writeFileSync(at('test.csv'), csv(others.slice(30)));
  for (const part of ['seed', 'test'])
    await importQuestions('csv', { path: at(`${part}.csv`), out: at(part), imageRoot: at('all') });
  const { info } = await importImages({ path: at('all'), out: at('pool') });
  expect(info.counts.images).toBe(names.length);
  for (const folder of ['seed', 'test', 'pool']) expect(naming(at(folder))).toEqual([]);

  const reply = { question, options: ['left', 'right'], answer: 'left', rationale: 'The left half is brighter.' };
  const book = { reply: () => ({ ...reply, questionType: 'other biological attributes' as const }) };
  const faults = { malformed: 0, empty: 0, blocked: 0, overloaded: 0 };
  const server = await startTeacherServer({ book, faults, seed: 0, latencyMs: 0, countsFile: at('counts.txt') });
  const bodies: string[] = [];
  const send = globalThis.fetch;
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    if (typeof init?.body === 'string') bodies.push(init.body);
    return send(input, init);
  });
  vi.stubEnv('MEDGR2_TEST_KEY', 'no-real-key');
  try {
    const yaml = `
cycles: 1
data: { source: files, seed: seed, test: test, pool: plain }
generation:
  provider: gemini
  gemini: { baseUrl: '${server.url}', apiKeyEnv: MEDGR2_TEST_KEY }
  imagesPerCycle: ${plain.length}
filter: { threshold: -6 }
preferences: { prompts: 4, samples: 2 }
`;
    const config = parseConfig(yaml, { file: at('own.yaml') });
    const result = await runLoop(config, { runDir: at('run'), engine: fakeEngine() });
    expect(result.status).toBe('complete');
  } finally {
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    await server.close();
  }
  const sent = bodies.flatMap((body) =>
    [...body.matchAll(/"data":\s*"([A-Za-z0-9+/=]{40,})"/g)].map(([, data = '']) => data),
  );
  expect(sent.length).toBeGreaterThan(0);
  for (const data of sent) expect(whoNames(Buffer.from(data, 'base64'))).toEqual([]);
  for (const images of ['embed', 'path'] as const) {
    await exportDataset(await exportSource(at('run')), { out: at(`hub-${images}`), images });
    expect(naming(at(`hub-${images}`))).toEqual([]);
  }
  // Inside Parquet and pages bytes are packed: they are looked at as a reader gets them.
  const rows = await readParquet<{ image: { bytes: unknown } }>(at('hub-embed/data/train-00000-of-00001.parquet'));
  expect(rows.length).toBeGreaterThan(20);
  for (const { image } of rows) expect(whoNames(bytesOf(image.bytes))).toEqual([]);
  const { file, images } = await writeReport([at('run')]);
  expect(images).toBeGreaterThan(0);
  for (const [, data = ''] of readFileSync(file, 'utf8').matchAll(/;base64,([A-Za-z0-9+/=]+)/g))
    expect(whoNames(Buffer.from(data, 'base64'))).toEqual([]);
  expect(naming(at('run'))).toEqual([]);
});
