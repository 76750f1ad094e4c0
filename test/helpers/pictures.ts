/** Small real PNG files whose content depends on a number, for tests that need images on disk. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../src/random.js';

/** Writes a grey 96 x 96 picture of soft spots; another number gives another picture. */
export async function writePicture(path: string, number: number): Promise<void> {
  const random = seededRandom('test picture', number);
  const spots = Uint8Array.from({ length: 36 }, () => random.int(256));
  const picture = sharp(spots, { raw: { width: 6, height: 6, channels: 1 } }).resize(96, 96, { kernel: 'cubic' });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await picture.png().toBuffer());
}

/** `0.png`, `1.png`, … in a folder. */
export async function writePictures(dir: string, count: number, first = 0): Promise<void> {
  for (let number = first; number < first + count; number++) await writePicture(`${dir}/${number}.png`, number);
}
