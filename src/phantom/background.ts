/** The look of each modality and anatomy: what a scene has before its lesions. Cartoons, meant to be told apart, not believed. */
import type { Random } from '../random.js';
import type { Anatomy, PhantomModality } from './scene.js';

/** RGB in 0 to 1. */
export type Colour = [number, number, number];
/** A colour of its own for each call, which may be painted over. */
export type Shade = (x: number, y: number) => Colour;

const middle = 41.5;
const grey = (level: number): Colour => [level, level, level];
/** Distance from an ellipse's centre in units of its radii: below 1 is inside. */
const ellipse = (x: number, y: number, cx: number, cy: number, rx: number, ry: number): number =>
  Math.hypot((x - cx) / rx, (y - cy) / ry);

type MakeShade = (second: boolean, random: Random) => Shade;

/** `second` picks the second anatomy of the modality. */
const makers: Record<PhantomModality, MakeShade> = {
  CT: (abdomen, random) => {
    const tilt = (random.next() - 0.5) * 4;
    return (x, y) => {
      const body = ellipse(x, y, middle, middle + tilt, 39, 34);
      if (body > 1) return grey(0.02);
      if (body > 0.92) return grey(0.7);
      if (abdomen) return grey(ellipse(x, y, middle, 70, 6, 6) < 1 ? 0.95 : 0.48);
      const lung = Math.min(ellipse(x, y, 23, middle, 14, 24), ellipse(x, y, 60, middle, 14, 24));
      return grey(lung < 1 ? 0.22 : 0.5);
    };
  },
  MRI: (knee, random) => {
    const shift = (random.next() - 0.5) * 4;
    return (x, y) => {
      if (knee) {
        const bone = Math.abs(x - middle) < 24 && Math.abs(y - middle - shift) > 5;
        return grey(bone ? 0.62 : Math.abs(x - middle) < 32 ? 0.33 : 0.04);
      }
      const head = ellipse(x, y, middle, middle, 36, 40);
      if (head > 1) return grey(0.02);
      if (head > 0.9) return grey(0.9);
      const ventricle = Math.min(ellipse(x, y, 37, middle + shift, 3, 9), ellipse(x, y, 46, middle + shift, 3, 9));
      return grey(ventricle < 1 ? 0.06 : 0.42 + 0.08 * Math.sin(x * 0.9) * Math.sin(y * 0.9));
    };
  },
  'X-ray': (hand, random) => {
    const phase = random.next() * 6;
    return (x, y) => {
      if (hand) {
        const finger = Math.abs(((x + phase) % 17) - 8) < 3.6;
        const joint = Math.abs((y % 24) - 12) < 1.2;
        return grey(finger ? (joint ? 0.35 : 0.72) : 0.16);
      }
      const rib = Math.abs(((y + phase + Math.abs(x - middle) * 0.35) % 12) - 6) < 1.8;
      const spine = Math.abs(x - middle) < 4;
      return grey(spine ? 0.8 : rib ? 0.62 : 0.3);
    };
  },
  ultrasound: (thyroid, random) => {
    const phase = random.next() * 6;
    return (x, y) => {
      const angle = Math.atan2(x - middle, y + 16);
      const depth = Math.hypot(x - middle, y + 16);
      if (Math.abs(angle) > 0.66 || depth > 99) return grey(0.01);
      const lines = 0.06 * Math.sin(depth * 1.3 + phase);
      if (!thyroid) return grey(0.36 + lines);
      const lobe = Math.min(ellipse(x, y, 26, 44, 13, 26), ellipse(x, y, 58, 44, 13, 26));
      return grey((lobe < 1 ? 0.52 : 0.24) + lines);
    };
  },
  dermoscopy: (face, random) => {
    const phase = random.next() * 10;
    return (x, y) => {
      const base: Colour = [0.86, 0.64, 0.52];
      if (face) {
        const pore = Math.hypot(((x + phase) % 10) - 5, ((y + phase) % 10) - 5) < 1.3;
        return pore ? [0.66, 0.42, 0.34] : base;
      }
      const hair = Math.abs(((x * 0.8 + y * 0.6 + phase + 60) % 22) - 11) < 0.8;
      return hair ? [0.3, 0.2, 0.15] : base;
    };
  },
  'fundus photography': (rightEye, random) => {
    const lift = (random.next() - 0.5) * 8;
    const discX = rightEye ? 75 : 9;
    return (x, y) => {
      if (ellipse(x, y, middle, middle, 41, 41) > 1) return grey(0.01);
      if (ellipse(x, y, discX, middle + lift, 7, 8) < 1) return [1, 0.85, 0.45];
      const bow = (x - discX) ** 2 / 160;
      const vessel = Math.min(Math.abs(Math.abs(y - middle - lift) - 4 - bow * 0.6), 9) < 0.9;
      return vessel ? [0.5, 0.08, 0.04] : [0.8, 0.36, 0.12];
    };
  },
  OCT: (nerve, random) => {
    const phase = (random.next() - 0.5) * 5;
    return (x, y) => {
      const dip = nerve ? 22 * Math.exp(-(((x - middle) / 7) ** 2)) : 6 * Math.exp(-(((x - middle) / 16) ** 2));
      const depth = y - 14 - phase - dip;
      if (depth < 0) return grey(0.03);
      if (depth > 58) return grey(0.1);
      return grey(depth < 5 ? 0.85 : depth > 52 ? 0.8 : 0.32 + 0.12 * Math.sin(depth * 0.55));
    };
  },
  microscopy: (tissue, random) => {
    const phase = random.next() * 14;
    return (x, y) => {
      if (tissue) {
        const fibre = Math.sin((x + y * 0.5 + phase) * 0.5) * Math.sin((y - x * 0.3) * 0.35);
        return fibre > 0.35 ? [0.45, 0.22, 0.58] : [0.85, 0.62, 0.78];
      }
      const cell = Math.hypot(((x + phase) % 14) - 7, ((y + phase) % 14) - 7);
      return cell < 4.6 ? (cell < 2 ? [0.9, 0.62, 0.62] : [0.8, 0.38, 0.4]) : [0.8, 0.74, 0.74];
    };
  },
};

const secondAnatomies: ReadonlySet<Anatomy> = new Set([
  'abdomen',
  'knee',
  'hand',
  'thyroid',
  'facial skin',
  'right eye',
  'optic nerve head',
  'tissue section',
]);

export function backgroundOf(modality: PhantomModality, anatomy: Anatomy, random: Random): Shade {
  return makers[modality](secondAnatomies.has(anatomy), random);
}
