/** The README's SDK example, run as printed but for its sizes: how long it trains is no part of what it shows. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPython } from '../src/bridge/environment/find-python.js';

const root = path.resolve(import.meta.dirname, '..');
let folder = '';

/** A project that has medgr2 installed. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'medgr2-readme-'));
  const installed = path.join(folder, 'node_modules', 'medgr2');
  mkdirSync(installed, { recursive: true });
  writeFileSync(
    path.join(installed, 'package.json'),
    JSON.stringify({ name: 'medgr2', type: 'module', exports: { '.': './index.js', './*': './public/*.js' } }),
  );
  mkdirSync(path.join(installed, 'public'));
  for (const name of ['index', 'public/data', 'public/rewards']) {
    const sources = pathToFileURL(path.join(root, 'src', `${name}.ts`)).href;
    writeFileSync(path.join(installed, `${name}.js`), `export * from '${sources}';\n`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the SDK example of README.md works', { timeout: 900_000 }, async () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example).toContain("from 'medgr2'");
  const sizes = [
    ['count: 64', 'count: 8'],
    ['max_steps: 20', 'max_steps: 1'],
    ['max_steps: 4', 'max_steps: 1'],
  ] as const;
  for (const [printed] of sizes) expect(example).toContain(printed);
  const short = sizes.reduce((text, [printed, small]) => text.replace(printed, small), example);
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(folder, 'example.ts'), short);
  const loader = pathToFileURL(path.join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
  const env = { ...process.env, MEDGR2_PYTHON: findPython() };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, 'example.ts'], {
    cwd: folder,
    env,
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  expect(readdirSync(path.resolve(folder, last))).toContain('model.safetensors');
});
