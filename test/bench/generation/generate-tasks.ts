/** Images and tasks of `bench:generate`: as few images as there are ways to ask about one, so that a disk holds them. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../src/hash.js';
import { promptStrategies } from '../../../src/prompts/prompt-strategy.js';
import { replySchema } from '../../../src/prompts/parse.js';
import { jsonForm } from '../../../src/providers/reply-form.js';
import type { GenerationTask, TaskList } from '../../../src/generation/asking/generation-request.js';
import { questionTypes, strategies, type Strategy } from '../../../src/sample.js';
import { imageBytes } from '../../generation/support.js';

export const modelName = 'simulated-teacher';
/** Of one batch, of whichever client. */
export const batchRequests = 1_000;

const perImage = strategies.length * questionTypes.length;

export interface ImageName {
  image: string;
  imageHash: string;
}

export interface ImageList {
  readonly length: number;
  at(index: number): ImageName;
}

const hashBytes = 32;

/** Holds a hash of each and no more, so that the names of a million requests' images do not count as our client's memory. */
export async function imageFiles(folder: string, requests: number, bytes: number, questions = 1): Promise<ImageList> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const length = imagesFor(requests, questions);
  const hashes = Buffer.alloc(length * hashBytes);
  const fileOf = (index: number): string => join(folder, 'images', `${index}.png`);
  for (let i = 0; i < length; i++) {
    const image = fileOf(i);
    const made = imageBytes(`image ${i}`, bytes);
    if (!existsSync(image)) await writeFile(image, made);
    hashes.write(sha256(made), i * hashBytes, 'hex');
  }
  const hashOf = (index: number): string => hashes.toString('hex', index * hashBytes, (index + 1) * hashBytes);
  return { length, at: (index) => ({ image: fileOf(index), imageHash: hashOf(index) }) };
}

export function passTasks(images: ImageList, requests: number): GenerationTask[] {
  const tasks = listedTasks(images, requests, 1);
  return Array.from({ length: requests }, (_, index) => tasks.at(index)).filter((task) => task !== undefined);
}

/** The same without an array of them: a million need not be held. @param questions Of one request: 1, or all types at once. */
export function listedTasks(images: ImageList, requests: number, questions: number): TaskList {
  const kinds = questions === 1 ? questionTypes : questionTypes.slice(0, 1);
  const each = strategies.length * kinds.length;
  return {
    length: requests,
    at: (index) => {
      const place = Math.floor(index / each);
      const strategy = strategies[Math.floor((index % each) / kinds.length)];
      const questionType = kinds[index % kinds.length];
      if (place >= images.length || strategy === undefined || questionType === undefined) return undefined;
      const several = questions === 1 ? {} : { questionTypes: questionTypes.slice(0, questions) };
      return { ...images.at(place), modality: 'CT', strategy, questionType, ...several };
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
