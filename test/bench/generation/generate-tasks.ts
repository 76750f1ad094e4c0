/** Images and tasks of `bench:generate`: as few images as there are ways to ask about one, so that a disk holds them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../src/hash.js';
import { promptStrategies } from '../../../src/prompts/prompt-strategy.js';
import { replySchema } from '../../../src/prompts/parse.js';
import { jsonForm } from '../../../src/providers/reply-form.js';
import type { GenerationTask, TaskList } from '../../../src/generation/asking/generation-request.js';
import { questionTypes, strategies, type Strategy } from '../../../src/sample.js';
import { imageBytes } from '../../generation/support.js';

export const modelName = 'simulated-teacher';

const perImage = strategies.length * questionTypes.length;

export interface ImageName {
  image: string;
  imageHash: string;
}

/** @param questions Of one request. */
export async function imageFiles(folder: string, requests: number, bytes: number, questions = 1): Promise<ImageName[]> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const names: ImageName[] = [];
  for (let i = 0; i < imagesFor(requests, questions); i++) {
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

/** The same without an array of them: a million need not be held. @param questions Of one request: 1, or all types at once. */
export function listedTasks(images: readonly ImageName[], requests: number, questions: number): TaskList {
  const kinds = questions === 1 ? questionTypes : questionTypes.slice(0, 1);
  const each = strategies.length * kinds.length;
  return {
    length: requests,
    at: (index) => {
      const name = images[Math.floor(index / each)];
      const strategy = strategies[Math.floor((index % each) / kinds.length)];
      const questionType = kinds[index % kinds.length];
      if (name === undefined || strategy === undefined || questionType === undefined) return undefined;
      const several = questions === 1 ? {} : { questionTypes: questionTypes.slice(0, questions) };
      return { ...name, modality: 'CT', strategy, questionType, ...several };
    },
  };
}

/** Images that so many requests are about. */
const imagesFor = (requests: number, questions: number): number =>
  Math.ceil(requests / (questions === 1 ? perImage : strategies.length));

/** What a chat completion says of each task, for clients that are not ours. */
export function requestLines(tasks: readonly GenerationTask[]): string {
  const lines = tasks.map(({ image, strategy, modality, questionType }) => {
    const { system, prompt } = promptStrategies[strategy as Strategy].prompt({ modality, questionType, exemplars: [] });
    return JSON.stringify({ image, system: `${system}\n\n${jsonForm(replySchema)}`, prompt });
  });
  return `${lines.join('\n')}\n`;
}
