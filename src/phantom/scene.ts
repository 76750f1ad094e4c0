/**
 * Phantoms: procedurally drawn stand-ins for medical images whose truth is known because we drew them.
 * A scene says everything that can be asked about one. Phantoms are no medical evidence of any kind.
 */
import { seededRandom, type Random } from '../random.js';
import type { Modality } from '../sample.js';

/** Two anatomical regions for each of OmniMedVQA's eight modalities. */
export const anatomies = {
  CT: ['chest', 'abdomen'],
  MRI: ['brain', 'knee'],
  'X-ray': ['rib cage', 'hand'],
  ultrasound: ['liver', 'thyroid'],
  dermoscopy: ['trunk skin', 'facial skin'],
  'fundus photography': ['left eye', 'right eye'],
  OCT: ['macula', 'optic nerve head'],
  microscopy: ['blood smear', 'tissue section'],
} as const satisfies Record<Exclude<Modality, 'unknown'>, readonly [string, string]>;

export type PhantomModality = keyof typeof anatomies;
export type Anatomy = (typeof anatomies)[PhantomModality][number];
export const phantomModalities = Object.keys(anatomies) as PhantomModality[];

export const kinds = ['mass', 'cyst', 'calcification', 'hemorrhage'] as const;
export type Kind = (typeof kinds)[number];
export const sizes = ['small', 'moderate', 'large'] as const;
export type Size = (typeof sizes)[number];
export const places = ['upper left', 'upper right', 'lower left', 'lower right'] as const;
export type Place = (typeof places)[number];

export interface Lesion {
  kind: Kind;
  size: Size;
  place: Place;
}

export interface Scene {
  modality: PhantomModality;
  anatomy: Anatomy;
  /** At most one lesion per quadrant, at most three in all. */
  lesions: readonly Lesion[];
  /** Seeds what the composition leaves open: exact position, noise, contrast. */
  jitter: string;
}

/** Who may see a scene: the base model's pretraining, the loop (seed and pool), or the test questions. */
export const splits = ['base', 'loop', 'test'] as const;
export type Split = (typeof splits)[number];

/** What is in the scene, without its jitter: two scenes of one composition look alike but for noise. */
export function composition(scene: Omit<Scene, 'jitter'>): string {
  const lesions = scene.lesions.map(({ place, kind, size }) => `${place}:${kind}:${size}`).toSorted();
  return [scene.modality, scene.anatomy, ...lesions].join('|');
}

/**
 * The split a composition belongs to, by hash: 40 % base, 40 % loop, 20 % test.
 * Train and test are disjoint by construction: no composition is ever drawn for two splits.
 */
export function splitOf(scene: Omit<Scene, 'jitter'>): Split {
  const draw = seededRandom('phantom-split', composition(scene)).next();
  return draw < 0.4 ? 'base' : draw < 0.8 ? 'loop' : 'test';
}

const lesionCountShares = [0.06, 0.22, 0.36, 0.36];

function drawLesionCount(random: Random): number {
  let rest = random.next();
  for (const [count, share] of lesionCountShares.entries()) {
    rest -= share;
    if (rest < 0) return count;
  }
  return lesionCountShares.length - 1;
}

/** Draws a random scene of a split; the same keys give the same scene. */
export function randomScene(split: Split, ...keys: (string | number)[]): Scene {
  const random = seededRandom('phantom-scene', split, ...keys);
  for (;;) {
    const modality = random.pick(phantomModalities);
    const anatomy = random.pick<Anatomy>(anatomies[modality]);
    const lesions = random
      .shuffle(places)
      .slice(0, drawLesionCount(random))
      .map((place) => ({ place, kind: random.pick(kinds), size: random.pick(sizes) }));
    const scene = { modality, anatomy, lesions, jitter: `${split}:${keys.join(':')}` };
    if (splitOf(scene) === split) return scene;
  }
}

/** The lesion in a quadrant, if any. */
export function lesionAt(scene: Scene, place: Place): Lesion | undefined {
  return scene.lesions.find((lesion) => lesion.place === place);
}
