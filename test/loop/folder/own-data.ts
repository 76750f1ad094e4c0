/** Data of a person's own beside a run: dataset folders, and two model folders with a few bytes of weights. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importImages } from '../../../src/dataset/import/import-images.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { writePictures } from '../../helpers/pictures.js';

const parts = { seed: [0, 12], test: [12, 6] } as const;

/** @param rationale Of every question: another one makes the same images other samples. @returns The folder. */
export async function ownData(
  dir: string,
  only: readonly (keyof typeof parts)[] = ['seed', 'test'],
  rationale = 'One half of the image is clearly brighter than the other half.',
): Promise<string> {
  const raw = join(dir, 'raw');
  await writePictures(raw, 24);
  for (const name of only) {
    const [from, count] = parts[name];
    const rows = Array.from({ length: count }, (_, index) => ({
      id: `q${from + index}`,
      question: 'Which side is brighter?',
      options: ['left', 'right'],
      answer: index % 2 === 0 ? 'A' : 'right',
      image: `${from + index}.png`,
      modality: 'CT',
      rationale,
    }));
    writeFileSync(join(raw, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await importQuestions('jsonl', { path: join(raw, `${name}.jsonl`), out: join(dir, name) });
  }
  if (only.length < 2) return dir;
  await writePictures(join(dir, 'more'), 4, 18);
  await importImages({ path: join(dir, 'more'), out: join(dir, 'pool'), modality: 'CT' });
  for (const name of ['base', 'model']) {
    mkdirSync(join(dir, name));
    for (const file of ['model.safetensors', 'weights']) writeFileSync(join(dir, name, file), `${name} as it was`);
  }
  return dir;
}
