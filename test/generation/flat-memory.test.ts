/** What keeps memory flat: the index of addresses against a plain Map, outcomes on disk, images shared by their requests. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createImageReader, type ImageFile } from '../../src/generation/asking/image-to-send.js';
import { createKeyTable } from '../../src/generation/replies/key-table.js';
import { createOutcomeSpool } from '../../src/generation/outcome-spool.js';
import type { Outcome } from '../../src/generation/outcome.js';
import { sha256 } from '../../src/hash.js';
import { seededRandom } from '../../src/random.js';
import { Folder } from './support.js';

it.each([
  ['memory', 100_000],
  ['a file', 200],
])(
  'holds in %s what a Map would, whatever is added and deleted, also addresses that look alike, and grows',
  (_, most) => {
    using folder = new Folder();
    const random = seededRandom('key table');
    using table = createKeyTable(folder.file('keys'), { inMemory: most });
    const map = new Map<string, number>();
    /** By the number that was given for it. */
    const names: string[] = [];
    const isOf = (name: string) => (value: number) => names[value] === name;
    // Every third is told from the one before it only behind the bits that the table keeps.
    const keyOf = (name: number): string =>
      name % 3 === 1
        ? `${sha256(String(name - 1)).slice(0, 10)}${sha256(`tail ${name}`).slice(10)}`
        : sha256(String(name));
    for (let step = 0; step < 9_000; step++) {
      const key = keyOf(random.int(3_000));
      if (random.next() < 0.3) {
        table.delete(key, isOf(key));
        map.delete(key);
      } else if (!map.has(key)) {
        table.add(key, step);
        map.set(key, step);
      }
      names.push(key);
    }
    expect(table.size).toBe(map.size);
    for (let name = 0; name < 3_100; name++)
      expect(table.find(keyOf(name), isOf(keyOf(name)))).toBe(map.get(keyOf(name)));
    // A process that is killed leaves nothing either, where the system lets an open file go.
    if (process.platform !== 'win32') expect(readdirSync(folder.path)).toEqual([]);
  },
);

it.each([100, 1])('keeps places of files of terabytes, and takes names that are no hash; %i in memory', (most) => {
  using folder = new Folder();
  using table = createKeyTable(folder.file('keys'), { inMemory: most });
  for (const [at, value] of [0, 2 ** 32 - 3, 2 ** 32, 2 ** 47 + 5].entries()) table.add(`key ${at}`, value);
  expect([0, 1, 2, 3, 4].map((at) => table.find(`key ${at}`, () => true))).toEqual([
    0,
    2 ** 32 - 3,
    2 ** 32,
    2 ** 47 + 5,
    undefined,
  ]);
});

it('a file that cannot be made leaves the index as it was; it is made once it can be, and nothing is left open', () => {
  using folder = new Folder();
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = process.platform === 'linux' ? open() : 0;
  const dir = folder.file('not/there');
  const table = createKeyTable(join(dir, 'keys'), { inMemory: 20 });
  for (let at = 0; at < 25; at++) {
    const add = (): void => table.add(sha256(String(at)), at);
    if (at < 20) add();
    else expect(add).toThrow(/keys/);
  }
  const found = (): (number | undefined)[] =>
    Array.from({ length: 26 }, (_, at) => table.find(sha256(String(at)), (n) => n === at));
  expect(found()).toEqual([...Array.from({ length: 25 }, (_, at) => at), undefined]);
  mkdirSync(dir, { recursive: true });
  table.add(sha256('25'), 25);
  expect(found()).toEqual(Array.from({ length: 26 }, (_, at) => at));
  table[Symbol.dispose]();
  table[Symbol.dispose]();
  expect(() => table.find(sha256('1'), () => true)).toThrow(/closed/);
  expect(readdirSync(dir)).toEqual([]);
  if (process.platform === 'linux') expect(open()).toBe(before);
});

it('gives outcomes back in the order of their tasks, also late and long ones, and leaves no file', () => {
  using folder = new Folder();
  const random = seededRandom('spool');
  const count = 3_000;
  const outcome = (index: number): Outcome =>
    ({ dropped: { taskId: String(index), detail: 'x'.repeat(index === 7 ? 900_000 : random.int(400)) } }) as Outcome;
  const path = folder.file('spool');
  {
    using spool = createOutcomeSpool(path);
    const late = [7, 1_200, 2_999];
    for (let index = 0; index < count; index++)
      if (!late.includes(index) && index !== 5) spool.put(index, [outcome(index)]);
    for (const index of late) spool.put(index, [outcome(index), outcome(index)]);
    const ids = [...spool.inOrder()].map((one) => ('dropped' in one ? Number(one.dropped.taskId) : -1));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(ids).toHaveLength(count - 1 + late.length);
    expect([...spool.inOrder()]).toHaveLength(ids.length);
  }
  expect([path, `${path}.places`].filter((file) => existsSync(file))).toEqual([]);
});

function fakeDisk(size: number) {
  const reads: string[] = [];
  const read = createImageReader((path): Promise<ImageFile> => {
    reads.push(path);
    return path === 'broken'
      ? Promise.reject(new Error(`${path} cannot be read`))
      : Promise.resolve({ bytes: new Uint8Array(size), mediaType: 'image/png', path });
  });
  return { reads, read };
}

it('reads an image once for requests that follow each other or come together, another content anew', async () => {
  const { reads, read } = fakeDisk(100);
  const [first, second] = await Promise.all([read('a', 'hash'), read('a', 'hash')]);
  expect([second, await read('a', 'hash')]).toEqual([first, first]);
  await read('a', 'other hash');
  expect(reads).toEqual(['a', 'a']);
});

it('reads again what could not be read', async () => {
  const { reads, read } = fakeDisk(100);
  await expect(read('broken', 'hash')).rejects.toThrow('cannot be read');
  await expect(read('broken', 'hash')).rejects.toThrow('cannot be read');
  expect(reads).toHaveLength(2);
});

it.each([
  { size: 10, held: 16 },
  { size: 10 * 1024 * 1024, held: 3 },
])('holds the latest $held images of $size bytes', async ({ size, held }) => {
  const { reads, read } = fakeDisk(size);
  const names = Array.from({ length: 20 }, (_, index) => `image ${index}`);
  for (const name of names) await read(name, 'hash');
  for (const name of names.slice(-held)) await read(name, 'hash');
  expect(reads).toHaveLength(20);
  await read(names.at(-held - 1) ?? '', 'hash');
  expect(reads).toHaveLength(21);
});
