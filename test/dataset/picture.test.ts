/** Pictures as importers read them, against files that Pillow wrote and reads back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { environmentPython } from '../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { cleanPicture, readPicture, type Picture } from '../../src/dataset/pictures/picture.js';
import { plantPictures, planted, whoNames } from '../helpers/planted.js';

// Importing the processors of models takes a loaded machine its time.
vi.setConfig({ testTimeout: 180_000 });

const python = process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot);
const script = `
import sys, numpy as np
from PIL import Image, TiffImagePlugin
out = sys.argv[1]
ramp = (100 + np.arange(64 * 64).reshape(64, 64) // 2).astype('uint16')
ramp[5, 5] = 65535  # a hot pixel
for name in ('deep.png', 'deep.tif'): Image.fromarray(ramp).save(f'{out}/{name}')
unit = np.linspace(0, 1, 64 * 64).astype('float32').reshape(64, 64)
unit[1, 1] = np.nan
Image.fromarray(unit).save(f'{out}/unit.tif')
Image.fromarray(np.linspace(-1000, 3000, 64 * 64).astype('int32').reshape(64, 64)).save(f'{out}/signed.tif')
colours = np.zeros((20, 30, 3), 'uint8'); colours[..., 0] = 250; colours[:10, :, 1] = 128
image = Image.fromarray(colours)
image.save(f'{out}/colour.bmp'); image.save(f'{out}/colour.tif'); image.quantize(4).save(f'{out}/palette.bmp')
image.save(f'{out}/plain.png')
short = TiffImagePlugin.ImageFileDirectory_v2(); short[339] = 2
ramp16 = np.linspace(-1000, 3000, 64 * 64).astype('<i2').reshape(64, 64)
Image.frombytes('I;16', (64, 64), ramp16.tobytes()).save(f'{out}/short.tif', tiffinfo=short)
drawing = np.zeros((40, 40, 4), 'uint8'); drawing[10:20, :] = (0, 0, 0, 255); drawing[30:, :, 0] = 200
Image.fromarray(drawing).save(f'{out}/drawing.png'); Image.fromarray(drawing).save(f'{out}/drawing.webp', lossless=True)
drawing[..., 3] = 255
Image.fromarray(drawing).save(f'{out}/opaque.png')
frames = [Image.fromarray(np.full((20, 20), c, 'uint8')) for c in (10, 100, 200)]
for kind in ('gif', 'png', 'tif', 'webp'): frames[0].save(f'{out}/frames.{kind}', save_all=True, append_images=frames[1:])
Image.new('L', (3000, 12), 7).save(f'{out}/thin.png'); Image.new('L', (3, 90), 7).save(f'{out}/narrow.png')
`;
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-picture-'));
  execFileSync(python, ['-c', script, dir]);
  plantPictures(python, join(dir, 'planted'));
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function taken(name: string, shape?: 'letterbox'): Promise<Picture> {
  const picture = await readPicture(join(dir, name), shape);
  if ('reason' in picture) throw new Error(picture.reason);
  return picture;
}

async function pixels(name: string) {
  const picture = await taken(name);
  const { data, info } = await sharp(picture.bytes).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3); // no transparency is left
  return { picture, at: (x: number, y: number) => [...data.subarray(3 * (y * picture.width + x)).subarray(0, 3)] };
}

describe('pictures', () => {
  test.each(['colour.bmp', 'palette.bmp', 'colour.tif', 'plain.png'])('%s keeps its colours', async (name) => {
    const { picture, at } = await pixels(name);
    expect([picture.width, picture.height, picture.changed === 'nothing']).toEqual([30, 20, name === 'plain.png']);
    expect([at(3, 2), at(3, 15)]).toEqual([
      [250, 128, 0],
      [250, 0, 0],
    ]);
  });

  test.each(['deep.png', 'deep.tif'])('%s, of 16 bit with a hot pixel, keeps its tissue and says so', async (name) => {
    const { picture, at } = await pixels(name);
    expect([at(0, 0)[0], at(63, 63)[0], at(5, 5)[0]]).toEqual([0, 255, 255]);
    expect(Math.abs((at(0, 32)[0] ?? 0) - 128)).toBeLessThan(3);
    expect(picture.warnings).toEqual([
      expect.stringMatching(/^ushort pixels were scaled from 11\d.* … 213\d.* to 8 bit/),
    ]);
    expect((await sharp(picture.bytes).metadata()).depth).toBe('uchar');
  });

  test.each(['unit.tif', 'signed.tif', 'short.tif'])('%s is read as the numbers that it holds', async (name) => {
    const { at } = await pixels(name);
    expect(at(0, 0)[0]).toBe(0);
    expect(at(63, 63)[0]).toBe(255);
    expect(Math.abs((at(0, 32)[0] ?? 0) - 128)).toBeLessThan(3);
  });

  test('colours of 16 bit become 8 bit: as they are, or brighter where a camera left them dark', async () => {
    const values = Uint16Array.from({ length: 30 * 20 * 3 }, (_, at) =>
      at % 3 === 0 ? 65_535 : at % 3 === 1 ? 32_896 : 0,
    );
    const write = (scale: number): Promise<Buffer> =>
      sharp(
        values.map((value) => Math.round(value * scale)),
        { raw: { width: 30, height: 20, channels: 3 } },
      )
        .toColourspace('rgb16')
        .png()
        .toBuffer();
    writeFileSync(join(dir, 'bright16.png'), await write(1));
    writeFileSync(join(dir, 'dark16.png'), await write(1 / 16));
    for (const [name, warned] of [
      ['bright16.png', 0],
      ['dark16.png', 1],
    ] as const) {
      const { picture, at } = await pixels(name);
      expect(at(3, 3).map((value, index) => Math.abs(value - ([255, 128, 0][index] ?? 0)) <= 1)).toEqual([
        true,
        true,
        true,
      ]);
      expect(picture.warnings.filter((warning) => warning.includes('scaled'))).toHaveLength(warned);
      expect((await sharp(picture.bytes).metadata()).depth).toBe('uchar');
    }
  });

  test.each(['drawing.png', 'drawing.webp'])('%s comes on white, and says so', async (name) => {
    const { picture, at } = await pixels(name);
    expect([at(0, 0), at(0, 15), at(5, 35)]).toEqual([
      [255, 255, 255],
      [0, 0, 0],
      [255, 255, 255],
    ]);
    expect(picture.warnings).toContain('transparent parts were put on white');
  });

  test('opaque transparency changes nothing and is not told', async () => {
    const { picture, at } = await pixels('opaque.png');
    expect([at(5, 35), picture.warnings, picture.changed]).toEqual([[200, 0, 0], [], 'metadata']);
  });

  test.each(['gif', 'png', 'tif', 'webp'])('a %s of several frames says which was taken', async (kind) => {
    const { picture, at } = await pixels(`frames.${kind}`);
    expect(at(5, 5)).toEqual([10, 10, 10]);
    expect(picture.warnings[0]).toMatch(/^the first of its 3 (?:pages|frames) was taken$/);
  });

  test.each(['thin.png', 'narrow.png'])('%s is refused with its size, or letterboxed', async (name) => {
    expect(await readPicture(join(dir, name))).toEqual({ reason: expect.stringMatching(/^is \d+ × \d+ pixels/) });
    const { width, height, warnings } = await taken(name, 'letterbox');
    expect(Math.max(width, height) / Math.min(width, height)).toBeLessThanOrEqual(100);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(28);
    expect(warnings[0]).toMatch(/^padded with black from/);
  });

  test('files that are cut, broken or no image are refused with the reason', async () => {
    const jpeg = await sharp({ create: { width: 99, height: 99, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    writeFileSync(join(dir, 'cut.jpg'), jpeg.subarray(0, jpeg.length / 2));
    writeFileSync(join(dir, 'broken.bmp'), 'BM but nothing more');
    writeFileSync(join(dir, 'text.png'), 'no image');
    writeFileSync(join(dir, 'empty.png'), '');
    for (const name of ['cut.jpg', 'broken.bmp', 'text.png', 'missing.png', 'empty.png'])
      expect(await readPicture(join(dir, name)), name).toEqual({ reason: expect.any(String) });
  });
});

describe('what stands beside the pixels', () => {
  test('is in every planted file, and in none of the pictures', async () => {
    const names = readdirSync(join(dir, 'planted')).toSorted();
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      expect(whoNames(readFileSync(join(dir, 'planted', name))), `planted in ${name}`).not.toEqual([]);
      const { bytes, changed } = await taken(`planted/${name}`);
      expect(whoNames(bytes), name).toEqual([]);
      expect(changed, name).not.toBe('nothing');
      expect(await cleanPicture(Buffer.from(bytes)), `${name}, taken again`).toMatchObject({ changed: 'nothing' });
    }
    expect(planted.length).toBe(3);
  });

  test('says which way is up and what colours mean: both languages see the same pixels', async () => {
    const out = join(dir, 'seen');
    const names = readdirSync(join(dir, 'planted')).toSorted();
    const seen: { name: string; file: string; raw: string }[] = [];
    for (const name of names) {
      const { bytes, extension } = await taken(`planted/${name}`);
      const file = join(dir, `seen-${name}${extension}`);
      writeFileSync(file, bytes);
      writeFileSync(`${file}.raw`, await sharp(bytes).toColourspace('srgb').raw().toBuffer());
      seen.push({ name, file, raw: `${file}.raw` });
    }
    writeFileSync(
      `${out}.json`,
      JSON.stringify(seen.map((one) => ({ ...one, original: join(dir, 'planted', one.name) }))),
    );
    const compare = `
import json, sys, numpy as np
from PIL import Image, ImageOps, ImageCms
from medgr2.rows.open_image import open_image
import io
out = []
for one in json.load(open(sys.argv[1])):
    ours = np.asarray(open_image(one['file']).convert('RGB'))
    node = np.fromfile(one['raw'], 'uint8').reshape(*ours.shape[:2], -1)
    with Image.open(one['original']) as original:
        upright = ImageOps.exif_transpose(original)
        profile = original.info.get('icc_profile')
        if profile and upright.mode in ('RGB', 'CMYK'):
            upright = ImageCms.profileToProfile(upright, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                                                ImageCms.createProfile('sRGB'), outputMode='RGB')
        person = np.asarray(upright.convert('RGB')).astype(int)
    node = np.repeat(node, 3, -1) if node.shape[-1] == 1 else node
    out.append([one['name'], int(np.abs(ours.astype(int) - node).max()), ours.shape == person.shape,
                float(np.abs(ours - person).mean()) if ours.shape == person.shape else None])
print(json.dumps(out))
`;
    const env = { ...process.env, PYTHONPATH: join(packageRoot, 'py') };
    const compared = JSON.parse(execFileSync(python, ['-c', compare, `${out}.json`], { env, encoding: 'utf8' })) as [
      string,
      number,
      boolean,
      number,
    ][];
    expect(compared.length).toBe(names.length);
    for (const [name, apart, upright, off] of compared) {
      expect([name, apart, upright]).toEqual([name, 0, true]);
      expect(off, name).toBeLessThan(2);
    }
  });
});
