/** Rows that do not fill a batch: what TRL would find only after the model is loaded, or not at all. Pure. */
import { ConfigError } from '../../errors.js';
import { generationBatch } from '../../config/trl-options/option-conflicts.js';
import type { GrpoOptions, SftOptions } from '../../config/trl-options/option-shapes.js';

/**
 * Throws a ConfigError where SFT would train on nothing.
 * @param rows rows of the job's data.
 */
export function checkSftRows(trl: SftOptions, rows: number): void {
  if (rows < 1) throw noRows('SFT');
  const batch = trl.per_device_train_batch_size ?? 8;
  if (trl.dataloader_drop_last === true && rows < batch) {
    throw new ConfigError(
      'training-rows',
      `SFT has ${rows} rows, fewer than one batch of ${batch}, and dataloader_drop_last leaves incomplete batches out.`,
      { where: 'dataloader_drop_last', remedy: `Use a batch size of ${rows} or less, or keep incomplete batches.` },
    );
  }
}

/**
 * Throws a ConfigError where GRPO would train on nothing: TRL leaves out a generation batch that it cannot fill with
 * different prompts, and ends without an error and without a step when there is no other.
 * @param rows rows of the job's data.
 */
export function checkGrpoRows(trl: GrpoOptions, rows: number): void {
  if (rows < 1) throw noRows('GRPO');
  const { completions, prompts, numGenerations } = generationBatch(trl);
  if (rows < prompts) {
    throw new ConfigError(
      'training-rows',
      `GRPO has ${rows} prompts, and one generation batch takes ${prompts} different ones ` +
        `(${completions} completions in groups of ${numGenerations}).`,
      {
        where: 'num_generations',
        remedy: `Use a batch of ${rows * numGenerations} completions or fewer, larger groups, or more samples.`,
      },
    );
  }
}

function noRows(trainer: string): ConfigError {
  return new ConfigError('training-rows', `${trainer} has no rows to train on.`, {
    remedy: 'Give more data, or let the filter keep more of it.',
  });
}
