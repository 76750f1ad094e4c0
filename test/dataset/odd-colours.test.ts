/** Inks, wide colours, palettes with transparency, 16-bit grey: what a person sees, worked out by arithmetic, in both languages. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { environmentPython } from '../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { readPicture } from '../../src/dataset/pictures/picture.js';

vi.setConfig({ testTimeout: 180_000 });

const python = process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot);
const env = { ...process.env, PYTHONPATH: join(packageRoot, 'py') };
const make = `
import io, struct, sys, numpy as np
from pathlib import Path
from PIL import Image, ImageCms
files, truth = Path(sys.argv[1]) / 'files', Path(sys.argv[1]) / 'truth'
files.mkdir(); truth.mkdir()
y, x = np.mgrid[0:64, 0:96]
rgb = np.stack([x * 255 // 95, y * 255 // 63, np.full_like(x, 128)], -1).astype('uint8')
rgb[20:40, 30:60] = 255, 0, 0; rgb[44:60, 10:40] = 0, 255, 0; rgb[2:14, 70:90] = 0, 0, 255
def keep(name, pixels): Image.fromarray(np.round(pixels).astype('uint8')).convert('RGB').save(truth / f'{name}.png')
inks = np.concatenate([255 - rgb, (x // 4)[..., None].astype('uint8')], -1)
seen = (255.0 - inks[..., :3]) * (255.0 - inks[..., 3:]) / 255
for name in ('cmyk.jpg', 'cmyk.tif'):
    Image.frombytes('CMYK', (96, 64), inks.tobytes()).save(files / name, quality=98, subsampling=0)
    keep(name, seen)
# YCCK: the inks as luma and chroma, told by the last byte of Adobe's marker.
luma = np.asarray(Image.fromarray(np.ascontiguousarray(inks[..., :3])).convert('YCbCr'))
stored = np.concatenate([255 - luma, inks[..., 3:]], -1)
held = io.BytesIO(); Image.frombytes('CMYK', (96, 64), stored.tobytes()).save(held, 'JPEG', quality=98, subsampling=0)
data = bytearray(held.getvalue()); data[data.index(b'Adobe') + 11] = 2; (files / 'ycck.jpg').write_bytes(data); keep('ycck.jpg', seen)
# Display P3: sRGB's curve, its own colourants.
profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes())
colourants = {b'rXYZ': (0.51512, 0.24120, -0.00105), b'gXYZ': (0.29198, 0.69225, 0.04189), b'bXYZ': (0.15710, 0.06657, 0.78407)}
for tag in range(struct.unpack('>I', profile[128:132])[0]):
    at = 132 + 12 * tag; offset = struct.unpack('>I', profile[at + 4:at + 8])[0]
    if bytes(profile[at:at + 4]) in colourants:
        profile[offset + 8:offset + 20] = struct.pack('>iii', *[round(v * 65536) for v in colourants[bytes(profile[at:at + 4])]])
light = rgb / 255; light = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
to_srgb = np.array([[1.22494, -0.22494, 0], [-0.042057, 1.042057, 0], [-0.0196376, -0.078636, 1.0982736]])
light = np.clip(light @ to_srgb.T, 0, 1)
wide = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
for name in ('p3.jpg', 'p3.png', 'p3.tif', 'p3.webp'):
    Image.fromarray(rgb).save(files / name, icc_profile=bytes(profile), lossless=True, quality=98, subsampling=0); keep(name, wide)
few = Image.fromarray(rgb).quantize(32); shares = bytes([255] * 10 + [0, 128] + [255] * 20); few.save(files / 'palette.png', transparency=shares)
index = np.asarray(few); alpha = np.array(list(shares))[index][..., None] / 255
keep('palette.png', np.array(few.getpalette()[:96]).reshape(-1, 3)[index] * alpha + 255 * (1 - alpha))
half = np.stack([x * 2, np.where(y < 32, 0, 255)], -1).astype('uint8'); Image.frombytes('LA', (96, 64), half.tobytes()).save(files / 'la.png')
keep('la.png', np.repeat(np.where(y < 32, 255, x * 2)[..., None], 3, -1))
Image.new('LAB', (96, 64)).save(files.parent / 'lab8.tif')
deep = np.linspace(0, 65535, 64 * 96).reshape(64, 96).astype('uint16')
for name in ('grey16.png', 'grey16.tif'): Image.fromarray(deep).save(files / name); keep(name, np.repeat((deep / 257)[..., None], 3, -1))
`;
const compare = `
import json, sys, numpy as np
from pathlib import Path
from PIL import Image
from medgr2.rows.open_image import open_image
root = Path(sys.argv[1]); out = {}
for truth in sorted((root / 'truth').iterdir()):
    name = truth.name.removesuffix('.png'); seen = np.asarray(Image.open(truth)).astype(int)
    ours = next((root / 'ours').glob(f'{name}.*'))
    out[name] = [float(np.abs(np.asarray(open_image(str(file))).astype(int) - seen).mean()) for file in (ours, root / 'files' / name)]
print(json.dumps(out))
`;
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-colours-'));
  execFileSync(python, ['-W', 'ignore', '-c', `${make}\n(files.parent / 'ours').mkdir()`, dir]);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('an import, and a job that is given the file itself, see what a person sees', async () => {
  const names = readdirSync(join(dir, 'files')).toSorted();
  expect(names).toHaveLength(11);
  for (const name of names) {
    const picture = await readPicture(join(dir, 'files', name));
    if ('reason' in picture) throw new Error(`${name} ${picture.reason}`);
    writeFileSync(join(dir, 'ours', `${name}${picture.extension}`), picture.bytes);
  }
  const off = JSON.parse(execFileSync(python, ['-c', compare, dir], { env, encoding: 'utf8' })) as object;
  const apart = Object.entries(off).filter(([, means]: [string, number[]]) => means.some((mean) => mean > 1));
  expect(Object.keys(off)).toEqual(names);
  expect(apart).toEqual([]);
});

test('CIELab is refused by name, of whatever depth: every reader makes another picture of it', async () => {
  for (const space of ['lab', 'labs'])
    await sharp({ create: { width: 96, height: 64, channels: 3, background: 'red' } })
      .pipelineColourspace(space)
      .toColourspace(space)
      .tiff({ compression: 'none' })
      .toFile(join(dir, `${space}.tif`));
  for (const name of ['lab8', 'lab', 'labs'])
    expect(await readPicture(join(dir, `${name}.tif`))).toEqual({
      reason: expect.stringMatching(/^has CIELab colours/),
    });
});
