/**
 * Parts by a configuration alone, from a folder outside of the checkout with no package.json about it, read by Node as the command
 * line is: by a process of its own. Modules that cannot be used are told with file and export.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const fixture = join(root, 'test/own-parts');
const urlOf = (...parts: string[]): string => pathToFileURL(join(root, ...parts)).href;

/** The filter of a configuration, and what is said of it. */
const wrong = {
  './syntax.ts#strict': /part-not-loaded .*syntax\.ts: .*(Unexpected|ERROR)/s,
  './throws.mjs#strict': /part-not-loaded .*throws\.mjs: at the top/,
  './needs.ts#strict': /part-not-loaded .*needs\.ts: .*nowhere.*Install what it imports/s,
  './parts.ts#strict': /part-not-loaded .*it exports no strict \(it exports audit, brevity/,
  './parts.ts#hasOwnProperty': /part-not-loaded .*it exports no hasOwnProperty/,
  './parts.ts#heard': /part-invalid the filter has the name undefined; .*parts\.ts#heard/,
  './folder.ts#strict': /part-not-loaded .*folder\.ts: it is no file/,
  './gone.ts#strict': /part-not-loaded .*gone\.ts: ENOENT/,
  './link.ts#settled': /part-outside .*link\.ts lies outside/,
  './linked/parts.ts#settled': /part-outside .*linked\/parts\.ts lies outside/,
  '../outside/parts.ts#settled': /part-outside /,
  './parts.ts': /invalid-config .*:17:13 parts\.filters\.0: expected a module beside this file and its export/s,
} as const;

const script = `
import { loadConfig } from '${urlOf('src/config/load.ts')}';
import { settleParts } from '${urlOf('src/loop/parts/settle-parts.ts')}';
const said = [];
for (const [file, choice, ms] of JSON.parse(process.argv[1]))
  try {
    const env = choice === null ? {} : { MEDGR2_PARTS: choice };
    const parts = await settleParts(await loadConfig(file), {}, env, { signal: AbortSignal.timeout(ms ?? 60_000) });
    said.push(Object.values(parts).flat().map((part) => part.name).join(' '));
  } catch (error) {
    said.push([error.code, error.message, error.remedy ?? '', error.where ?? ''].join(' '));
  }
console.log(JSON.stringify(said));
`;

let folder = '';
let said: string[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medgr2-by-yaml-'));
  const at = (...names: string[]): string => join(folder, 'mine', ...names);
  mkdirSync(at('folder.ts'), { recursive: true });
  mkdirSync(join(folder, 'outside'));
  for (const place of ['mine', 'outside']) cpSync(join(fixture, 'parts.ts'), join(folder, place, 'parts.ts'));
  const yaml = readFileSync(join(fixture, 'loop.yaml'), 'utf8');
  writeFileSync(at('loop.yaml'), yaml);
  writeFileSync(at('more.ts'), "export { settled } from './parts.ts';\n");
  writeFileSync(at('syntax.ts'), 'export const strict = {{;\n');
  writeFileSync(at('throws.mjs'), "throw new Error('at the top');\n");
  writeFileSync(at('waits.mjs'), 'await new Promise(() => {});\n');
  writeFileSync(at('needs.ts'), "import 'nowhere';\nexport const strict = 1;\n");
  symlinkSync(join(folder, 'outside', 'parts.ts'), at('link.ts'));
  symlinkSync(join(folder, 'outside'), at('linked'));
  const variants = ['./more.ts#settled', ...Object.keys(wrong)].map((reference, index) => {
    writeFileSync(at(`${index}.yaml`), yaml.replace('[./parts.ts#settled]', `[${reference}]`));
    return [at(`${index}.yaml`), null];
  });
  writeFileSync(at('waits.yaml'), yaml.replace('[./parts.ts#settled]', '[./waits.mjs#strict]'));
  const waits = [at('waits.yaml'), null, 200];
  const asked = JSON.stringify([[at('loop.yaml'), null], [at('loop.yaml'), 'refuse'], ...variants, waits]);
  const loader = urlOf('node_modules/tsx/dist/esm/index.mjs');
  const values = ['--import', loader, '--input-type=module', '-e', script, asked];
  said = JSON.parse(execFileSync(process.execPath, values, { encoding: 'utf8', cwd: folder })) as string[];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('one of each is found, with medgr2 in it', () => {
  expect(said[0]).toBe('echo direct sceptic terse brevity politeness settled halve audit verbatim listener');
});

test('what a module imports of its own is read the same way', () => {
  expect(said[2]).toBe(said[0]);
});

test('where code of a configuration is forbidden, none runs', () => {
  expect(said[1]).toMatch(/parts-forbidden parts.provider names code of its own .*MEDGR2_PARTS=allow/);
});

test('a module whose top level never ends is waited for until the run is stopped', () => {
  expect(said.at(-1)).toMatch(/^interrupted /);
});

test.each(Object.entries(wrong).map(([reference, message], index) => [reference, message, index] as const))(
  '%s is refused',
  (_, message, index) => expect(said[index + 3]).toMatch(message),
);
