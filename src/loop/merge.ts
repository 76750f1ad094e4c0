/** Adapters and what they stand on as one folder that plain transformers opens, with a card of where it comes from. */
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { JobHooks } from '../bridge/jobs/running-job.js';
import type { ResultOf } from '../bridge/contract/contract.js';
import { onDisk, unmadeFolders } from '../disk.js';
import { DataError } from '../errors.js';
import type { Engine } from '../job-spec/script-engine.js';
import { modelCard } from './result/model-card.js';
import { confirmOutput } from './folder/check-outputs.js';
import { withBases } from './folder/relocation.js';

/** Which model, and where its merged copy goes. */
export interface MergeRequest {
  /** Folder of a policy or reward model. */
  model: string;
  /** The new folder; it appears when it is whole. */
  out: string;
  /** Of the merged weights; that of the base on disk where it is left out. */
  dtype?: 'auto' | 'float32' | 'bfloat16' | 'float16' | undefined;
}

/** The new folder, what it was made of, and the precision of its weights. */
export type Merged = Pick<ResultOf<'merge'>, 'base' | 'dtype'> & { path: string };

/**
 * Makes one folder of adapters and what they stand on, with its card: plain transformers opens it.
 * @throws DataError `folder-not-empty` where `out` is there already, JobError where the model cannot be read or written.
 * @example
 * await using engine = await openEngine();
 * await mergeModel(engine, { model: 'runs/mine/cycle-3/grpo/model', out: 'hub/policy' });
 */
export async function mergeModel(
  engine: Pick<Engine, 'merge'>,
  { model, out, dtype = 'auto' }: MergeRequest,
  hooks: Pick<JobHooks, 'signal' | 'onEvent'> = {},
): Promise<Merged> {
  const place = resolve(out);
  if (onDisk(place, () => existsSync(place)))
    throw new DataError('folder-not-empty', `${place} is there already.`, {
      where: place,
      remedy: 'Give a new folder with --out, or move that one away.',
    });
  for (const part of withBases(model)) await confirmOutput(part);
  const aside = `${place}.unfinished`;
  const unmake = unmadeFolders(dirname(place));
  try {
    await rm(aside, { recursive: true, force: true }); // of an attempt that was killed
    const done = await engine.merge({ model: { path: model, dtype }, outDir: aside }, hooks).result;
    const { base, checkpoint } = done;
    const kind = existsSync(join(checkpoint, 'reward_model.json')) ? 'reward-model' : 'policy';
    const card = modelCard(model, { kind, base, dtype: done.dtype });
    await onDisk(checkpoint, () => writeFile(join(checkpoint, 'README.md'), card));
    await onDisk(place, () => rename(checkpoint, place));
    return { path: place, base, dtype: done.dtype };
  } finally {
    await rm(aside, { recursive: true, force: true });
    unmake();
  }
}
