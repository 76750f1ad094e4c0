/** The names of the stages, in the order in which a run first reaches them. */
export const stageNames = [
  'prepare-data',
  'evaluate-base',
  'generator-warm-start',
  'grade',
  'warm-start',
  'reward-model',
  'reward-report',
  'generate',
  'score',
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
/** Name of a stage of the loop. */
export type StageName = (typeof stageNames)[number];
