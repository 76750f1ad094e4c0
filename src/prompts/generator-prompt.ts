/** Builds what a generator is sent for one image: system text by strategy, and the request by question type. */
import { sha256 } from '../hash.js';
import { questionTypes, strategies, type Modality, type QuestionType, type Sample, type Strategy } from '../sample.js';
import { questionTypeTexts, systemText } from './generator-templates.js';

/** What a reply says of a sample. */
type Told = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale' | 'questionType'>;

export interface GeneratorRequest {
  strategy: Strategy;
  /** Told to the generator when known; left out where it is `unknown`. */
  modality?: Modality | undefined;
  questionType: QuestionType;
  /** Samples of high reward, shown as examples in words (their images are not sent). */
  exemplars: readonly Told[];
}

export interface GeneratorPrompt {
  system: string;
  prompt: string;
  /** sha256 of system and prompt, hex: recorded in each sample's provenance. */
  promptHash: string;
}

const questionTypeLabel = 'Question type: ';

export function buildGeneratorPrompt({
  strategy,
  modality,
  questionType,
  exemplars,
}: GeneratorRequest): GeneratorPrompt {
  const system = systemText(strategy);
  const lines = [`${questionTypeLabel}${questionType}`, questionTypeTexts[questionType]];
  if (modality !== undefined && modality !== 'unknown') lines.push(`Imaging modality: ${modality}`);
  if (exemplars.length > 0) {
    lines.push('', 'Samples of the quality wanted, about other images. Do not copy their content:');
    lines.push(...exemplars.map(renderReply));
  }
  lines.push('', 'Write one sample of this question type about the attached image.');
  const prompt = lines.join('\n');
  return { system, prompt, promptHash: sha256(`${system}\u0000${prompt}`) };
}

/** The strategy whose system text this is or begins with (providers may add the reply's form); null for a text of other making. */
export function strategyOfPrompt(system: string): Strategy | null {
  return strategies.find((strategy) => system.trim().startsWith(systemText(strategy))) ?? null;
}

/** The question type that a prompt asks for; null for a text of other making. */
export function questionTypeOfPrompt(prompt: string): QuestionType | null {
  const line = prompt.split('\n').find((text) => text.startsWith(questionTypeLabel));
  return questionTypes.find((type) => line === `${questionTypeLabel}${type}`) ?? null;
}

/** A sample as the reply that a generator is asked for: what examples show, and what a generator of our own learns to write. */
export function renderReply({ questionType, question, options, rationale, answer }: Told): string {
  return JSON.stringify({ questionType, question, options, rationale, answer });
}
