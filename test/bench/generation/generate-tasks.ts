/** Images and tasks of `bench:generate`: as few images as there are ways to ask about one, so that a disk holds them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../src/hash.js';
import { buildGeneratorPrompt } from '../../../src/prompts/generator-prompt.js';
import { replySchema } from '../../../src/prompts/parse.js';
import { jsonForm } from '../../../src/providers/reply-form.js';
import type { GenerationTask } from '../../../src/generation/asking/generation-request.js';
import { questionTypes, strategies } from '../../../src/sample.js';
import { imageBytes } from '../../generation/support.js';

export const modelName = 'simulated-teacher';

const perImage = strategies.length * questionTypes.length;

export interface ImageName {
  image: string;
  imageHash: string;
}

export async function imageFiles(folder: string, requests: number, bytes: number): Promise<ImageName[]> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const names: ImageName[] = [];
  for (let i = 0; i < Math.ceil(requests / perImage); i++) {
    const image = join(folder, 'images', `${i}.png`);
    const content = await readFile(image).catch(async () => {
      const made = imageBytes(`image ${i}`, bytes);
      await writeFile(image, made);
      return made;
    });
    names.push({ image, imageHash: sha256(content) });
  }
  return names;
}

export function passTasks(images: readonly ImageName[], requests: number): GenerationTask[] {
  return images
    .flatMap((name) =>
      strategies.flatMap((strategy) =>
        questionTypes.map((questionType): GenerationTask => ({ ...name, modality: 'CT', strategy, questionType })),
      ),
    )
    .slice(0, requests);
}

/** What a chat completion says of each task, for clients that are not ours. */
export function requestLines(tasks: readonly GenerationTask[]): string {
  const lines = tasks.map(({ image, strategy, modality, questionType }) => {
    const { system, prompt } = buildGeneratorPrompt({ strategy, modality, questionType, exemplars: [] });
    return JSON.stringify({ image, system: `${system}\n\n${jsonForm(replySchema)}`, prompt });
  });
  return `${lines.join('\n')}\n`;
}
