/** The engine as scripts use it: jobs from samples, rewards as a list. It writes the rows; the bridge does the rest. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  openEngine as openBridge,
  type EngineOptions,
  type Engine as BridgeEngine,
  type SpecInput,
} from '../bridge/jobs/open-engine.js';
import type { RewardReply } from '../bridge/contract/reward-messages.js';
import type { JobKind } from '../bridge/contract/contract.js';
import type { Job, JobHandle, JobHooks } from '../bridge/jobs/running-job.js';
import { answerRewards, rewardSpec } from '../bridge/jobs/answer-rewards.js';
import { writeParquet, type Columns } from '../dataset/tables/table.js';
import { checkRewards } from '../reward/define-reward.js';
import { DataError } from '../errors.js';
import { sha256 } from '../hash.js';
import type { Sample } from '../sample.js';
import { checkGrpoRows, checkSftRows } from './checks/enough-rows.js';
import type { AnySpec, RowsJob } from './checks/image-token-budget.js';
import type { GrpoOptions } from '../config/trl-options/option-shapes.js';
import { promptRow, rowColumns, type PromptRow, type RowOptions } from './rows/job-rows.js';
import { writeTrusted } from './rows/trusted-rows.js';
import { checked } from './checks/job-call.js';
import { checkJobImages } from './checks/job-images.js';
import { checkInputs, type RowKind } from './checks/input-gate.js';
import { checkImageFiles, checkRowFile, type FileRow } from './rows/row-file.js';
import { completeRows, evaluateRows, rewardModelRows, scoreRows, sftRows } from './rows/script-rows.js';
import { withAnswers, withCompletions, withHistory, withScores, withShownCompletions } from './script-results.js';
import { toSamples } from './script-samples.js';
import type {
  CompleteResult,
  CompleteSpec,
  EvaluateResult,
  EvaluateSpec,
  GrpoResult,
  GrpoSpec,
  MergeSpec,
  JobOptions,
  ModelInput,
  RewardModelResult,
  RewardModelSpec,
  ScoreResult,
  ScoreSpec,
  SftResult,
  SftSpec,
} from './script-spec.js';

/**
 * An open Python that runs jobs, one process each. A method throws a ConfigError at once where the spec cannot work, and a
 * DataError that names the first sample or row that cannot be used. Everything later is told by the job's `result`, which
 * rejects with a JobError, or a DataError about a file of rows. A job that failed leaves the engine able.
 * @throws ConfigError `job-spec`, `no-rows`, `reward-name-repeated` or `reward-definition`; DataError `sample-invalid` or `sample-missing`.
 */
export interface Engine extends BridgeEngine {
  /** TRL's SFTTrainer on image, prompt -> completion. The result's `checkpoint` is a model folder, its `history` the losses. */
  sft(spec: SftSpec, options?: JobOptions): JobHandle<SftResult>;
  /** TRL's GRPOTrainer with rewards in TypeScript. The result also has completions that were shown, with their rewards. */
  grpo(spec: GrpoSpec, options?: JobOptions): JobHandle<GrpoResult>;
  /** A regression head on a VLM, trained on graded responses (MedGR² eq. 1). */
  trainRewardModel(spec: RewardModelSpec, options?: JobOptions): JobHandle<RewardModelResult>;
  /** A reward model's scores: the result's `scores`, one number for each row in their order. */
  score(spec: ScoreSpec, options?: JobOptions): JobHandle<ScoreResult>;
  /** A policy's completions: `for await (const { id, text } of result.completions)`, or all by `readCompletions(result.path)`. */
  complete(spec: CompleteSpec, options?: JobOptions): JobHandle<CompleteResult>;
  /** Adapters and what they stand on as one model folder, which plain transformers opens: the result's `checkpoint`. */
  merge(spec: MergeSpec, options?: JobOptions): Job<'merge'>;
  /** Greedy completions and the log-likelihood of each option, iterated as the result's `answers`, or all by `readAnswers(result.answers)`. */
  evaluate(spec: EvaluateSpec, options?: JobOptions): JobHandle<EvaluateResult>;
}

