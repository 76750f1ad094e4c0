/** Every code of an error is explained; the compiler already refuses one that is not in the list. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { errorCodes } from '../../src/error-codes.js';
import { errorRows, errorsPage } from './errors-page.js';
import { thrownErrors } from './error-sources.js';

const known = new Set(Object.keys(errorCodes));
/** `provider-timeout` and the like, which are put together of the failure of a call. */
const composed = /^provider-|^(event-handler|reward)-failed$|^python-(missing|not-started)$/;

test('every code that is thrown is listed, and no other', () => {
  const thrown = new Set(thrownErrors().map(({ code }) => code));
  expect([...known].filter((code) => !thrown.has(code) && !composed.test(code))).toEqual([]);
  const thrownByClass = thrownErrors().filter(({ error }) => error !== '');
  expect(thrownByClass.map(({ code }) => code).filter((code) => !known.has(code))).toEqual([]);
});

test('every code has a remedy and the exit code of its class', () => {
  const rows = errorRows();
  expect(rows.filter(({ remedy }) => remedy === '').map(({ code }) => code)).toEqual([]);
  const exitOf = (code: string): number | undefined => rows.find((row) => row.code === code)?.exitCode;
  expect(['invalid-config', 'budget-reached', 'interrupted', 'out-of-memory'].map(exitOf)).toEqual([2, 3, 130, 1]);
});

test('the page is current: else run `npm run codegen:config`', async () => {
  expect(await readFile(path.join(packageRoot, 'src', 'errors.md'), 'utf8')).toBe(errorsPage());
});

test.each([
  ['CUDA out of memory', 'out-of-memory'],
  ['worker was killed', 'job-killed'],
  ['key is missing', 'missing-api-key'],
])('a reader who looks for “%s” finds %s', (words, code) => {
  const lines = errorsPage().split('\n');
  expect(lines.find((line) => line.includes(words))).toContain(`| \`${code}\` |`);
});
