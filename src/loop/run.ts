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
 * The MedGR² loop (Algorithm 1) for `config.cycles` turns. Resolves with what result.json holds.
 * @throws InterruptedError when stopped by the signal; RunError, JobError, ProviderError, … when a stage fails. In both
 * cases the folder can be continued.
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
