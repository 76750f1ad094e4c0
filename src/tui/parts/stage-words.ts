/** What the screen calls the stages, and one sentence on each for a reader who sees the loop for the first time. */
import type { BuiltInStage, StageName } from '../../loop/run-events.js';

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

const isBuiltIn = (stage: StageName): stage is BuiltInStage => Object.hasOwn(stageWords, stage);

/** A stage of a person's own goes by the name that they gave it. */
export const wordsOf = (stage: StageName): StageWords =>
  isBuiltIn(stage) ? stageWords[stage] : { name: stage.slice('own-'.length), about: 'A stage of your own.' };

/** The panels that tab goes through. */
export const panelNames = ['generate', 'reward model', 'filter', 'SFT', 'GRPO', 'evaluation'] as const;
export type PanelName = (typeof panelNames)[number];

const panels: Record<BuiltInStage, PanelName> = {
  'prepare-data': 'reward model',
  'evaluate-base': 'evaluation',
  grade: 'reward model',
  'warm-start': 'reward model',
  'reward-model': 'reward model',
  'reward-report': 'reward model',
  verdicts: 'filter',
  'verdict-reward-model': 'reward model',
  'verdict-reward-report': 'reward model',
  generate: 'generate',
  score: 'filter',
  verify: 'filter',
  filter: 'filter',
  sft: 'SFT',
  'evaluate-sft': 'evaluation',
  headroom: 'GRPO',
  grpo: 'GRPO',
  'evaluate-grpo': 'evaluation',
  evaluate: 'evaluation',
  preferences: 'reward model',
  'generator-update': 'filter',
  'generator-warm-start': 'SFT',
  'generator-sft': 'SFT',
};

/** The panel that tells about a stage. */
export const panelOf = (stage: StageName): PanelName => (isBuiltIn(stage) ? panels[stage] : 'filter');

/** Every share on the screen: with all decimals, also one of 0 or 1. */
export const shareText = (share: number | null | undefined, digits = 3): string => share?.toFixed(digits) ?? '–';

/** `812`, `14.2k`, `3.1M`. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 999_950) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 10_000 ? `${(value / 1e3).toFixed(1)}k` : String(Math.round(value));
}
