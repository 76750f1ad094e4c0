/** The README's SDK example, run as printed (only the demo's configuration is exchanged for the smoke test's). */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPython } from '../src/bridge/python.js';
import { writeParquet } from '../src/dataset/table.js';
import { rowColumns } from '../src/training/rows.js';

const root = path.resolve(import.meta.dirname, '..');
let folder = '';

/** A project that has medgr2 installed, with the files that the example names. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'medgr2-readme-'));
  const installed = path.join(folder, 'node_modules', 'medgr2');
  mkdirSync(installed, { recursive: true });
  writeFileSync(
    path.join(installed, 'package.json'),
    JSON.stringify({ name: 'medgr2', type: 'module', exports: './index.js' }),
  );
  const sdk = pathToFileURL(path.join(root, 'src', 'index.ts')).href;
  writeFileSync(path.join(installed, 'index.js'), `export * from '${sdk}';\n`);
  symlinkSync(path.join(root, 'configs'), path.join(folder, 'configs'));
  const image = path.join(folder, 'scan.png');
  await sharp({ create: { width: 84, height: 84, channels: 3, background: 'gray' } }).toFile(image);
  const prompts = [{ id: 'one', image, prompt: 'Which modality is this?' }];
  await writeParquet(path.join(folder, 'prompts.parquet'), prompts, rowColumns.prompt);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the SDK example of README.md works', { timeout: 900_000 }, async () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example).toContain("from 'medgr2'");
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(folder, 'example.ts'), example.replace('configs/demo.yaml', 'configs/smoke.yaml'));
  const loader = pathToFileURL(path.join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
  const env = { ...process.env, MEDGR2_PYTHON: findPython() };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, 'example.ts'], {
    cwd: folder,
    env,
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  expect(last).toMatch(/completions\.jsonl$/);
  const [line = ''] = readFileSync(path.resolve(folder, last), 'utf8').split('\n');
  expect(JSON.parse(line)).toMatchObject({ text: expect.any(String), finished: expect.any(Boolean) });
});
