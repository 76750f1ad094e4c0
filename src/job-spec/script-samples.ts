/** Samples from what a script has at hand: an image, a question and an answer; the rest is filled in. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createPhantomData } from '../dataset/sources/phantom-source.js';
import { DataError, messageOf } from '../errors.js';
import { sha256 } from '../hash.js';
import { sampleSchema, type Sample } from '../sample.js';
import { checkInput } from './checks/input-gate.js';
import { requireFile } from '../file-kind.js';

/** A sample of which only image, question and answer must be known. */
export type SampleInput = Pick<Sample, 'image' | 'question' | 'answer'> & Partial<Sample>;

/** Who wrote a sample that a script gives: a person, as far as medgr2 knows. */
const given = { provider: 'seed', model: 'none', strategy: null, promptHash: null, cycle: 0 } as const;

/**
 * Whole samples: ids count from 1 where they are left out, images become absolute paths and are hashed, an answer is one
 * of the options where there are any.
 * @throws DataError `sample-invalid` that names the sample whose image cannot be read, whose id stands twice, or that has a wrong field.
 * @example
 * const [sample] = await toSamples([{ image: 'scan.png', question: 'Which modality is this?', options: ['CT', 'MRI'],
 * answer: 'CT' }]);
 * [sample?.id, sample?.modality, sample?.provenance.provider]; // → ['1', 'unknown', 'seed']
 */
export async function toSamples(inputs: readonly SampleInput[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const [index, input] of inputs.entries()) {
    const sample = await toSample(input, index);
    if (seen.has(sample.id)) throw wrong(index, `has the id ${sample.id}, which another has too`);
    seen.add(sample.id);
    samples.push(sample);
  }
  return samples;
}

async function toSample(input: SampleInput, index: number): Promise<Sample> {
  checkInput('grpo', input, index);
  const image = path.resolve(input.image);
  return sampleSchema.parse({
    id: String(index + 1),
    options: [],
    rationale: '',
    questionType: 'other biological attributes',
    modality: 'unknown',
    provenance: given,
    score: null,
    rewardModelVersion: null,
    ...input,
    image,
    imageHash: input.imageHash ?? (await hashOf(image, index)),
  });
}

async function hashOf(image: string, index: number): Promise<string> {
  try {
    requireFile(image);
    return sha256(await readFile(image));
  } catch (cause) {
    throw wrong(index, `has an image that cannot be read: ${messageOf(cause)}`, cause);
  }
}

function wrong(index: number, problem: string, cause?: unknown): DataError {
  return new DataError('sample-invalid', `Sample ${index + 1} ${problem}.`, {
    where: `sample ${index + 1}`,
    cause,
    remedy: 'Mend or leave out this sample.',
  });
}

/** How many phantoms, and where. */
export interface PhantomSamplesOptions {
  /** Images go to `images/` below this folder. */
  dir: string;
  /** How many samples; each has an image of its own. */
  count: number;
  /** 0 where it is left out: the same images and questions. */
  seed?: number | undefined;
}

/**
 * Samples about drawn images with known truth, for trying things out. They are no medical evidence.
 * @example
 * const samples = await phantomSamples({ dir: 'phantoms', count: 4 });
 * samples.length; // → 4
 */
export async function phantomSamples({ dir, count, seed = 0 }: PhantomSamplesOptions): Promise<Sample[]> {
  const errorRates = { direct: 0, 'step-by-step': 0, 'meta-cognitive': 0 };
  const data = await createPhantomData({
    dir: path.resolve(dir),
    seed,
    counts: { seed: count, test: 0, pool: 0 },
    teacher: { errorRates },
  });
  return data.seed;
}
