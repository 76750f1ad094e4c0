/** The engine as scripts use it: jobs from samples, rewards as a list. It writes the rows; the bridge does the rest. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { openEngine as openBridge, type EngineOptions, type Engine as BridgeEngine } from '../bridge/engine.js';
import type { JobKind, RewardReply } from '../bridge/contract.js';
import type { Job, JobHooks } from '../bridge/job.js';
import { answerRewards, rewardSpec } from '../bridge/rewards.js';
import { writeParquet, type Columns } from '../dataset/table.js';
import { checkGrpoRows, checkSftRows } from '../training/checks.js';
import { promptRow, rowColumns, type PromptRow, type RowOptions } from '../training/rows.js';
import { checkImageBudget, type BudgetOptions } from './image-budget.js';
import { completeRows, evaluateRows, rewardModelRows, scoreRows, sftRows } from './rows.js';
import { toSamples } from './samples.js';
import type {
  CompleteSpec,
  EvaluateSpec,
  GrpoSpec,
  JobOptions,
  ModelInput,
  RewardModelSpec,
  ScoreSpec,
  SftSpec,
} from './specs.js';

/**
 * An open Python that runs jobs, one process each. A method throws a ConfigError at once where the spec cannot work;
 * everything later is told by the job's `result`, which rejects with a JobError. A job that failed leaves the engine able.
 */
export interface Engine extends BridgeEngine {
  /** TRL's SFTTrainer on image, prompt -> completion. The result's `checkpoint` is a model folder. */
  sft(spec: SftSpec, options?: JobOptions): Job<'sft'>;
  /** TRL's GRPOTrainer with rewards in TypeScript. */
  grpo(spec: GrpoSpec, options?: JobOptions): Job<'grpo'>;
  /** A regression head on a VLM, trained on graded responses (MedGR² eq. 1). */
  trainRewardModel(spec: RewardModelSpec, options?: JobOptions): Job<'reward-model'>;
  /** A reward model's scores; read them with `readScores(result.scores)`. */
  score(spec: ScoreSpec, options?: JobOptions): Job<'score'>;
  /** A policy's completions; read them with `readCompletions(result.completions)`. */
  complete(spec: CompleteSpec, options?: JobOptions): Job<'complete'>;
  /** Greedy completions and the log-likelihood of each option; read them with `readAnswers(result.answers)`. */
  evaluate(spec: EvaluateSpec, options?: JobOptions): Job<'evaluate'>;
}

/**
 * Starts Python: MEDGR2_PYTHON, else the package's own environment, unless `options.python` says which.
 * @throws BridgeError where it is missing, too old, lacks a package or does not start; the remedy is a command.
 * @example
 * await using engine = await openEngine();
 * const job = engine.sft({ model: 'phantom', data: samples, outDir: 'out', trl: { max_steps: 60 } });
 * for await (const event of job.events) if (event.type === 'train-step') console.log(event.step, event.loss);
 * const { checkpoint } = await job.result;
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  return withJobs(await openBridge(options));
}

/** Adds the jobs to an engine of the bridge. */
export function withJobs(bridge: BridgeEngine): Engine {
  const jobs: Omit<Engine, keyof BridgeEngine> = {
    sft: ({ instruction = 'none', ...spec }, options) => {
      if (typeof spec.data !== 'string') checkSftRows(spec.trl ?? {}, spec.data.length);
      const length = spec.trl?.max_length ?? null;
      const cut = length === null ? {} : { cut: { length, option: 'trl.max_length' } };
      const { data, prepare } = table(spec, rowColumns.sft, { completion: 1, ...cut }, (inputs) =>
        sftRows(inputs, instruction),
      );
      return bridge.start<'sft'>({ kind: 'sft', ...placed(spec), data }, { ...options, prepare });
    },
    grpo: (spec, options) => startGrpo(bridge, spec, options),
    trainRewardModel: ({ instruction = 'none', ...spec }, options) => {
      const { data, prepare } = table(spec, rowColumns.reward, { completion: 1 }, (inputs) =>
        rewardModelRows(inputs, instruction),
      );
      return bridge.start<'reward-model'>({ kind: 'reward-model', ...placed(spec), data }, { ...options, prepare });
    },
    score: ({ instruction = 'none', ...spec }, options) => {
      const { data, prepare } = table(spec, rowColumns.score, { completion: 1 }, (inputs) =>
        scoreRows(inputs, instruction),
      );
      return bridge.start<'score'>({ kind: 'score', ...placed(spec), data }, { ...options, prepare });
    },
    complete: ({ instruction = 'none', ...spec }, options) => {
      const { data, prepare } = table(spec, rowColumns.prompt, { completion: spec.maxNewTokens }, (inputs) =>
        completeRows(inputs, instruction),
      );
      return bridge.start<'complete'>({ kind: 'complete', ...placed(spec), data }, { ...options, prepare });
    },
    evaluate: ({ instruction = 'none', ...spec }, options) => {
      const { data, prepare } = table(spec, rowColumns.options, { completion: spec.maxNewTokens }, (inputs) =>
        evaluateRows(inputs, instruction),
      );
      return bridge.start<'evaluate'>({ kind: 'evaluate', ...placed(spec), data }, { ...options, prepare });
    },
  };
  return Object.assign(bridge, jobs);
}

