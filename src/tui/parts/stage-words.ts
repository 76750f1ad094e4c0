/** What the screen calls the stages, and one sentence on each for a reader who sees the loop for the first time. */
import type { StageName } from '../../loop/run-events.js';

export interface StageWords {
  /** Short enough for the ring at 80 columns. */
  short: string;
  title: string;
  about: string;
}

export const stageWords: Record<StageName, StageWords> = {
  'prepare-data': { short: 'data', title: 'Data', about: 'Samples, test questions, images are read.' },
  'evaluate-base': {
    short: 'test base',
    title: 'Test of the base',
    about: 'The policy before any training.',
  },
  'generator-warm-start': {
    short: 'teach gen.',
    title: 'Warm start of the generator',
    about: 'The generator learns from the trusted samples to write what it is asked for.',
  },
  grade: { short: 'grade', title: 'Grading', about: 'Trusted answers are spoilt in steps: four grades to learn from.' },
  'warm-start': {
    short: 'warm up',
    title: 'Warm start of the reward model',
    about: 'Its backbone learns the trusted samples before it learns to grade.',
  },
  'reward-model': {
    short: 'reward model',
    title: 'Reward model',
    about: 'It learns which grade an answer deserves.',
  },
  'reward-report': {
    short: 'set τ',
    title: 'Test of the reward model',
    about: 'Texts it never saw tell what it is worth, and set the threshold τ.',
  },
  generate: {
    short: 'generate',
    title: 'Generation',
    about: 'The generator writes questions and answers about the images.',
  },
  score: { short: 'score', title: 'Scoring', about: 'The reward model scores every candidate.' },
  filter: { short: 'filter', title: 'Filter', about: 'Candidates that score above τ join the data set.' },
  sft: { short: 'SFT', title: 'SFT', about: 'The policy learns from the accepted samples.' },
  'evaluate-sft': {
    short: 'test',
    title: 'Test after SFT',
    about: 'No training sees these questions.',
  },
  headroom: {
    short: 'headroom',
    title: 'Headroom',
    about: 'Several answers to held-out questions tell what GRPO could gain.',
  },
  grpo: {
    short: 'GRPO',
    title: 'GRPO',
    about: 'The policy tries several answers; what beats its group is reinforced.',
  },
  'evaluate-grpo': {
    short: 'test',
    title: 'Test after GRPO',
    about: 'No training sees these questions.',
  },
  evaluate: {
    short: 'test',
    title: 'Test of an arm',
    about: 'No training sees these questions.',
  },
  preferences: {
    short: 'preferences',
    title: 'Preferences',
    about: "The policy's own answers are compared: lessons for the reward model.",
  },
  'generator-update': {
    short: 'new examples',
    title: 'Generator update',
    about: 'The best samples become the examples in the next prompts.',
  },
  'generator-sft': {
    short: 'train gen.',
    title: 'Training of the generator',
    about: 'The generator learns to write samples like those that were accepted.',
  },
};

/** The panels that tab goes through. */
export const panelNames = ['generate', 'reward model', 'filter', 'SFT', 'GRPO', 'evaluation'] as const;
export type PanelName = (typeof panelNames)[number];

/** The panel that tells about a stage. */
export const panelOf: Record<StageName, PanelName> = {
  'prepare-data': 'reward model',
  'evaluate-base': 'evaluation',
  grade: 'reward model',
  'warm-start': 'reward model',
  'reward-model': 'reward model',
  'reward-report': 'reward model',
  generate: 'generate',
  score: 'filter',
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

export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '–' : `${(share * 100).toFixed(0)} %`;

/** With all decimals, also a share of 0 or 1. */
export const shareText = (share: number | null | undefined, digits = 3): string => share?.toFixed(digits) ?? '–';

/** `812`, `14.2k`, `3.1M`. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 999_950) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 10_000 ? `${(value / 1e3).toFixed(1)}k` : String(Math.round(value));
}
