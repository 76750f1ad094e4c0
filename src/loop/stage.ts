/**
 * Runs one stage once: skipped where it was finished before and nothing of it is damaged; else done in `<stage>.partial`
 * and renamed when complete.
 * A stage killed half way leaves only the partial folder, which trainers go on from and others start over.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder, onDisk } from '../disk.js';
import { sha256 } from '../hash.js';
import type { RunContext } from './run-context.js';
import type { RunEvent, StageMetrics, StageName } from './run-events.js';
import { fingerprintOf, recordFiles } from './folder/output-hashes.js';
import { findFinished, type Sought } from './folder/resume-stage.js';
import { checked, stageKey } from './folder/ledger.js';
import { stageFiles } from './folder/check-outputs.js';
import { readJson, writeJson } from './folder/run-folder.js';
import { toRelativeBases } from './folder/relocation.js';
import type { StageDetail } from './stage-detail.js';

export interface StageContext extends RunContext {
  cycle: number;
  stage: StageName;
  /** Absolute folder to write into; renamed when the stage is done, so results name files relative to it. */
  dir: string;
  progress(done: number, total: number, detail?: StageMetrics, more?: ProgressDetail): void;
  /** Bytes that a job has held at once. */
  used(peakMemory: number): void;
}

/** What generation tells beyond its counts. */
export type ProgressDetail = Pick<Extract<RunEvent, { type: 'stage-progress' }>, 'dropped' | 'repaired' | 'newest'>;

export interface Stage<Output> extends Sought<Output> {
  /** What happens to a partial folder: a trainer goes `on` from its checkpoints, others start `over`. */
  partial: 'on' | 'over';
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
  /** Absolute path of the samples that go on in place of its own; left out where a stage of a person's own gave none. */
  samples?: string;
}

/** Without the stages of a person's own around it: `parts/run-stage.ts`. */
export async function runOnce<Output>(run: RunContext, stage: Stage<Output>): Promise<StageDone<Output>> {
  const { cycle, name } = stage;
  const place = placeOf(run, cycle, name);
  const dir = join(run.runDir, stageKey(cycle, name, run.arm));
  const inputHash = sha256(JSON.stringify([stageKey(cycle, name), stage.inputs]));
  const known = await findFinished(run, stage, inputHash);
  if (known !== null) {
    run.emit({ type: 'stage-skip', ...place });
    run.clock.restart();
    const { fingerprint, seconds } = known.entry;
    return { output: known.output, dir: known.dir, fingerprint, seconds };
  }
  await run.clock.rest(() => run.beforeStage?.({ cycle, stage: name }));
  run.signal.throwIfAborted();
  const partial = `${dir}.partial`;
  run.holds();
  const resumed = onDisk(partial, () => openPartial(partial, inputHash, stage.partial));
  run.emit({ type: 'stage-start', ...place, resumed });
  let peakMemory = 0;
  const used = (bytes: number): void => {
    peakMemory = Math.max(peakMemory, bytes);
  };
  const work = () => stage.run({ ...stageContext(run, cycle, name, partial), used });
  const output = stage.output.parse(await onDisk(partial, work));
  await toRelativeBases(partial, run.runDir, dir);
  const files = await recordFiles(partial, Object.values(stageFiles));
  const fingerprint = fingerprintOf(output, files);
  const { inputs } = stage;
  const seconds = run.clock.charge();
  const spent = { time: run.now(), seconds, ...(peakMemory > 0 ? { peakMemory } : {}) };
  const entry = checked({ ...place, inputHash, inputs, fingerprint, files, output, ...spent });
  onDisk(dir, () => {
    run.holds();
    rmSync(join(partial, stageFiles.marker), { force: true });
    writeJson(join(partial, stageFiles.record), entry);
    rmSync(dir, { recursive: true, force: true });
    run.holds();
    renameSync(partial, dir);
  });
  run.ledger.append(entry);
  const detail = stage.detail?.(output);
  const metrics = stage.metrics(output);
  run.emit({ type: 'stage-end', ...place, seconds, metrics, ...(detail === undefined ? {} : { detail }) });
  return { output, dir, fingerprint, seconds };
}

/** As events and the ledger name a stage. */
export function placeOf({ arm }: Pick<RunContext, 'arm'>, cycle: number, stage: StageName) {
  return { cycle, stage, ...(arm === null ? {} : { arm }) };
}

/** @returns Whether the stage goes on from what an earlier attempt left. */
function openPartial(partial: string, inputHash: string, policy: Stage<unknown>['partial']): boolean {
  const marker = join(partial, stageFiles.marker);
  const goesOn = policy === 'on' && isSame(readMarker(marker), inputHash);
  if (!goesOn) rmSync(partial, { recursive: true, force: true });
  makePrivateFolder(partial);
  if (goesOn) removeHalfWritten(partial);
  else writeJson(marker, { inputHash });
  return goesOn;
}

/** What a kill cut off while it was written would be recorded as part of the stage. */
function removeHalfWritten(partial: string): void {
  for (const name of readdirSync(partial, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.tmp')) rmSync(join(partial, name), { recursive: true, force: true });
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

function stageContext(run: RunContext, cycle: number, stage: StageName, dir: string): Omit<StageContext, 'used'> {
  return {
    ...run,
    cycle,
    stage,
    dir,
    progress: (done, total, detail = {}, more = {}) =>
      run.emit({ type: 'stage-progress', ...placeOf(run, cycle, stage), done, total, detail, ...more }),
  };
}
