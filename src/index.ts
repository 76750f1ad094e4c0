/** The public SDK. Importing it starts nothing: no Python, no server, no file. */
export { loadConfig, parseConfig } from './config/load.js';
export type { LoadOptions } from './config/load.js';
export { configSchema } from './config/schema.js';
export type { Config, ConfigInput } from './config/schema.js';
export * from './errors.js';
export { sampleSchema } from './sample.js';
export type { Modality, Provenance, QuestionType, Sample, Strategy } from './sample.js';
export type { ExecutorInput } from './config/sections/executor.js';
export { openEngine } from './job-spec/script-engine.js';
export type { Engine } from './job-spec/script-engine.js';
export { phantomSamples, toSamples } from './job-spec/script-samples.js';
export type { PhantomSamplesOptions, SampleInput } from './job-spec/script-samples.js';
export type * from './job-spec/script-spec.js';
export { readAnswers, readCompletions, readScores } from './dataset/tables/job-outputs.js';
export type { Completion } from './dataset/tables/job-outputs.js';
export { readSamples, writeSamples } from './dataset/tables/sample-table.js';
export type { EngineOptions, SpecInput } from './bridge/jobs/open-engine.js';
export type { CancelOptions, Job, JobHandle, JobHooks } from './bridge/jobs/running-job.js';
export type { RewardAsk, RewardReply } from './bridge/contract/reward-messages.js';
export type { JobEvent, JobKind, JobResult, JobSpec, ResultOf } from './bridge/contract/contract.js';
export { answerRewards, rewardSpec } from './bridge/jobs/answer-rewards.js';
export type { GrpoOptions, SftOptions } from './config/trl-options/option-shapes.js';
export { checkGrpoRows, checkSftRows } from './job-spec/checks/enough-rows.js';
export { ensurePython } from './bridge/environment/make-environment.js';
export { writeParquet } from './dataset/tables/table.js';
export { rowColumns } from './job-spec/rows/job-rows.js';
export type { PromptRow, RewardRow, ScoreRow, SftRow } from './job-spec/rows/job-rows.js';
export * from './reward/index.js';
export { runLoop } from './loop/run.js';
export type {
  EventSink,
  FilterContext,
  LoopParts,
  OwnProvider,
  OwnStage,
  OwnStageContext,
  RewardFunction,
  SampleFilter,
  StageReport,
} from './loop/parts/parts.js';
export type { Part } from './part.js';
export { promptStrategies } from './prompts/index.js';
export type { GeneratorPrompt, PromptStrategy, StrategyPrompt, StrategyRequest } from './prompts/index.js';
export { fourGrades, gradeSamples, loadWordNet } from './grading/index.js';
export type {
  FourGrades,
  FourGradesOptions,
  GradedRow,
  GradedSet,
  GradedText,
  GradeOptions,
  Grader,
  GradingContext,
  PartOfSpeech,
  Sense,
  Thesaurus,
} from './grading/index.js';
export type { Evaluator, GivenAnswer, Judgement } from './evaluation/evaluator.js';
export type {
  Capabilities,
  FinishReason,
  Provider,
  ProviderReply,
  ProviderRequest,
  Usage,
} from './providers/provider.js';
export { ProviderCallError } from './providers/call-error.js';
export type { CallErrorDetails, CallFailure } from './providers/call-error.js';
export { runRecipe } from './loop/comparison/run-recipe.js';
export { runSeeds } from './loop/comparison/run-seeds.js';
export type { RunOptions } from './loop/run-attempt.js';
export { runEventSchema, stageNames } from './loop/run-events.js';
export type { BuiltInStage, OwnStageName, RunEvent, StageMetrics, StageName, TimedEvent } from './loop/run-events.js';
export { runResultSchema } from './loop/result/run-result.js';
export type { CycleResult, RunResult } from './loop/result/run-result.js';
export { diagnose } from './loop/doctor/diagnose.js';
export type { Diagnosis, DoctorOptions } from './loop/doctor/diagnose.js';
export type { Check, CheckStatus } from './loop/doctor/check.js';
export { comparisonResultSchema } from './loop/comparison/comparison-result.js';
export type { ArmResult, ComparisonResult, Curve, TransferGrid } from './loop/comparison/comparison-result.js';
export { poolComparisons, pooledComparisonSchema } from './loop/comparison/pooled-comparison.js';
export type { PooledArm, PooledComparison } from './loop/comparison/pooled-comparison.js';
export { spreadOf } from './evaluation/seed-spread.js';
export type { Spread } from './evaluation/seed-spread.js';
export { answerReport } from './evaluation/answer-report.js';
export type { AnswerReport, AnswerRow, GroupFigures } from './evaluation/answer-report.js';
export { bestOfK, majority, passAtK } from './evaluation/sampled/sampled-figures.js';
export type { SampledAnswer } from './evaluation/sampled/sampled-figures.js';
export { sampledReport } from './evaluation/sampled/sampled-report.js';
export type { SampledQuestion, SampledReport } from './evaluation/sampled/sampled-report.js';
export { headroomOf, headroomWords } from './evaluation/sampled/headroom-verdict.js';
export type { Headroom } from './evaluation/sampled/headroom-verdict.js';
export { auroc, oneVsRestAuroc } from './evaluation/auroc.js';
export { bootstrapIntervals } from './evaluation/bootstrap.js';
export type { Interval } from './evaluation/bootstrap.js';
export { classFigures, encodeLabels } from './evaluation/class-metrics.js';
export type { ClassFigures } from './evaluation/class-metrics.js';
export { mcnemar } from './evaluation/mcnemar.js';
export type { McNemar } from './evaluation/mcnemar.js';
export { accuracyReport, rewardModelReport } from './evaluation/answer-metrics.js';
export { transitions, transitionsSchema } from './evaluation/transitions.js';
export type { Flows, Outcome, Transitions } from './evaluation/transitions.js';
export { writeReport } from './report/write-report.js';
export type { ReportOptions, ReportWritten } from './report/write-report.js';
export { readDataset } from './dataset/folders/dataset-folder.js';
export type { Dataset, DatasetImage, DatasetInfo, Rejection } from './dataset/folders/dataset-folder.js';
export { importQuestions } from './dataset/import/import-questions.js';
export { importLabels } from './dataset/import/import-labels.js';
export type { LabelImportOptions } from './dataset/import/import-labels.js';
export { importImages } from './dataset/import/import-images.js';
export { importClinical } from './dataset/import/import-clinical.js';
export type { ImportOptions, ImportReport } from './dataset/import/import-report.js';
export { splitDataset } from './dataset/folders/split.js';
export { decontaminate } from './dataset/folders/decontaminate.js';
export { writePart } from './dataset/folders/derived-folder.js';
export { exportDataset } from './dataset/export/export-dataset.js';
export { mergeModel } from './loop/merge.js';
export type { Merged, MergeRequest } from './loop/merge.js';
export { modelCard } from './loop/result/model-card.js';
export type { CardFacts } from './loop/result/model-card.js';
export { exportSource } from './loop/result/export-run.js';
export { generateAlone, grpoAlone, scoreAlone, sftAlone, trainRewardAlone } from './loop/single-stage/single-stages.js';
export { readSampleFile, writeSampleFile } from './dataset/tables/sample-files.js';
