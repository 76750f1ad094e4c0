/**
 * Phantoms drawn into a folder in the form in which OmniMedVQA is published (QA_information/Open-access/*.json, Images/…), and a
 * teacher's book that finds the scene of a picture that was imported from there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { sha256 } from '../../../src/hash.js';
import { drawPng } from '../../../src/phantom/draw.js';
import { randomFact, topicTypes } from '../../../src/phantom/scene-facts.js';
import { composition, randomScene, type Scene } from '../../../src/phantom/scene.js';
import { blindSpots, teach } from '../../../src/phantom/teacher.js';
import { askQuestion } from '../../../src/phantom/wording.js';
import type { TeacherBook } from '../../../src/providers/simulated/teacher-book.js';
import { seededRandom } from '../../../src/random.js';
import { questionTypes, strategies } from '../../../src/sample.js';

/** Edges of the pictures: as small as a tiny model likes them, and now and then one over the paper's limit of 401,408 pixels. */
const sizes = [
  [112, 112],
  [140, 112],
  [84, 84],
  [168, 140],
  [760, 600],
] as const;
const questionsPerImage = 2;

/** Modalities as OmniMedVQA writes them. */
const modalityNames: Readonly<Record<Scene['modality'], string>> = {
  CT: 'CT(Computed Tomography)',
  MRI: 'MR (Mag-netic Resonance Imaging)',
  'X-ray': 'X-Ray',
  ultrasound: 'ultrasound',
  dermoscopy: 'Dermoscopy',
  'fundus photography': 'Fundus Photography',
  OCT: 'OCT (Optical Coherence Tomography',
  microscopy: 'Microscopy Images',
};

/** @returns The scene of each published file, by the sha256 of its bytes. */
export async function publish(root: string, images: number): Promise<Map<string, Scene>> {
  const scenes = new Map<string, Scene>();
  const files = new Map<string, object[]>();
  const seen = new Set<string>();
  for (let n = 0; seen.size < images; n++) {
    const scene = randomScene('loop', 'omnimedvqa', n);
    if (seen.has(composition(scene))) continue;
    seen.add(composition(scene));
    const dataset = `Phantom ${scene.modality}`;
    const path = join('Images', dataset, `${String(n).padStart(4, '0')}.png`);
    const [width, height] = sizes[seen.size % sizes.length] ?? sizes[0];
    const bytes = await sharp(await drawPng(scene))
      .resize(width, height, { fit: 'fill' })
      .png()
      .toBuffer();
    mkdirSync(join(root, 'Images', dataset), { recursive: true });
    writeFileSync(join(root, path), bytes);
    scenes.set(sha256(bytes), scene);
    const rows = files.get(dataset) ?? [];
    files.set(dataset, [...rows, ...questionsOf(scene, n).map((row) => ({ dataset, image_path: path, ...row }))]);
  }
  const questions = join(root, 'QA_information', 'Open-access');
  mkdirSync(questions, { recursive: true });
  for (const [dataset, rows] of files)
    writeFileSync(
      join(questions, `${dataset}.json`),
      JSON.stringify(
        rows.map((row, index) => ({ question_id: `${dataset}_${String(index).padStart(4, '0')}`, ...row })),
      ),
    );
  return scenes;
}

function questionsOf(scene: Scene, n: number): { question: string }[] {
  const rows = Array.from({ length: questionsPerImage }, (_, turn) => {
    const random = seededRandom('omnimedvqa question', n, turn);
    const fact = randomFact(scene, questionTypes[(n + turn) % questionTypes.length] ?? null, random);
    const [A, B, C, D] = fact.options;
    return {
      question_type: topicTypes[fact.topic].replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
      question: askQuestion(fact, random),
      gt_answer: fact.truth,
      option_A: A,
      option_B: B,
      ...(C === undefined ? {} : { option_C: C }),
      ...(D === undefined ? {} : { option_D: D }),
      modality_type: modalityNames[scene.modality],
    };
  });
  return rows.filter(({ question }, at) => rows.findIndex((row) => row.question === question) === at);
}

/** Answers about the pictures of an imported pool, whose bytes need not be those that were published. */
export async function bookOf(pool: string, scenes: ReadonlyMap<string, Scene>): Promise<TeacherBook> {
  const { images } = await readDataset(pool);
  const known = new Map(
    images.map(({ imageHash, originalHash }) => [imageHash, scenes.get(originalHash ?? imageHash) ?? null]),
  );
  const options = { seed: 0, errorRates: { direct: 0.45, 'step-by-step': 0.35, 'meta-cognitive': 0.28 } };
  const blind = new Map(strategies.map((strategy) => [strategy, blindSpots(strategy, options)]));
  return {
    reply({ imageHash, strategy, questionType }) {
      const scene = known.get(imageHash);
      if (scene === undefined || scene === null) return null;
      const told = teach(scene, strategy, questionType, options, blind.get(strategy) ?? new Set());
      const { fact, question, answer, rationale } = told;
      return { question, options: [...fact.options], answer, rationale, questionType: topicTypes[fact.topic] };
    },
  };
}
