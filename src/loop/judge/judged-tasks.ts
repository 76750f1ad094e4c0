/** The requests by which candidates are judged: each text about an image once, however often it was written. Pure. */
import type { PoolImage } from '../../dataset/sources/data-source.js';
import type { GenerationTask, TaskList } from '../../generation/asking/generation-request.js';
import { sha256 } from '../../hash.js';
import type { Sample } from '../../sample.js';
import { shownContext } from '../generator/cycle-tasks.js';

export interface JudgedTasks {
  tasks: TaskList;
  /** The first candidate that a task is about. */
  sampleAt: (task: number) => Sample;
  /** Candidate -> its task, by their places. */
  taskOf: readonly number[];
}

/** @param contextCharacters Longest text about an image that is shown; 0 for none. */
export function judgedTasks(
  candidates: readonly Sample[],
  pool: readonly PoolImage[],
  contextCharacters: number,
): JudgedTasks {
  const images = new Map(pool.map((image) => [image.imageHash, image]));
  const taskByText = new Map<string, number>();
  const firsts: Sample[] = [];
  const taskOf = candidates.map((sample) => {
    const { imageHash, question, options, answer, rationale } = sample;
    const key = sha256(JSON.stringify([imageHash, question, options, answer, rationale]));
    const known = taskByText.get(key) ?? firsts.push(sample) - 1;
    taskByText.set(key, known);
    return known;
  });
  const sampleAt = (task: number): Sample => {
    const sample = firsts[task];
    if (sample === undefined) throw new RangeError(`there is no task ${task} of ${firsts.length}`);
    return sample;
  };
  const at = (index: number): GenerationTask => {
    const { image, imageHash, modality, questionType, provenance } = sampleAt(index);
    const { deidentified, context } = images.get(imageHash) ?? {};
    const asked = { image, imageHash, modality, questionType, strategy: provenance.strategy ?? 'direct' };
    return { ...asked, deidentified, ...shownContext(context, contextCharacters) };
  };
  return { tasks: { length: firsts.length, at }, sampleAt, taskOf };
}
