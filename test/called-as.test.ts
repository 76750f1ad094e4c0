/** The call that messages tell works where it is told: in a checkout, in a project, and for everyone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calledAs, calledAsVariable } from '../src/called-as.js';

let dir = '';
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'medgr2-called-'))));
afterAll(() => rmSync(dir, { recursive: true }));

test('by where the package lies', () => {
  mkdirSync(join(dir, 'project'));
  writeFileSync(join(dir, 'project', 'package.json'), '{}');
  expect(calledAs(join(dir, 'checkout'), {})).toBe('npm run -s medgr2 --');
  expect(calledAs(join(dir, 'project', 'node_modules', 'medgr2'), {})).toBe('npx medgr2');
  const stored = join('node_modules', '.pnpm', 'medgr2@0.1.0', 'node_modules', 'medgr2');
  expect(calledAs(join(dir, 'project', stored), {})).toBe('npx medgr2');
  expect(calledAs(join(dir, 'lib', 'node_modules', 'medgr2'), {})).toBe('medgr2');
});

test('an image of ours says it itself, and an empty word says nothing', () => {
  expect(calledAs(join(dir, 'checkout'), { [calledAsVariable]: 'medgr2' })).toBe('medgr2');
  expect(calledAs(join(dir, 'checkout'), { [calledAsVariable]: '' })).toBe('npm run -s medgr2 --');
});
