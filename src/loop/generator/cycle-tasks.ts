/** Which images a cycle asks about, and what it asks. Pure: the same seed and cycle give the same tasks. */
import type { ImageContext, PoolImage } from '../../dataset/sources/data-source.js';
import type { GenerationTask } from '../../generation/asking/generation-request.js';
import { seededRandom } from '../../random.js';
import type { QuestionType } from '../../sample.js';

export interface CycleTasks {
  pool: readonly PoolImage[];
  /** By name. */
  strategies: readonly string[];
  questionTypes: readonly QuestionType[];
  /** Images of one cycle. */
  images: number;
  /** From 1. */
  cycle: number;
  seed: number;
  /** Questions of one request (default 1). */
  questionsPerImage?: number | undefined;
  /** Longest text about an image that goes with it (default: all of it); 0 for none. */
  contextCharacters?: number | undefined;
}

/**
 * Every image once before any comes again; each is asked about once per strategy, in another question type where it allows
 * several, and with other types when its turn comes again in a later round. Images that allow none are left out. Several
 * questions of one request are of as many types as there are.
 */
export function cycleTasks(asked: CycleTasks): GenerationTask[] {
  const {
    pool,
    strategies,
    questionTypes,
    images,
    cycle,
    seed,
    questionsPerImage: questions = 1,
    contextCharacters = Infinity,
  } = asked;
  const tasks: GenerationTask[] = [];
  const typesOf = (image: PoolImage): QuestionType[] =>
    (image.questionTypes ?? questionTypes).filter((type) => questionTypes.includes(type));
  const askable = pool.filter((image) => typesOf(image).length > 0);
  const orders = new Map<number, PoolImage[]>();
  for (let offset = 0; offset < images; offset++) {
    const position = (cycle - 1) * images + offset;
    const round = Math.floor(position / askable.length);
    const order = orders.get(round) ?? seededRandom(seed, 'pool order', round).shuffle(askable);
    orders.set(round, order);
    const image = order[position % askable.length];
    if (image === undefined) break;
    const types = seededRandom(seed, 'question types', image.imageHash).shuffle(typesOf(image));
    for (const [index, strategy] of strategies.entries()) {
      const first = (round * strategies.length + index) * questions;
      const several = Array.from({ length: questions }, (_, place) => types[(first + place) % types.length]).filter(
        (type) => type !== undefined,
      );
      const [questionType] = several;
      if (questionType === undefined) continue;
      const { image: path, imageHash, modality, deidentified, context } = image;
      const more = questions === 1 ? {} : { questionTypes: several };
      const told = shownContext(context, contextCharacters);
      tasks.push({ image: path, imageHash, modality, strategy, questionType, ...more, deidentified, ...told });
    }
  }
  return tasks;
}

/** The text about an image as it is shown with it. @param longest In characters, 0 for none. */
export function shownContext(context: ImageContext | undefined, longest: number): { context?: ImageContext } {
  return context === undefined || longest === 0 ? {} : { context: { ...context, text: cut(context.text, longest) } };
}

const cut = (text: string, longest: number): string => (text.length <= longest ? text : `${text.slice(0, longest)} …`);

/** Times that an image can come and be asked something new: as often as strategies and question types pair anew. */
export function freshRounds(strategies: number, questionTypes: number): number {
  let rounds = 1;
  while ((rounds * strategies) % questionTypes !== 0) rounds += 1;
  return rounds;
}
