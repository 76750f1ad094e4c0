/**
 * `npm run bench:near -- FOLDER 120`: how often perceptual hashes call two images one. Misses: each image against a copy that is
 * re-encoded, resized, brighter or darker, cropped, for so many images. False alarms: all pairs of different images.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { imageNames } from '../../../src/dataset/pictures/image-folder.js';
import { hashDistance, perceptualHash, type PerceptualHash } from '../../../src/dataset/near-duplicates/near-images.js';
import { formatTable } from '../../../src/format.js';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';

const { positionals } = scriptLine(import.meta.filename, {}, 2);
const [folder = '../shared/data/vqa-rad/images', limit = '1000'] = positionals;
scriptNumber(import.meta.filename, 'the number of images', limit, 1);
const distances = [0, 2, 4, 6, 8, 10, 12];

interface Size {
  width: number;
  height: number;
}
const cut =
  (share: number) =>
  (image: Sharp, { width, height }: Size) => {
    const [left, top] = [Math.round(width * share), Math.round(height * share)];
    return image.extract({ left, top, width: width - 2 * left, height: height - 2 * top });
  };
const changes: Readonly<Record<string, (image: Sharp, size: Size) => Sharp>> = {
  'JPEG quality 50': (image) => image.jpeg({ quality: 50 }),
  'as PNG': (image) => image.png(),
  'half size': (image, { width }) => image.resize(Math.round(width / 2)),
  'a third wider': (image, { width, height }) => image.resize(Math.round(width * 1.33), height, { fit: 'fill' }),
  'brightness +15 %': (image) => image.linear(1.15, 0),
  'brightness -15 %': (image) => image.linear(0.85, 0),
  'brightness +30': (image) => image.linear(1, 30),
  'cropped 1 % a side': cut(0.01),
  'cropped 2 % a side': cut(0.02),
  'cropped 5 % a side': cut(0.05),
  'cropped 10 % a side': cut(0.1),
};

const work = await mkdtemp(join(tmpdir(), 'medgr2-bench-near-'));
try {
  const names = await imageNames(folder);
  const originals: PerceptualHash[] = [];
  const found: Record<string, number[]> = Object.fromEntries(Object.keys(changes).map((name) => [name, []]));
  const started = performance.now();
  for (const [index, name] of names.entries()) {
    const path = join(folder, name);
    const hash = await perceptualHash(path);
    originals.push(hash);
    if (index >= Number(limit)) continue;
    const { width, height } = await sharp(path).metadata();
    for (const [change, apply] of Object.entries(changes)) {
      const copy = join(work, 'copy');
      await writeFile(copy, await apply(sharp(path), { width, height }).toBuffer());
      const other = await perceptualHash(copy);
      found[change]?.push(hash === null || other === null ? 64 : hashDistance(hash, other));
    }
  }
  const seconds = (performance.now() - started) / 1000;
  const share = (values: readonly number[], distance: number): string =>
    ((100 * values.filter((value) => value > distance).length) / values.length).toFixed(1);
  console.log(
    `${names.length} images of ${folder}, copies of ${Math.min(Number(limit), names.length)} of them, ${seconds.toFixed(1)} s`,
  );
  console.log(`without a usable hash: ${originals.filter((hash) => hash === null).length}`);
  console.log('\nmissed copies, per cent, by the bits that may differ');
  console.log(
    formatTable([
      ['', ...distances.map(String)],
      ...Object.entries(found).map(([change, values]) => [
        change,
        ...distances.map((distance) => share(values, distance)),
      ]),
    ]),
  );
  const pairs: number[] = [];
  const close: string[] = [];
  for (const [a, left] of originals.entries())
    for (const [b, right] of originals.entries()) {
      if (b >= a || left === null || right === null) continue;
      const distance = hashDistance(left, right);
      pairs.push(distance);
      if (distance <= 6) close.push(`  ${distance} bits: ${names[a] ?? ''} and ${names[b] ?? ''}`);
    }
  console.log(`\npairs of different files called one, of ${pairs.length}`);
  console.log(
    formatTable([
      ['bits', ...distances.map(String)],
      ['pairs', ...distances.map((d) => String(pairs.filter((value) => value <= d).length))],
    ]),
  );
  console.log(`\nlook at these: they may truly be one image\n${close.slice(0, 20).join('\n')}`);
} finally {
  await rm(work, { recursive: true, force: true });
}
