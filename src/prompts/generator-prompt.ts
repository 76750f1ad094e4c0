/** Builds what a generator is sent for one image: system text by strategy, and the request by question type. */
import { questionTypes, strategies, type Modality, type QuestionType, type Sample, type Strategy } from '../sample.js';
import { contextText, questionTypeTexts, systemText } from './generator-templates.js';

/** What a reply says of a sample. */
export type Told = Pick<Sample, 'question' | 'options' | 'answer' | 'rationale' | 'questionType'>;

/** What is to be asked about one image, and how. */
export interface GeneratorRequest {
  strategy: Strategy;
  /** Told to the generator when known; left out where it is `unknown`. */
  modality?: Modality | undefined;
  /** Of the only sample, or of the first. */
  questionType: QuestionType;
  /** Of all samples that are asked for, where they are several; the first is `questionType`. */
  questionTypes?: readonly QuestionType[] | undefined;
  /** Samples of high reward, shown as examples in words (their images are not sent). */
  exemplars: readonly Told[];
  /** What was written about the image: its report or caption. */
  context?: string | undefined;
}

/** What a generator is sent beside the image. */
export interface GeneratorPrompt {
  system: string;
  prompt: string;
  /**
   * Where the image stands, in characters of the prompt. What comes before it is the same for many images, so that a
   * provider that caches what requests begin with has it already; 0 where nothing does.
   */
  imageAt: number;
}

const questionTypeLabel = 'Question type: ';
const questionTypesLabel = 'Question types: ';

export function buildGeneratorPrompt(request: GeneratorRequest): GeneratorPrompt {
  const { strategy, modality, exemplars, context } = request;
  const types = request.questionTypes ?? [request.questionType];
  const system = systemText(strategy, types.length === 1 ? 'one' : 'several');
  const shared = types.length === 1 ? ofOne(request.questionType) : ofSeveral(types);
  if (exemplars.length > 0) {
    shared.push('', 'Samples of the quality wanted, about other images. Do not copy their content:');
    shared.push(...exemplars.map(renderReply), '');
  }
  const own = modality !== undefined && modality !== 'unknown' ? [`Imaging modality: ${modality}`] : [];
  own.push(
    ...(exemplars.length > 0 && own.length === 0 ? [] : ['']),
    types.length === 1
      ? 'Write one sample of this question type about the attached image.'
      : `Write ${types.length} samples about the attached image, one of each question type listed.`,
  );
  if (context !== undefined) own.push('', contextText(context));
  const before = `${shared.join('\n')}\n`;
  const prompt = `${before}${own.join('\n')}`;
  const imageAt = exemplars.length > 0 || types.length > 1 ? before.length : 0;
  return { system, prompt, imageAt };
}

const ofOne = (type: QuestionType): string[] => [`${questionTypeLabel}${type}`, questionTypeTexts[type]];

const ofSeveral = (types: readonly QuestionType[]): string[] => [
  `${questionTypesLabel}${types.join('; ')}`,
  ...[...new Set(types)].map((type) => `- ${type}: ${questionTypeTexts[type]}`),
];

/** The two pieces of a prompt between which the image stands; the first may be empty. */
export function aroundImage(prompt: string, imageAt = 0): [string, string] {
  return [prompt.slice(0, imageAt), prompt.slice(imageAt)];
}

/** The strategy whose system text this is or begins with (providers may add the reply's form); null for a text of other making. */
export function strategyOfPrompt(system: string): Strategy | null {
  const start = system.trim();
  return (
    strategies.find(
      (strategy) => start.startsWith(systemText(strategy)) || start.startsWith(systemText(strategy, 'several')),
    ) ?? null
  );
}

/** The question types that a prompt asks for, one for each sample; null for a text of other making. */
export function questionTypesOfPrompt(prompt: string): QuestionType[] | null {
  const line = prompt
    .split('\n')
    .find((text) => text.startsWith(questionTypeLabel) || text.startsWith(questionTypesLabel));
  const names = line?.slice(line.indexOf(': ') + 2).split('; ') ?? [];
  const types = names.flatMap((name) => questionTypes.find((type) => type === name) ?? []);
  return types.length > 0 && types.length === names.length ? types : null;
}

/** The only question type that a prompt asks for; null for a text of other making, or where there are several. */
export function questionTypeOfPrompt(prompt: string): QuestionType | null {
  const [type = null, ...others] = questionTypesOfPrompt(prompt) ?? [];
  return others.length === 0 ? type : null;
}

/** A sample as the reply that a generator is asked for: what examples show, and what a generator of our own learns to write. */
export function renderReply({ questionType, question, options, rationale, answer }: Told): string {
  return JSON.stringify({ questionType, question, options, rationale, answer });
}
