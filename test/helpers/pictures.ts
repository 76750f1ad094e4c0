/** Small real PNG files whose content depends on a number, for tests that need images on disk. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../src/random.js';

/** Writes a grey 32 x 32 picture of blocks; another number gives another picture. */
export async function writePicture(path: string, number: number): Promise<void> {
  const random = seededRandom('test picture', number);
  const blocks = Array.from({ length: 64 }, () => random.int(256));
  const pixels = Uint8Array.from(
    { length: 32 * 32 },
    (_, at) => blocks[8 * Math.floor(at / 128) + Math.floor((at % 32) / 4)] ?? 0,
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    await sharp(pixels, { raw: { width: 32, height: 32, channels: 1 } })
      .png()
      .toBuffer(),
  );
}

/** `0.png`, `1.png`, … in a folder. */
export async function writePictures(dir: string, count: number, first = 0): Promise<void> {
  for (let number = first; number < first + count; number++) await writePicture(`${dir}/${number}.png`, number);
}