function startGrpo(bridge: BridgeEngine, spec: GrpoSpec, options: JobOptions = {}): Job<'grpo'> {
  const { instruction = 'none', rewards, rewardModel, samples: given, data: input, ...rest } = spec;
  const rowOptions: RowOptions = { instruction, imagePath: (image) => path.resolve(image) };
  let answer: NonNullable<JobHooks['rewards']> = async (): Promise<RewardReply> => ({ scores: {} });
  const prepareRewards = async (): Promise<readonly PromptRow[] | null> => {
    const samples = typeof input === 'string' ? given : await toSamples(input);
    answer = answerRewards(rewards, samples ?? []);
    return typeof input === 'string' ? null : (samples ?? []).map((sample) => promptRow(sample, rowOptions));
  };
  if (typeof input !== 'string') checkGrpoRows(rest.trl ?? {}, input.length);
  const data = typeof input === 'string' ? path.resolve(input) : rowsFile(rest.outDir);
  const prepare = async (): Promise<void> => {
    await mkdir(rest.outDir, { recursive: true });
    const rows = await prepareRewards();
    if (rows === null) return;
    const images = rows.map((row) => row.image);
    const completion = rest.trl?.max_completion_length ?? defaultCompletionLength;
    await checkImageBudget(images, { model: rest.model, completion });
    await writeParquet(data, rows, rowColumns.prompt);
  };
  return bridge.start<'grpo'>(
    {
      kind: 'grpo',
      ...placed(rest),
      data,
      rewards: rewardSpec(rewards),
      ...(rewardModel === undefined ? {} : { rewardModel: modelRef(rewardModel) }),
    },
    { ...options, prepare, rewards: (ask, signal) => answer(ask, signal) },
  );
}

/** TRL's own, of GRPOConfig. */
const defaultCompletionLength = 256;

const rowsFile = (outDir: string): string => path.resolve(outDir, 'rows.parquet');

/** The file of a job's rows, and what writes it after a look at the images. */
function table<Input>(
  { data, outDir, model }: { data: readonly Input[] | string; outDir: string; model: ModelInput },
  columns: Columns,
  budget: Omit<BudgetOptions, 'model'>,
  toRows: (inputs: readonly Input[]) => readonly { image: string }[],
): { data: string; prepare: () => Promise<void> } {
  if (typeof data === 'string') {
    const prepare = async (): Promise<void> => void (await mkdir(outDir, { recursive: true }));
    return { data: path.resolve(data), prepare };
  }
  const rows = toRows(data);
  const file = rowsFile(outDir);
  const prepare = async (): Promise<void> => {
    await checkImageBudget(
      rows.map((row) => row.image),
      { model, ...budget },
    );
    await writeParquet(file, rows, columns);
  };
  return { data: file, prepare };
}

/** The spec with its model, seed and folder as the bridge has them. */
function placed<Spec extends { model: ModelInput; outDir: string; seed?: number | undefined }>(spec: Spec) {
  return { ...spec, model: modelRef(spec.model), outDir: path.resolve(spec.outDir), seed: spec.seed ?? 0 };
}

function modelRef(model: ModelInput): Exclude<ModelInput, string> {
  return typeof model === 'string' ? { path: model } : model;
}

export type { EngineOptions, JobKind };
