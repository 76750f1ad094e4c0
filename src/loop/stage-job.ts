/** Runs one bridge job on behalf of a stage: its events become run events, its log goes to the run folder. */
import { join } from 'node:path';
import type { JobEvent, ResultOf } from '../bridge/contract/contract.js';
import type { SpecInput } from '../bridge/jobs/open-engine.js';
import type { JobHooks as BridgeHooks } from '../bridge/jobs/running-job.js';
import { sha256 } from '../hash.js';
import { checkJobImages } from '../job-spec/checks/job-images.js';
import type { AnySpec, RowsJob } from '../job-spec/checks/image-token-budget.js';
import type { RowOptions } from '../job-spec/rows/job-rows.js';
import { settingNames } from './inputs/image-token-check.js';
import { stageKey } from './folder/ledger.js';
import { fromRun, runFiles, toRun } from './folder/run-folder.js';
import type { Sample } from '../sample.js';
import type { RunContext } from './run-context.js';
import type { NewestSample } from './run-events.js';
import { confirmUsed } from './folder/check-outputs.js';
import { withBases } from './folder/relocation.js';
import { placeOf, type StageContext } from './stage.js';

export interface JobHooks {
  rewards?: BridgeHooks['rewards'];
  /** Called with every event, after it was told. */
  onEvent?: (event: JobEvent) => void;
}

/** Rejects with a JobError, also when the run is stopped: the trainer has saved its checkpoint by then. */
export async function runJob<K extends RowsJob>(
  context: StageContext,
  spec: SpecInput<K> & AnySpec,
  hooks: JobHooks = {},
): Promise<ResultOf<K>> {
  const { cycle, stage, signal } = context;
  const name = stageKey(cycle, stage, context.arm).replaceAll('/', '-');
  for (const model of modelsOf(spec)) {
    context.models.confirm(model);
    await confirmUsed(model, context);
  }
  // A generator's images are looked at as each is asked about, and a judge's.
  const images = stage === 'generate' || stage === 'verify' ? null : context.images;
  await images?.confirm();
  await checkJobImages(spec, settingNames(stage)); // before the model is loaded, and in words of the configuration
  const engine = await context.engine();
  const job = engine.start<K>(spec, {
    ...hooks,
    signal,
    logPath: join(context.runDir, runFiles.logs, `${name}.log`),
    onEvent: (event) => {
      context.emit({ type: 'job', ...placeOf(context, cycle, stage), job: name, event });
      if (event.type === 'memory') context.used(event.peak);
      hooks.onEvent?.(event);
    },
  });
  const result = await job.result;
  for (const model of modelsOf(spec)) context.models.confirm(model); // the job may have fetched another
  await images?.confirm();
  return result;
}

/** Folders that a job loads models from. */
function modelsOf(spec: AnySpec): string[] {
  const rewardModel = 'rewardModel' in spec ? spec.rewardModel : undefined;
  return [spec.model.path, ...(rewardModel === undefined ? [] : [rewardModel.path])].flatMap(withBases);
}

/** A seed of its own for each stage, from the run's one seed; fits every generator that torch and numpy use. */
export function stageSeed(run: RunContext, cycle: number, stage: string): number {
  return Number.parseInt(sha256(`${run.config.seed} ${cycle} ${stage}`).slice(0, 7), 16);
}

/** How samples of this run become rows. */
export function rowOptions({ config, runDir }: RunContext): RowOptions {
  return { instruction: config.policy.instruction, imagePath: (image) => fromRun(runDir, image) };
}

/** A sample as screens show it. */
export function shownSample({ image, modality, questionType, question, answer }: Sample, runDir: string): NewestSample {
  return { image: toRun(runDir, image), modality, questionType, question, answer };
}
