/** A recipe in its run folder: data opened and checked; result.json written as it comes. */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { dataPartsOf } from '../config/data-parts.js';
import type { Config } from '../config/schema.js';
import { attempt, type EndStatus, type RunOptions } from './run-attempt.js';
import type { RunContext } from './run-context.js';
import type { LoopData } from '../dataset/sources/data-source.js';
import { runWork } from './foresight/stage-work.js';
import { dataProgress, openRunData } from './inputs/run-data.js';
import { checkRunCall } from './inputs/run-call.js';
import { openImageChecks } from './inputs/image-checks.js';
import { loadRubric } from './judge/load-rubric.js';
import { requireKeys } from './generator/open-generator.js';
import { checkRunImages, tightJobs } from './inputs/image-token-check.js';
import { goldOf, withoutGoldInPool } from './guards/gold.js';
import { withOwnStages } from './parts/run-stage.js';
import { settleParts } from './parts/settle-parts.js';
import { unaskedParts } from './parts/unasked-parts.js';
import { stagesOf } from './comparison/recipe-stages.js';
import { planStages } from './stage-plan.js';
import { openJudgePricing, openPricing } from './generator/generator-pricing.js';
import { fromRun, readOrNull, runFiles, writeJson } from './folder/run-folder.js';

/** What a recipe does in its folder. */
export interface RunWork<Result extends object> {
  /** Names of the arms of a comparison, in order; none for the loop. */
  arms?: readonly string[] | undefined;
  /** @param report Writes result.json as it stands; called when something worth reading has come. */
  work(run: RunContext, report: () => void): Promise<void>;
  /** What result.json holds, whole or in part. */
  result(run: RunContext, status: 'running' | EndStatus, error: string | null): Result;
}

/**
 * Resolves with what result.json holds.
 * @throws InterruptedError when stopped by the signal; RunError, JobError, ProviderError, … when a stage fails. In both
 * cases the folder can be continued.
 */
export async function inRunFolder<Result extends object>(
  config: Config,
  options: RunOptions,
  { arms, work, result }: RunWork<Result>,
): Promise<Result> {
  checkRunCall(config, options);
  const runDir = resolve(options.runDir);
  let run: RunContext | null = null;
  // Asked for before anything starts.
  const late = (message: string): void => run?.emit({ type: 'warning', message });
  const parts = await settleParts(config, options.parts, process.env, { signal: options.signal, late });
  if (dataPartsOf(config.recipe).pool) requireKeys(config);
  await openPricing(config, parts.provider);
  if (config.verify.enabled) {
    await openJudgePricing(config);
    await loadRubric(config.verify.rubric);
  }
  let worked = false;
  const report = (status: 'running' | EndStatus, error: string | null): void => {
    if (run === null) return;
    // An attempt that was refused, or has only looked so far, leaves the result of the one before.
    if (status !== 'complete' && !worked && isComplete(runDir)) return;
    run.holds();
    writeJson(join(runDir, runFiles.result), result(run, status, error));
  };
  return attempt(config, runDir, options, {
    what: 'the run',
    parts,
    warnings: unaskedParts(parts, stagesOf(config), 'this recipe'),
    // Screens draw the loop's stages before they happen; a comparison is told line by line.
    shape: arms === undefined ? { plan: withOwnStages(planStages(config), parts.stages) } : { arms: [...arms] },
    work: async (opened) => {
      const tight = config.recipe.kind === 'loop' ? await tightJobs(config) : [];
      // Python takes seconds to start: let it, while the data is prepared. A failure shows when the first job needs it.
      if (tight.length === 0 && !isComplete(runDir)) void opened.engine().catch(() => {});
      const opening = await openRunData(config, opened);
      const gold = goldOf(config, opening, opened.ledger);
      const data = withoutGoldInPool(opening, gold);
      opened.emit({ type: 'notice', message: data.notice });
      if (arms === undefined) opened.emit({ type: 'work', stages: runWork(config, countsOf(data)) });
      const pathOf = (image: string): string => fromRun(runDir, image);
      const images = await openImageChecks(data, pathOf, dataProgress(opened));
      const files = (items: readonly { image: string }[]) => items.map(({ image }) => pathOf(image));
      await checkRunImages(tight, { seed: files(data.seed), test: files(data.test), pool: files(data.pool) });
      const emit: RunContext['emit'] = (event) => {
        if (event.type === 'stage-start') worked = true;
        opened.emit(event);
      };
      run = { ...opened, emit, data, gold, images };
      await work(run, () => report('running', null));
      return result(run, 'complete', null);
    },
    ended: report,
  });
}

/** What of each part there is, as plans reckon with it. */
export const countsOf = ({ seed, test, pool }: LoopData) => ({
  seed: seed.length,
  test: test.length,
  pool: pool.length,
});

/** A result that cannot be read is written anew, and says nothing of whether there is work to do. */
const isComplete = (runDir: string): boolean =>
  readOrNull(join(runDir, runFiles.result), z.object({ status: z.literal('complete') })) !== null;
