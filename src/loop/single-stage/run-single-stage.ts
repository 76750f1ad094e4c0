/**
 * Stages of the loop on files of a person's own, outside of a loop: the same stages, ledger, events and resuming, in a run
 * folder that holds nothing else.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/schema.js';
import type { LoopData } from '../../dataset/sources/data-source.js';
import { RunError } from '../../errors.js';
import { attempt, type OpenedRun, type RunOptions } from '../run-attempt.js';
import { settleParts } from '../parts/settle-parts.js';
import { unaskedParts } from '../parts/unasked-parts.js';
import type { StageName } from '../stage-names.js';
import type { RunContext } from '../run-context.js';
import { dataProgress, type DataContext } from '../inputs/run-data.js';
import { checkRunCall } from '../inputs/run-call.js';
import { openImageChecks } from '../inputs/image-checks.js';
import { fromRun, readOrNull, runFiles, writeJson } from '../folder/run-folder.js';

/** Which stages the folder is for, so that it is never taken for a loop's, or for those of another command. */
const markerFile = 'stage-alone.json';

export interface AloneRun<Result> {
  /** Name of the command, as the folder remembers it. */
  name: string;
  /** What the stages may read as seed, test and pool; most need none. */
  data?: ((context: DataContext) => Promise<Partial<LoopData>>) | undefined;
  stages(run: RunContext): Promise<Result>;
  /** Names of those stages: a configuration may have parts for the whole loop. */
  runs: readonly StageName[];
}

/** @throws as runLoop does; the same call on the same folder goes on where it stopped. */
export async function runAlone<Result>(config: Config, options: RunOptions, alone: AloneRun<Result>): Promise<Result> {
  checkRunCall(config, options);
  const runDir = resolve(options.runDir);
  let emit: OpenedRun['emit'] | null = null;
  const late = (message: string): void => emit?.({ type: 'warning', message });
  const parts = await settleParts(config, options.parts, process.env, { signal: options.signal, late });
  claim(runDir, alone.name);
  return attempt({ ...config, cycles: 1 }, runDir, options, {
    what: alone.name,
    parts,
    warnings: unaskedParts(parts, new Set(alone.runs), `\`${alone.name}\` alone`),
    work: async (opened) => {
      ({ emit } = opened);
      writeJson(join(runDir, markerFile), { command: alone.name });
      const data: LoopData = { ...noData, ...(await alone.data?.(opened)) };
      opened.emit({ type: 'notice', message: data.notice });
      const images = await openImageChecks(data, (image) => fromRun(runDir, image), dataProgress(opened));
      return alone.stages({ ...opened, config, data, gold: null, images });
    },
  });
}

const noData: LoopData = {
  seed: [],
  test: [],
  pool: [],
  truth: () => null,
  book: null,
  notice: 'Stages on files of your own; for research, not for care.',
};

function claim(runDir: string, name: string): void {
  const marker = join(runDir, markerFile);
  let damaged = false;
  const other = readOrNull(marker, z.looseObject({ command: z.string() }), () => (damaged = true))?.command;
  // It is written anew; stages of another command have other names.
  if (damaged) return;
  if (other === name || (other === undefined && !existsSync(join(runDir, runFiles.ledger)))) return;
  throw new RunError(
    'other-run',
    `${runDir} holds ${other === undefined ? 'a run of the loop' : `a run of ${other}`}`,
    {
      where: runDir,
      remedy: 'Give a folder of its own with --run-dir.',
    },
  );
}
