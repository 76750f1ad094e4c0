import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { environmentFolder, setupLock } from '../../../src/bridge/environment/environment-place.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'medgr2-place-'));
afterAll(() => rmSync(folder, { recursive: true }));

function place(below: string, requirements: string): string {
  const root = path.join(folder, below);
  mkdirSync(path.join(root, 'py'), { recursive: true });
  writeFileSync(path.join(root, 'py', 'requirements.txt'), requirements);
  return root;
}

test('a checkout keeps its environment beside package.json', () => {
  const root = place('checkout', 'torch==1\n');
  expect(environmentFolder(root, { XDG_CACHE_HOME: '/cache' })).toBe(path.join(root, '.venv'));
  expect(setupLock(root)).toBe(path.join(root, '.medgr2', 'setup.lock'));
});

test('an installed package keeps it in the user cache: out of reach of npm ci, shared by projects, one per pinned list', () => {
  const env = { XDG_CACHE_HOME: '/cache' };
  const one = environmentFolder(place('a/node_modules/medgr2', 'torch==1\n'), env);
  expect(one).toMatch(/^\/cache\/medgr2\/python-[0-9a-f]{10}$/);
  expect(environmentFolder(place('b/node_modules/.pnpm/medgr2@1/node_modules/medgr2', 'torch==1\n'), env)).toBe(one);
  expect(environmentFolder(place('c/node_modules/medgr2', 'torch==2\n'), env)).not.toBe(one);
});

test('a cache folder that is no absolute path is not used', () => {
  const found = environmentFolder(place('a/node_modules/medgr2', 'torch==1\n'), { XDG_CACHE_HOME: 'relative' });
  expect(found.startsWith(os.homedir())).toBe(true);
});
