/** The panels of the screen, and which of them tells about a stage. */
import { isBuiltIn, type BuiltInStage, type StageName } from '../../loop/stage-names.js';

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
