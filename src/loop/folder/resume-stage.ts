/**
 * Resume: is a finished stage reused or made again? Which inputs (settings, models, data) it was made from decides.
 * Finds what an earlier attempt, or another arm, has finished of a stage, and says whether it can be used: made from the
 * same inputs, and not damaged since. What was made from other inputs is not done again unasked.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { onDisk } from '../../disk.js';
import { RunError } from '../../errors.js';
import type { RunContext } from '../run-context.js';
import type { StageName } from '../run-events.js';
import { fingerprintOf } from './output-hashes.js';
import { stageKey, type LedgerEntry } from './ledger.js';
import { differences } from './settings-differences.js';
import { readRecord, stageFiles } from './check-outputs.js';
import { writeJson } from './run-folder.js';

/** What is to be known of a stage to find it. */
export interface Sought<Output> {
  cycle: number;
  name: StageName;
  /** Everything that decides the outcome, as JSON: settings, and fingerprints of the stages and models it reads. */
  inputs: unknown;
  output: z.ZodType<Output>;
  /** Names what changed since the stage was finished in this folder, where that is more than settings; null where it cannot. */
  changed?: (dir: string) => Promise<string | null>;
}

export interface Finished<Output> {
  entry: LedgerEntry;
  output: Output;
  /** Absolute. */
  dir: string;
}

/** @throws RunError `inputs-changed` where the stage was finished from other inputs and nobody said to do it again. */
export async function findFinished<Output>(
  run: RunContext,
  stage: Sought<Output>,
  inputHash: string,
): Promise<Finished<Output> | null> {
  const key = stageKey(stage.cycle, stage.name, run.arm);
  const dir = join(run.runDir, key);
  const there = onDisk(dir, () => existsSync(dir));
  const listed = there ? run.ledger.find(stage.cycle, stage.name, run.arm) : undefined;
  const recorded = there ? readRecord(dir) : null;
  // The folder's own record is newer where a kill came between the two; either may be damaged.
  const known = [listed, recorded].filter((entry) => entry !== undefined && entry !== null);
  const fitting = known.filter((entry) => entry.inputHash === inputHash);
  let problem: string | null = null;
  for (const entry of fitting) {
    const found = await use(run, stage, entry, dir);
    if (typeof found === 'string') {
      problem ??= found;
      continue;
    }
    if (recorded === null) mendRecord(run, dir, entry);
    if (entry !== listed) run.ledger.append(entry);
    return found;
  }
  const elsewhere = await findElsewhere(run, stage, inputHash);
  if (elsewhere !== null) return elsewhere;
  const message =
    problem === null ? (there ? await otherwise(run, stage, known[0], dir) : null) : `${key} is damaged: ${problem}`;
  if (message !== null) run.emit({ type: 'warning', message: `${message}. It is made again` });
  return null;
}

/** What another arm, or the stages that all share, made from the same inputs. */
async function findElsewhere<Output>(
  run: RunContext,
  stage: Sought<Output>,
  inputHash: string,
): Promise<Finished<Output> | null> {
  for (const entry of run.ledger.madeFrom(inputHash)) {
    const { cycle, stage: name, arm = null } = entry;
    const dir = join(run.runDir, stageKey(cycle, name, arm));
    if (arm === run.arm || !existsSync(dir)) continue;
    const found = await use(run, stage, entry, dir);
    if (typeof found !== 'string') return found;
  }
  return null;
}

/** @returns What is wrong with it, in words, where it cannot be used. */
async function use<Output>(
  run: RunContext,
  stage: Sought<Output>,
  entry: LedgerEntry,
  dir: string,
): Promise<Finished<Output> | string> {
  const { files, fingerprint } = entry;
  const output = stage.output.safeParse(entry.output);
  if (!output.success) return 'what is written down of its result cannot be read';
  if (files === undefined) return { entry, output: output.data, dir };
  // Written down of one outcome and not two.
  if (fingerprintOf(entry.output, files) !== fingerprint) return 'what is written down of it does not fit together';
  const problem = await run.outputs.look(dir, files);
  return problem ?? { entry, output: output.data, dir };
}

/** A folder whose own record is gone could not be checked by who is given it alone. */
function mendRecord({ holds }: RunContext, dir: string, entry: LedgerEntry): void {
  if (entry.files === undefined) return;
  holds();
  writeJson(join(dir, stageFiles.record), entry);
}

/** What to say of a folder whose stage was finished from other inputs. @throws RunError unless it is to be done again. */
async function otherwise<Output>(
  run: RunContext,
  stage: Sought<Output>,
  entry: LedgerEntry | undefined,
  dir: string,
): Promise<string> {
  const key = stageKey(stage.cycle, stage.name, run.arm);
  if (entry === undefined) return `${key} has no record of what it was made from`;
  const what = (await stage.changed?.(dir)) ?? changesOf(run, entry.inputs, stage.inputs);
  const message = `${key} was made from other inputs than it would be now: ${what}`;
  if (run.redo) return message;
  throw new RunError('inputs-changed', message, {
    where: dir,
    remedy:
      'Restore what changed, to keep what is finished; or give the same command with --redo, to do that stage and what ' +
      'follows from it again; or give a new folder with --run-dir.',
  });
}

/** Settings by name; models and earlier stages are hashes, and named by whose they are. */
function changesOf(run: RunContext, before: unknown, now: unknown): string {
  if (before === undefined) return 'it was finished by an earlier version of medgr2, which did not write them down';
  const changed = differences(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(now)));
  const settings = changed.filter(({ path }) => path !== 'from' && !/[hH]ash|content/.test(path));
  const others = fromOf(now).filter((hash) => !fromOf(before).includes(hash));
  const names = others.flatMap((hash) => nameOf(run, hash) ?? []);
  if (settings.length === 0)
    return names.length === 0
      ? 'an earlier stage, a model or data that it is made from is another one'
      : `${names.join(' and ')} is not what it was`;
  return settings.map(({ path, before: was, after }) => `${path} was ${was} and is ${after}`).join('; ');
}

const fromOf = (inputs: unknown): readonly unknown[] => {
  const { from } = (inputs ?? {}) as { from?: unknown };
  return Array.isArray(from) ? from : [];
};

function nameOf({ models, ledger }: RunContext, hash: unknown): string | undefined {
  const model = models.nameOf(String(hash));
  if (model !== undefined) return `the model ${model}`;
  const made = ledger.all().find(({ fingerprint }) => fingerprint === hash);
  return made === undefined ? undefined : stageKey(made.cycle, made.stage, made.arm);
}