/**
 * Starts Python: MEDGR2_PYTHON, else the package's own environment, unless `options.python` says which. It ends with Node, however Node
 * ends, and with the worker thread that opened it.
 * @throws BridgeError `python-missing`, `python-version`, `python-package-missing`, `python-silent` or `python-died` where it does not start: the
 * remedy is a command; ConfigError `executor`.
 * @example
 * await using engine = await openEngine();
 * const data = await phantomSamples({ dir: 'phantoms', count: 64 });
 * const job = engine.sft({ model: 'phantom', data, outDir: 'out', trl: { max_steps: 60 } });
 * for await (const event of job.events) if (event.type === 'train-step') console.log(event.step, event.loss);
 * const { checkpoint } = await job.result;
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  return withJobs(await openBridge(options));
}

/** Adds the jobs to an engine of the bridge. */
export function withJobs(bridge: BridgeEngine): Engine {
  const start = <K extends RowsJob>(
    spec: SpecInput<K> & AnySpec,
    write: () => Promise<void>,
    options: JobOptions = {},
  ): Job<K> => {
    const prepare = async (): Promise<void> => {
      await write();
      await checkJobImages(spec);
    };
    return bridge.start<K>(spec, { ...options, prepare });
  };
  const jobs: Omit<Engine, keyof BridgeEngine> = {
    sft: ({ instruction = 'none', ...spec }, options) => {
      const { data, write } = table(
        'sft',
        spec,
        rowColumns.sft,
        (inputs) => sftRows(inputs, instruction),
        (rows) => checkSftRows(spec.trl ?? {}, rows),
      );
      return withHistory(start<'sft'>({ kind: 'sft', ...placed(spec), data }, write, options));
    },
    grpo: (spec, options) => startGrpo(bridge, spec, options),
    trainRewardModel: ({ instruction = 'none', ...spec }, options) => {
      const { data, write } = table('reward-model', spec, rowColumns.reward, (inputs) =>
        rewardModelRows(inputs, instruction),
      );
      return withHistory(start<'reward-model'>({ kind: 'reward-model', ...placed(spec), data }, write, options));
    },
    score: ({ instruction = 'none', ...spec }, options) => {
      const { data, write } = table('score', spec, rowColumns.score, (inputs) => scoreRows(inputs, instruction));
      return withScores(start<'score'>({ kind: 'score', ...placed(spec), data }, write, options));
    },
    complete: ({ instruction = 'none', ...spec }, options) => {
      const { data, write } = table('complete', spec, rowColumns.prompt, (inputs) => completeRows(inputs, instruction));
      return withCompletions(start<'complete'>({ kind: 'complete', ...placed(spec), data }, write, options));
    },
    merge: (spec, options) => {
      const { outDir } = spec;
      const prepare = async (): Promise<void> => void (await mkdir(outDir, { recursive: true }));
      return bridge.start<'merge'>({ kind: 'merge', ...placed(spec) }, { ...options, prepare });
    },
    evaluate: ({ instruction = 'none', ...spec }, options) => {
      const { data, write } = table('evaluate', spec, rowColumns.options, (inputs) =>
        evaluateRows(inputs, instruction),
      );
      return withAnswers(start<'evaluate'>({ kind: 'evaluate', ...placed(spec), data }, write, options));
    },
  };
  return Object.assign(bridge, {
    sft: checked('sft', jobs.sft),
    grpo: checked('grpo', jobs.grpo),
    trainRewardModel: checked('reward-model', jobs.trainRewardModel),
    score: checked('score', jobs.score),
    complete: checked('complete', jobs.complete),
    evaluate: checked('evaluate', jobs.evaluate),
    merge: checked('merge', jobs.merge),
  });
}

