/** The MedGR² loop from its first stage to its last. */
import { resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import type { RunOptions } from './run-attempt.js';
import type { RunContext } from './run-context.js';
import { writeCards } from './result/model-card.js';
import { firstGenerator } from './generator/generator-state.js';
import { buildResult, runResultSchema, type RunProgress, type RunResult } from './result/run-result.js';
import { inRunFolder } from './in-run-folder.js';
import { runStage } from './parts/run-stage.js';
import { evaluate } from './stages/evaluate.js';
import { prepareData } from './stages/prepare-data.js';
import { firstState, runCycles } from './before-cycles.js';

/**
 * The MedGR² loop (Algorithm 1) for `config.cycles` turns.
 * @returns What result.json holds: accuracies and shares in [0, 1], times in seconds, paths relative to the run folder.
 * @throws InterruptedError when stopped by the signal; PausedError at the budget; RunError, JobError, ProviderError, … when
 * a stage
 * fails. The same call goes on in each case.
 * @example
 * const config = await loadConfig('mine.yaml');
 * const result = await runLoop(config, {
 *   runDir: 'runs/mine',
 *   onEvent: (event) => { if (event.type === 'stage-end') console.log(event.stage, event.seconds); },
 *   signal: AbortSignal.timeout(3_600_000),
 * });
 * console.log(result.baseAccuracy, result.cycles.at(-1)?.accuracy);
 */
export async function runLoop(config: Config, options: RunOptions): Promise<RunResult> {
  const progress: RunProgress = { base: null, cycles: [] };
  const result = await inRunFolder(config, options, {
    work: (run, report) => runStages(run, progress, report),
    result: (run, status, error) => runResultSchema.parse(buildResult(run, progress, status, error)),
  });
  writeCards(resolve(options.runDir), result);
  return result;
}

async function runStages(run: RunContext, progress: RunProgress, report: () => void): Promise<void> {
  const prepared = await runStage(run, prepareData(run));
  const model = run.config.policy.base;
  const from = [prepared.fingerprint, await run.models.of(model)];
  const base = evaluate(run, { cycle: 0, name: 'evaluate-base', model, from });
  progress.base = await runStage(run, base);
  const generator = await firstGenerator(run, prepared.fingerprint);
  const first = await firstState(run, prepared.fingerprint, generator, progress.base);
  report();
  await runCycles(run, first, (done) => {
    progress.cycles.push(done);
    report();
  });
}
