/** Images that several requests are about are read once, and not many are held. */
import { expect, it } from 'vitest';
import { createImageReader, type ImageFile } from '../../src/generation/asking/image-to-send.js';

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
