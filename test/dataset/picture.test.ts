/** Pictures as importers read them, against files that Pillow wrote and reads back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentPython } from '../../src/bridge/python.js';
import { packageRoot } from '../../src/bridge/paths.js';
import { readPicture } from '../../src/dataset/import/picture.js';

const script = `
import sys, numpy as np
from PIL import Image
out = sys.argv[1]
ramp = (100 + np.arange(64 * 64).reshape(64, 64) // 2).astype('uint16')
for name in ('deep.png', 'deep.tif'): Image.fromarray(ramp).save(f'{out}/{name}')
colours = np.zeros((20, 30, 3), 'uint8'); colours[..., 0] = 250; colours[:10, :, 1] = 128
image = Image.fromarray(colours)
image.save(f'{out}/colour.bmp'); image.save(f'{out}/colour.tif'); image.quantize(4).save(f'{out}/palette.bmp')
image.save(f'{out}/plain.png')
`;
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-picture-'));
  execFileSync(process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot), ['-c', script, dir]);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function pixels(name: string) {
  const picture = await readPicture(join(dir, name));
  if ('reason' in picture) throw new Error(picture.reason);
  const { data } = await sharp(picture.bytes)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { picture, at: (x: number, y: number) => [...data.subarray(3 * (y * picture.width + x)).subarray(0, 3)] };
}

describe('pictures', () => {
  test.each(['colour.bmp', 'palette.bmp', 'colour.tif', 'plain.png'])('%s keeps its colours', async (name) => {
    const { picture, at } = await pixels(name);
    expect([picture.width, picture.height, picture.converted]).toEqual([30, 20, name !== 'plain.png']);
    expect([at(3, 2), at(3, 15)]).toEqual([
      [250, 128, 0],
      [250, 0, 0],
    ]);
  });

  test.each(['deep.png', 'deep.tif'])('%s, of 16 bit, is scaled from its own range and says so', async (name) => {
    const { picture, at } = await pixels(name);
    expect([at(0, 0)[0], at(63, 63)[0], at(0, 32)[0]]).toEqual([0, 255, 128]);
    expect(picture.warnings).toEqual(['ushort pixels were scaled from 100 … 2147 to 8 bit']);
    expect((await sharp(picture.bytes).metadata()).depth).toBe('uchar');
  });

  test('files that are cut, broken or no image are refused with the reason', async () => {
    const jpeg = await sharp({ create: { width: 99, height: 99, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    writeFileSync(join(dir, 'cut.jpg'), jpeg.subarray(0, jpeg.length / 2));
    writeFileSync(join(dir, 'broken.bmp'), 'BM but nothing more');
    writeFileSync(join(dir, 'text.png'), 'no image');
    for (const name of ['cut.jpg', 'broken.bmp', 'text.png', 'missing.png'])
      expect(await readPicture(join(dir, name)), name).toEqual({ reason: expect.any(String) });
  });
});
