/**
 * `medgr2`: the engine, the loop, configurations and errors. Importing it starts nothing: no Python, no server, no file.
 * Rewards, data, figures, reports and parts of the loop have entry points of their own: src/public.
 */
import './bridge/environment/refuse-old-node.js';

export { loadConfig, parseConfig } from './config/load.js';
export type { LoadOptions } from './config/load.js';
export { configSchema } from './config/schema.js';
export type { Config, ConfigInput } from './config/schema.js';
export {
  BridgeError,
  ConfigError,
  DataError,
  EnvironmentError,
  InterruptedError,
  JobError,
  Medgr2Error,
  PausedError,
  ProviderError,
  RewardError,
  RunError,
} from './errors.js';
export type { ErrorCode, ErrorDetails, FaultDetails, FaultSide, JobErrorDetails } from './errors.js';

export { openEngine } from './job-spec/script-engine.js';
export type { Engine } from './job-spec/script-engine.js';
export type * from './job-spec/script-spec.js';
export type { OptionsRow, PromptRow, RewardRow, ScoreRow, SftRow } from './job-spec/rows/job-rows.js';
export type {
  Engine as BridgeEngine,
  EngineOptions,
  JsonObject,
  SpecBody,
  SpecInput,
} from './bridge/jobs/engine-types.js';
export type { EngineStatus } from './bridge/process/supervisor-calls.js';
export type { CancelOptions, Job, JobEventOf, JobHandle, JobHooks } from './bridge/jobs/job-types.js';
export type { RewardAsk, RewardReply } from './bridge/contract/reward-messages.js';
export type { JobEvent, JobKind, JobResult, JobSpec, ResultOf } from './bridge/contract/contract.js';
export type { ExecutorInput } from './config/sections/executor.js';
export type { GrpoOptions, SftOptions } from './config/trl-options/option-shapes.js';

export { runLoop } from './loop/run.js';
export { runRecipe } from './loop/comparison/run-recipe.js';
export { runSeeds } from './loop/comparison/run-seeds.js';
export type { RunOptions } from './loop/run-attempt.js';
export type { LoopEngine } from './loop/run-context.js';
export type { BuiltInStage, OwnStageName, RunEvent, StageMetrics, StageName, TimedEvent } from './loop/run-events.js';
export type { CycleResult, RunResult } from './loop/result/run-result.js';
export type { ArmResult, ComparisonResult, Curve, TransferGrid } from './loop/comparison/comparison-result.js';
export type { PooledArm, PooledComparison } from './loop/comparison/pooled-comparison.js';
export { diagnose } from './loop/doctor/diagnose.js';
export type { Diagnosis, DoctorOptions } from './loop/doctor/diagnose.js';
export type { Check, CheckStatus } from './loop/doctor/check.js';
export type { Modality, Provenance, Query, QuestionType, Sample, Strategy } from './sample.js';
