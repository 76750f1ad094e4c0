/** What the loop needs of a data source: trusted samples, held-out questions, and images nobody has asked about yet. */
import type { Modality, QuestionType, Sample } from '../../sample.js';
import type { TeacherBook } from '../../providers/simulated/teacher-book.js';

/** What a person wrote about an image: its report or caption. */
export interface ImageContext {
  text: string;
  /** What masked names, dates and numbers in it, with its version; null where nothing did: it then leaves this machine never. */
  maskedBy: string | null;
}

/** An image the generator is asked to write samples about. */
export interface PoolImage {
  /** Absolute path. */
  image: string;
  /** sha256 of the file's bytes, hex. */
  imageHash: string;
  modality: Modality;
  /** Question types this image can be asked about; all five when left out. */
  questionTypes?: readonly QuestionType[];
  /** False where an importer found that the image may name its patient: it is then sent to no other machine. */
  deidentified?: boolean;
  /** Shown to the generator alone: never to a policy or a reward model, and in no sample. */
  context?: ImageContext;
}

/** Hears how many of a source's images have been drawn or read; it may throw to end the work. */
export type DataProgress = (done: number, total: number) => void;

export interface LoopData {
  /** Trusted samples: the reward model learns from them. */
  seed: Sample[];
  /** Held-out samples that no training ever sees; their images are in neither seed nor pool. */
  test: Sample[];
  pool: PoolImage[];
  /** Whose an image is, by its hash, as patients are compared; left out where the data name no patients. */
  patients?: ReadonlyMap<string, string> | undefined;
  /** The true answer to a sample's question, for measuring only; null where it is not known. */
  truth(sample: Pick<Sample, 'imageHash' | 'question' | 'options'>): string | null;
  /** What the simulated teacher answers from; null where only a real generator can answer. */
  book: TeacherBook | null;
  /** What this data is, and what results on it are no evidence for. */
  notice: string;
}

/** What an image's samples have in common with others': its patient where known, else itself. */
export const clusterOf = ({ patients }: Pick<LoopData, 'patients'>, imageHash: string): string =>
  patients?.get(imageHash) ?? imageHash;
