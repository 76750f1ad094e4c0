/** Runs the whole loop in one folder: new, or continued where it stopped. Everything it does is a stage in the ledger. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openEngine, type Engine } from '../bridge/engine.js';
import { ensurePython } from '../bridge/environment.js';
import type { Config } from '../config/schema.js';
import { openData } from '../dataset/open.js';
import type { LoopData } from '../dataset/source.js';
import { InterruptedError, messageOf, PausedError } from '../errors.js';
import { sha256 } from '../hash.js';
import type { LoopEngine, RunContext } from './context.js';
import { runCycle, trainAndReport, type LoopState } from './cycle.js';
import { readEnvironment } from './environment.js';
import type { TimedEvent } from './events.js';
import { openEvents } from './event-file.js';
import { providerKey } from './generator.js';
import { openLedger } from './ledger.js';
import { openRunFolder } from './open-run.js';
import { planStages } from './plan.js';
import { listenForRequests } from './requests.js';
import { buildResult, runResultSchema, writeResult, type RunProgress, type RunResult } from './result.js';
import { readJson, runFiles, toRun, writeJson } from './run-folder.js';
import { openPricing } from './pricing.js';
import { runStage } from './stage.js';
import { evaluate } from './stages/evaluate.js';
import { seedExemplars } from './stages/generator-update.js';
import { grade, readGraded } from './stages/grade.js';
import { prepareData } from './stages/prepare-data.js';
import { warmStart } from './stages/train-policy.js';

export interface RunOptions {
  /** Folder of the run; made where it is missing, continued where it holds a run. */
  runDir: string;
  /** Called with every event, after it is in events.jsonl. */
  onEvent?: ((event: TimedEvent) => void) | undefined;
  /** Stops the run: the job at work saves its checkpoint first. The same call later continues. */
  signal?: AbortSignal | undefined;
  /** An engine of the caller's own, which stays open; by default one is opened when needed, and closed. */
  engine?: LoopEngine | undefined;
}

/**
 * The MedGR² loop (Algorithm 1) for `config.cycles` turns. Resolves with what result.json holds.
 * @throws InterruptedError when stopped by the signal; RunError, JobError, ProviderError, … when a stage fails. In both
 * cases the folder can be continued.
 */
export async function runLoop(config: Config, options: RunOptions): Promise<RunResult> {
  const runDir = resolve(options.runDir);
  // Asked for before anything starts.
  providerKey(config);
  await openPricing(config);
  const lock = openRunFolder(runDir, config);
  const started = performance.now();
  using requests = listenForRequests(runDir, options.signal);
  const { signal } = requests;
  const emit = openEvents(join(runDir, runFiles.events), options.onEvent);
  const engine = openWhenNeeded(runDir, options.engine, config.executor, signal);
  // Python takes seconds to start: let it, while the data is prepared. A failure shows when the first job needs it.
  if (!isComplete(runDir)) void engine.open().catch(() => {});
  const progress: RunProgress = { base: null, cycles: [] };
  let run: RunContext | null = null;
  const end = (status: 'complete' | 'interrupted' | 'failed', error: string | null): RunResult | null => {
    const seconds = Math.round(performance.now() - started) / 1000;
    const result = run === null ? null : buildResult(run, progress, status, error);
    if (result !== null) writeResult(runDir, result);
    emit({ type: 'run-end', status, seconds, error });
    return result;
  };
  try {
    const ledger = openLedger(join(runDir, runFiles.ledger));
    const data = withinRun(await openData(config, runDir), runDir);
    const now = (): string => new Date().toISOString();
    const beforeStage: RunContext['beforeStage'] = (next) => requests.beforeStage(next, emit);
    run = { config, runDir, engine: engine.open, data, ledger, signal, emit, now, beforeStage };
    const resumed = ledger.size > 0;
    const { seed, cycles } = config;
    const plan = planStages(config);
    emit({ type: 'run-start', runDir, seed, cycles, resumed, notice: data.notice, plan });
    await runStages(run, progress, (result) => writeResult(runDir, result));
    return end('complete', null) ?? buildResult(run, progress, 'complete');
  } catch (error) {
    if (signal.aborted) {
      end('interrupted', null);
      throw new InterruptedError('interrupted', 'the run was stopped', {
        cause: error,
        where: runDir,
        remedy: 'Give the same command again to continue it.',
      });
    }
    if (error instanceof PausedError) {
      end('interrupted', error.message);
      throw error;
    }
    end('failed', messageOf(error));
    throw error;
  } finally {
    await engine.close();
    lock.release();
  }
}

