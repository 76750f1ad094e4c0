/** What is named as a file and is none, or is far too large, is refused at once: nothing waits, and nothing fills memory. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { readPicture } from '../../src/dataset/pictures/picture.js';
import { readJsonl, readParquet } from '../../src/dataset/tables/table.js';
import { readTextFile } from '../../src/dataset/tables/text-file.js';
import { loadPrices } from '../../src/generation/cost/prices.js';

const dir = mkdtempSync(join(tmpdir(), 'medgr2-kinds-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const pipe = join(dir, 'pipe');
const folder = join(dir, 'folder');
const huge = join(dir, 'huge');
execFileSync('mkfifo', [pipe]);
mkdirSync(folder);
writeFileSync(huge, 'seed: 1\n');
truncateSync(huge, 2 ** 30); // sparse

const readers: readonly [name: string, read: (path: string) => Promise<unknown>, most: boolean][] = [
  ['a configuration', loadConfig, true],
  ['prices', loadPrices, true],
  ['a table of text', readTextFile, true],
  ['JSONL', readJsonl, false],
  ['Parquet', readParquet, false],
  [
    'a picture',
    async (path) => Promise.reject(new Error(((await readPicture(path)) as { reason: string }).reason)),
    false,
  ],
];

describe.each(readers)('%s', (_name, read, most) => {
  test('that is a pipe, a device or a folder is called so', async () => {
    await expect(read(pipe)).rejects.toThrow(/is a pipe, not a file/);
    await expect(read('/dev/zero')).rejects.toThrow(/is a device, not a file/);
    await expect(read(folder)).rejects.toThrow(/is a folder, not a file/);
  });
  test.runIf(most)('of a gigabyte is not read', async () => {
    await expect(read(huge)).rejects.toThrow(/has 1 GiB, and at most/);
  });
});

test('JSONL may be long, but for its lines', async () => {
  await expect(readJsonl(huge)).rejects.toThrow(/huge:1 is not JSON/);
  const zeros = join(dir, 'zeros');
  writeFileSync(zeros, '');
  truncateSync(zeros, 2 ** 30); // sparse
  await expect(readJsonl(zeros)).rejects.toThrow(/a line has more than 67108864 letters/);
});
