/**
 * Draws a scene as an 84 x 84 RGB image: a background per modality and anatomy, lesions on top, noise over all.
 * Every pixel is a function of its place, so there is no canvas and no font.
 */
import sharp from 'sharp';
import { seededRandom, type Random } from '../random.js';
import { backgroundOf, type Colour, type Shade } from './background.js';
import { places, type Lesion, type Scene } from './scene.js';

/** Edge in pixels: 3 x 3 image tokens for a patch of 14 merged 2 x 2. */
export const imageSize = 84;

const radii = { small: 3.6, moderate: 6.4, large: 9.6 } as const;
/** Noise per modality, as a standard deviation in grey levels of 0 to 1. */
const noiseLevels = { ultrasound: 0.09, CT: 0.04, MRI: 0.04, 'X-ray': 0.05 } as const;

type Paint = (x: number, y: number) => { colour: Colour; weight: number } | null;

function softDisc(distance: number, radius: number): number {
  return Math.min(1, Math.max(0, radius - distance + 0.5));
}

/** A lesion as paint over the background; most of an image is far from it, and shapes take their time. */
function paintLesion(lesion: Lesion, random: Random): Paint {
  const quadrant = places.indexOf(lesion.place);
  const centerX = (quadrant % 2 === 0 ? 24 : 60) + (random.next() - 0.5) * 7;
  const centerY = (quadrant < 2 ? 24 : 60) + (random.next() - 0.5) * 7;
  const radius = radii[lesion.size] * (0.94 + 0.12 * random.next());
  const paint = paintShape(lesion, { centerX, centerY, radius }, random);
  const reach = radius * widest + softEdge;
  return (x, y) => (Math.abs(x - centerX) > reach || Math.abs(y - centerY) > reach ? null : paint(x, y));
}

/** No shape reaches farther than this of its radius, but for its soft edge and half a speck. */
const widest = 1.22;
const softEdge = 2;

interface Spot {
  centerX: number;
  centerY: number;
  radius: number;
}

/** Shapes, not colours, tell kinds apart, so that every modality needs looking. */
function paintShape(lesion: Lesion, { centerX, centerY, radius }: Spot, random: Random): Paint {
  const bright: Colour = [0.97, 0.95, 0.88];
  const dark: Colour = [0.16, 0.03, 0.05];
  const distanceTo = (x: number, y: number): number => Math.hypot(x - centerX, y - centerY);
  switch (lesion.kind) {
    case 'mass':
      return (x, y) => ({ colour: bright, weight: softDisc(distanceTo(x, y), radius) });
    case 'cyst':
      return (x, y) => {
        const distance = distanceTo(x, y);
        const wall = Math.max(1.6, radius * 0.3);
        const inside = softDisc(distance, radius - wall);
        const colour: Colour = inside > 0.5 ? dark : bright;
        return { colour, weight: softDisc(distance, radius) };
      };
    case 'calcification': {
      const count = { small: 4, moderate: 7, large: 12 }[lesion.size];
      const turn = random.next() * 2 * Math.PI;
      const specks = Array.from({ length: count }, (_, i) => {
        // A sunflower spiral spreads specks evenly over the disc whatever their number.
        const reach = radius * 1.1 * Math.sqrt((i + 0.4) / count);
        const angle = turn + i * 2.4;
        return [centerX + reach * Math.cos(angle), centerY + reach * Math.sin(angle)] as const;
      });
      return (x, y) => {
        const near = Math.min(...specks.map(([sx, sy]) => Math.hypot(x - sx, y - sy)));
        return { colour: bright, weight: softDisc(near, 1.15) };
      };
    }
    case 'hemorrhage': {
      const lobes = 3 + random.int(3);
      const turn = random.next() * 2 * Math.PI;
      return (x, y) => {
        const angle = Math.atan2(y - centerY, x - centerX);
        const edge = radius * (1 + 0.22 * Math.sin(lobes * angle + turn));
        return { colour: dark, weight: softDisc(distanceTo(x, y), edge) };
      };
    }
  }
}

/** Raw RGB, row by row, 84 x 84 x 3 bytes. */
export function drawPixels(scene: Scene): Uint8Array {
  const random = seededRandom('phantom-draw', scene.jitter);
  const background: Shade = backgroundOf(scene.modality, scene.anatomy, random);
  const paints = scene.lesions.map((lesion) => paintLesion(lesion, random));
  const noise = (noiseLevels as Partial<Record<string, number>>)[scene.modality] ?? 0.03;
  const gain = 0.92 + 0.16 * random.next();
  const pixels = new Uint8Array(imageSize * imageSize * 3);
  for (let y = 0; y < imageSize; y++) {
    for (let x = 0; x < imageSize; x++) {
      const colour = background(x, y);
      for (const paint of paints) {
        const over = paint(x, y);
        if (over === null || over.weight === 0) continue;
        for (let c = 0; c < 3; c++) {
          colour[c] = (colour[c] as number) * (1 - over.weight) + (over.colour[c] as number) * over.weight;
        }
      }
      // Four uniforms are near enough to a Gaussian and much cheaper.
      const grain = (random.next() + random.next() + random.next() + random.next() - 2) * 1.73 * noise;
      for (let c = 0; c < 3; c++) {
        const level = ((colour[c] as number) * gain + grain) * 255;
        pixels[(y * imageSize + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(level)));
      }
    }
  }
  return pixels;
}

/** The scene as PNG bytes; the same scene gives the same bytes. */
export async function drawPng(scene: Scene): Promise<Uint8Array> {
  return sharp(drawPixels(scene), { raw: { width: imageSize, height: imageSize, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
