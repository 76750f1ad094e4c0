/** What tells the stages of a run apart. */
import type { StageName } from '../../loop/run-events.js';

/** Key of a stage within a run, or within an arm of a comparison, as `1/sft`. */
export type StageKey = `${number}/${StageName}`;
export const stageKey = (cycle: number, stage: StageName): StageKey => `${cycle}/${stage}`;
