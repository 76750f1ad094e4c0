/**
 * Runs one stage once: skipped where the ledger has it, or another arm made the same from the same inputs; else done in
 * `<stage>.partial` and renamed when complete.
 * A stage killed half way leaves only the partial folder, which trainers go on from and others start over.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { sha256 } from '../hash.js';
import type { RunContext } from './context.js';
import type { RunEvent, StageMetrics, StageName } from './events.js';
import { fingerprintOf } from './fingerprint.js';
import { ledgerEntrySchema, stageKey, type LedgerEntry } from './ledger.js';
import { readJson, writeJson } from './run-folder.js';
import type { StageDetail } from './stage-detail.js';

export interface StageContext extends RunContext {
  cycle: number;
  stage: StageName;
  /** Absolute folder to write into; renamed when the stage is done, so results name files relative to it. */
  dir: string;
  progress(done: number, total: number, detail?: StageMetrics, more?: ProgressDetail): void;
}

/** What generation tells beyond its counts. */
export type ProgressDetail = Pick<Extract<RunEvent, { type: 'stage-progress' }>, 'dropped' | 'newest'>;

export interface Stage<Output> {
  cycle: number;
  name: StageName;
  /** Everything that decides the outcome, as JSON: settings, and fingerprints of the stages it reads. */
  inputs: unknown;
  /** What happens to a partial folder: a trainer goes `on` from its checkpoints, others start `over`. */
  partial: 'on' | 'over';
  output: z.ZodType<Output>;
  metrics(output: Output): StageMetrics;
  /** Small tables for screens, where there are any. */
  detail?: (output: Output) => StageDetail;
  run(context: StageContext): Promise<Output>;
}

export interface StageDone<Output> {
  output: Output;
  /** Absolute folder of the finished stage. */
  dir: string;
  fingerprint: string;
  seconds: number;
}

const recordFile = 'stage.json';
const partialFile = 'partial.json';

export async function runStage<Output>(run: RunContext, stage: Stage<Output>): Promise<StageDone<Output>> {
  const { cycle, name } = stage;
  const place = placeOf(run, cycle, name);
  const dir = join(run.runDir, stageKey(cycle, name, run.arm));
  const inputHash = sha256(JSON.stringify([stageKey(cycle, name), stage.inputs]));
  const known = findDone(run, stage, dir, inputHash) ?? findElsewhere(run, inputHash);
  if (known !== null) {
    run.emit({ type: 'stage-skip', ...place });
    const { output, fingerprint, seconds } = known;
    const made = join(run.runDir, stageKey(cycle, name, known.arm));
    return { output: stage.output.parse(output), dir: made, fingerprint, seconds };
  }
  await run.beforeStage?.({ cycle, stage: name });
  run.signal.throwIfAborted();
  const partial = `${dir}.partial`;
  const resumed = openPartial(partial, inputHash, stage.partial);
  run.emit({ type: 'stage-start', ...place, resumed });
  const started = performance.now();
  const output = stage.output.parse(await stage.run(stageContext(run, cycle, name, partial)));
  const seconds = round((performance.now() - started) / 1000);
  const fingerprint = await fingerprintOf(partial, output, [partialFile, recordFile]);
  const entry: LedgerEntry = { ...place, inputHash, fingerprint, output, time: run.now(), seconds };
  rmSync(join(partial, partialFile), { force: true });
  writeJson(join(partial, recordFile), entry);
  rmSync(dir, { recursive: true, force: true });
  renameSync(partial, dir);
  run.ledger.append(entry);
  const detail = stage.detail?.(output);
  const metrics = stage.metrics(output);
  run.emit({ type: 'stage-end', ...place, seconds, metrics, ...(detail === undefined ? {} : { detail }) });
  return { output, dir, fingerprint, seconds };
}

/** The ledger's entry, or that of a folder renamed just before a kill; null where the stage is to be done (again). */
function findDone<Output>(
  run: RunContext,
  { cycle, name }: Stage<Output>,
  dir: string,
  inputHash: string,
): LedgerEntry | null {
  if (!existsSync(dir)) return null;
  const listed = run.ledger.find(cycle, name, run.arm);
  if (listed?.inputHash === inputHash) return listed;
  const record = existsSync(join(dir, recordFile))
    ? ledgerEntrySchema.safeParse(readJson(join(dir, recordFile)))
    : null;
  if (record?.success === true && record.data.inputHash === inputHash) {
    run.ledger.append(record.data);
    return record.data;
  }
  run.emit({
    type: 'warning',
    message: `${stageKey(cycle, name, run.arm)} was made from other inputs and is done again`,
  });
  return null;
}

/** What another arm, or the stages that all share, made from the same inputs. */
function findElsewhere(run: RunContext, inputHash: string): LedgerEntry | null {
  const there = run.ledger
    .madeFrom(inputHash)
    .find(
      ({ cycle, stage, arm = null }) => arm !== run.arm && existsSync(join(run.runDir, stageKey(cycle, stage, arm))),
    );
  return there ?? null;
}

/** As events and the ledger name a stage. */
export function placeOf({ arm }: Pick<RunContext, 'arm'>, cycle: number, stage: StageName) {
  return { cycle, stage, ...(arm === null ? {} : { arm }) };
}

/** @returns Whether the stage goes on from what an earlier attempt left. */
function openPartial(partial: string, inputHash: string, policy: Stage<unknown>['partial']): boolean {
  const marker = join(partial, partialFile);
  const goesOn = policy === 'on' && existsSync(marker) && isSame(readMarker(marker), inputHash);
  if (!goesOn) rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  if (!goesOn) writeJson(marker, { inputHash });
  return goesOn;
}

function readMarker(file: string): unknown {
  try {
    return readJson(file);
  } catch {
    return null;
  }
}

const isSame = (marker: unknown, inputHash: string): boolean =>
  typeof marker === 'object' && marker !== null && (marker as { inputHash?: unknown }).inputHash === inputHash;

function stageContext(run: RunContext, cycle: number, stage: StageName, dir: string): StageContext {
  return {
    ...run,
    cycle,
    stage,
    dir,
    progress: (done, total, detail = {}, more = {}) =>
      run.emit({ type: 'stage-progress', ...placeOf(run, cycle, stage), done, total, detail, ...more }),
  };
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
