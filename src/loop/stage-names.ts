/** The names of the stages, in the order in which a run first reaches them, of those that a person adds, and what people call them. */
import { z } from 'zod';

/** The stages of the loop. */
export const stageNames = [
  'prepare-data',
  'evaluate-base',
  'generator-warm-start',
  'grade',
  'warm-start',
  'reward-model',
  'reward-report',
  'verdicts',
  'verdict-reward-model',
  'verdict-reward-report',
  'generate',
  'score',
  'verify',
  'filter',
  'sft',
  'evaluate-sft',
  'headroom',
  'grpo',
  'evaluate-grpo',
  'preferences',
  'generator-update',
  'generator-sft',
  'evaluate',
] as const;
/** Name of a stage that the loop has of itself. */
export type BuiltInStage = (typeof stageNames)[number];

/** Of a stage that is a part of the person's own. */
export type OwnStageName = `own-${string}`;

/** Of any stage; folders, events and the ledger know it by that. */
export type StageName = BuiltInStage | OwnStageName;

export const stageNameSchema = z.union([z.enum(stageNames), z.templateLiteral(['own-', z.string().min(1)])]);

export interface StageWords {
  /** The one name by which ring, panel, log, help and `status` call it. */
  name: string;
  /** In the ring, where its place says the rest. */
  ring?: string;
  about: string;
}

export const stageWords: Record<BuiltInStage, StageWords> = {
  'prepare-data': { name: 'data', about: 'Samples, test questions, images are read.' },
  'evaluate-base': { name: 'test base', about: 'The policy before any training.' },
  'generator-warm-start': {
    name: 'teach generator',
    about: 'The generator learns from the trusted samples to write what it is asked for.',
  },
  grade: { name: 'grade', about: 'Trusted answers are spoilt to four grades.' },
  'warm-start': { name: 'warm up', about: 'Its backbone learns the trusted samples before it learns to grade.' },
  'reward-model': { name: 'reward model', about: 'It learns which grade an answer deserves.' },
  'reward-report': { name: 'set τ', about: 'Texts it never saw tell what it is worth, and set the threshold τ.' },
  verdicts: { name: 'verdicts', about: 'What experts said of earlier cycles: samples leave or join the data set.' },
  'verdict-reward-model': { name: 'learn verdicts', about: 'The reward model learns from the verdicts.' },
  'verdict-reward-report': { name: 'set τ again', about: 'Texts it never saw tell what it is worth now.' },
  generate: { name: 'generate', about: 'The generator writes questions and answers about the images.' },
  score: { name: 'score', about: 'The reward model scores every candidate.' },
  verify: { name: 'judge', about: 'Another model checks every candidate by a rubric.' },
  filter: { name: 'filter', about: 'Candidates that score above τ join the data set.' },
  sft: { name: 'SFT', about: 'The policy learns from the accepted samples.' },
  'evaluate-sft': { name: 'test SFT', ring: 'test', about: 'No training sees these questions.' },
  headroom: { name: 'headroom', about: 'What could GRPO gain? Several answers tell.' },
  grpo: { name: 'GRPO', about: 'The policy tries several answers; what beats its group is reinforced.' },
  'evaluate-grpo': { name: 'test GRPO', ring: 'test', about: 'No training sees these questions.' },
  evaluate: { name: 'test', about: 'No training sees these questions.' },
  preferences: { name: 'preferences', about: "The policy's own answers are compared: lessons for the reward model." },
  'generator-update': { name: 'new examples', about: 'The best samples become the examples in the next prompts.' },
  'generator-sft': {
    name: 'train generator',
    about: 'The generator learns to write samples like those that were accepted.',
  },
};

export const isBuiltIn = (stage: StageName): stage is BuiltInStage => Object.hasOwn(stageWords, stage);

/** A stage of a person's own goes by the name that they gave it. */
export const wordsOf = (stage: StageName): StageWords =>
  isBuiltIn(stage) ? stageWords[stage] : { name: stage.slice('own-'.length), about: 'A stage of your own.' };
