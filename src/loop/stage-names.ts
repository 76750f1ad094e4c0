/** The names of the stages, in the order in which a run first reaches them, and of those that a person adds. */
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