function startGrpo(bridge: BridgeEngine, spec: GrpoSpec, options: JobOptions = {}): JobHandle<GrpoResult> {
  const { instruction = 'none', rewards, rewardModel, samples: given, data: input, trusted: named, ...rest } = spec;
  const trusted = named === undefined ? null : new Set(named);
  const rowOptions: RowOptions = { instruction, imagePath: (image) => path.resolve(image) };
  let answer: NonNullable<JobHooks['rewards']> = async (): Promise<RewardReply> => ({ scores: {} });
  checkRewards(rewards);
  checkInputs('grpo', typeof input === 'string' ? (given ?? []) : input);
  const prepareRewards = async (): Promise<readonly PromptRow[] | null> => {
    if (typeof input === 'string') {
      answer = answerRewards(rewards, given ?? [], trusted);
      checkSampled(input, await checkRowFile('grpo', path.resolve(input)), given ?? [], rest.trl ?? {});
      return null;
    }
    const samples = await toSamples(input);
    answer = answerRewards(rewards, samples, trusted);
    return samples.map((sample) => promptRow(sample, rowOptions));
  };
  if (typeof input !== 'string') checkGrpoRows(rest.trl ?? {}, input.length);
  const data =
    typeof input === 'string'
      ? path.resolve(input)
      : rowsFile(rest.outDir, named === undefined ? [instruction, input] : [instruction, input, named]);
  const started = {
    kind: 'grpo' as const,
    ...placed(rest),
    data,
    rewards: rewardSpec(rewards),
    ...(rewardModel === undefined ? {} : { rewardModel: modelRef(rewardModel) }),
  };
  const prepare = async (): Promise<void> => {
    await mkdir(rest.outDir, { recursive: true });
    const rows = await prepareRewards();
    if (rows !== null) await writeTrusted(data, rows, trusted);
    await checkJobImages(started);
  };
  return withShownCompletions(
    bridge.start<'grpo'>(started, { ...options, prepare, rewards: (ask, signal) => answer(ask, signal) }),
  );
}

/** Rows of a file whose sample rewards could not be given are found before a model is loaded. */
function checkSampled(file: string, rows: readonly FileRow[], samples: readonly Sample[], trl: GrpoOptions): void {
  checkGrpoRows(trl, rows.length);
  checkImageFiles(rows);
  const known = new Set(samples.map(({ id }) => id));
  const stray = rows.find(({ id }) => !known.has(id));
  if (stray === undefined) return;
  throw new DataError('sample-missing', `${file} has the id ${stray.id}, which is none of the samples.`, {
    where: stray.id,
    remedy: 'Give `samples` one for each row: rewards are told the sample of each completion.',
  });
}

/** Named by what the rows are made of: a second job in the folder, which Python refuses, must not replace the first one's. */
const rowsFile = (outDir: string, content: unknown): string =>
  path.resolve(outDir, `rows-${sha256(JSON.stringify(content)).slice(0, 12)}.parquet`);

/** The file of a job's rows, and what writes it where it is not there yet, checks it where it is. */
function table<Input>(
  kind: RowKind,
  { data, outDir }: { data: readonly Input[] | string; outDir: string },
  columns: Columns,
  toRows: (inputs: readonly Input[]) => readonly FileRow[],
  checkCount: (rows: number) => void = () => {},
): { data: string; write: () => Promise<void> } {
  if (typeof data === 'string') {
    const file = path.resolve(data);
    const write = async (): Promise<void> => {
      const rows = await checkRowFile(kind, file);
      checkCount(rows.length);
      checkImageFiles(rows);
      await mkdir(outDir, { recursive: true });
    };
    return { data: file, write };
  }
  checkCount(data.length);
  const rows = toRows(data);
  const file = rowsFile(outDir, rows);
  const write = async (): Promise<void> => {
    checkImageFiles(rows);
    await writeParquet(file, rows, columns);
  };
  return { data: file, write };
}

/** The spec with its model, seed and folder as the bridge has them. */
function placed<Spec extends { model: ModelInput; outDir: string; seed?: number | undefined }>(spec: Spec) {
  return { ...spec, model: modelRef(spec.model), outDir: path.resolve(spec.outDir), seed: spec.seed ?? 0 };
}

function modelRef(model: ModelInput): Exclude<ModelInput, string> {
  return typeof model === 'string' ? { path: model } : model;
}

export type { EngineOptions, JobKind };