async function runStages(run: RunContext, progress: RunProgress, report: (result: RunResult) => void): Promise<void> {
  const { config } = run;
  const prepared = await runStage(run, prepareData(run));
  const from = [prepared.fingerprint];
  progress.base = await runStage(
    run,
    evaluate(run, { cycle: 0, name: 'evaluate-base', model: config.policy.base, from }),
  );
  const grading = await runStage(run, grade(run, from));
  const graded = { ...(await readGraded(grading)), fingerprint: grading.fingerprint };
  const backbone = await rewardBackbone(run, graded);
  const rewardModel = await trainAndReport(run, {
    cycle: 0,
    model: backbone.path,
    graded: graded.train,
    preferences: null,
    heldOut: graded.heldOut,
    from: [grading.fingerprint, ...backbone.from],
  });
  report(buildResult(run, progress, 'running'));
  const { includeSeed } = config.dataset;
  let state: LoopState = {
    rewardModel,
    graded,
    dataset: includeSeed ? run.data.seed : [],
    datasetFingerprint: sha256(`${prepared.fingerprint} ${includeSeed}`),
    exemplars: seedExemplars(run.data.seed, config.generation.seedExemplars, config.seed),
    exemplarsFingerprint: sha256(`${prepared.fingerprint} ${config.generation.seedExemplars}`),
    preferences: [],
    policy: { path: config.policy.base, fingerprint: sha256(config.policy.base) },
  };
  for (let cycle = 1; cycle <= config.cycles; cycle++) {
    const { done, next } = await runCycle(run, cycle, state);
    state = next;
    progress.cycles.push(done);
    report(buildResult(run, progress, 'running'));
  }
}

/** What the first R_φ is made from: its base, or the base after SFT on the trusted samples that its report will not use. */
export async function rewardBackbone(
  run: RunContext,
  graded: LoopState['graded'],
): Promise<{ path: string; from: readonly string[] }> {
  const { config, data } = run;
  const base = config.rewardModel.base ?? config.policy.base;
  if (config.rewardModel.warmStartSteps === 0) return { path: base, from: [] };
  const heldOut = new Set(graded.heldOut.map((row) => row.imageHash));
  const samples = data.seed.filter((sample) => !heldOut.has(sample.imageHash));
  const started = await runStage(run, warmStart(run, { cycle: 0, model: base, samples, from: [graded.fingerprint] }));
  return { path: join(started.dir, started.output.checkpoint), from: [started.fingerprint] };
}

/** Opens the engine once; environment.json tells what it was last opened on. */
export function openWhenNeeded(
  runDir: string,
  given: LoopEngine | undefined,
  executor: Config['executor'],
  signal: AbortSignal,
) {
  let opening: Promise<Engine> | null = null;
  const openOwn = async (): Promise<Engine> => {
    const python = await ensurePython({ signal });
    const engine = await openEngine({ python, executor, logDir: join(runDir, runFiles.logs) });
    writeJson(join(runDir, runFiles.environment), await readEnvironment(python));
    return engine;
  };
  return {
    open: async (): Promise<LoopEngine> => given ?? (await (opening ??= openOwn())),
    close: async (): Promise<void> => {
      const engine = await opening?.catch(() => null);
      await engine?.close();
    },
  };
}

function isComplete(runDir: string): boolean {
  const file = join(runDir, runFiles.result);
  return existsSync(file) && runResultSchema.safeParse(readJson(file)).data?.status === 'complete';
}

/** Images within the run folder are named relative to it, so that the folder can be moved. */
export function withinRun(data: LoopData, runDir: string): LoopData {
  const relative = <T extends { image: string }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, image: toRun(runDir, item.image) }));
  return { ...data, seed: relative(data.seed), test: relative(data.test), pool: relative(data.pool) };
}
