/** What every stage of a run can use. */
import type { Engine } from '../bridge/jobs/open-engine.js';
import type { Config } from '../config/schema.js';
import type { LoopData } from '../dataset/sources/data-source.js';
import type { RunEvent, StageName } from './run-events.js';
import type { OutputChecks } from './folder/output-hashes.js';
import type { ImageChecks } from './inputs/image-checks.js';
import type { Ledger } from './folder/ledger.js';
import type { ModelContents } from './inputs/model-content.js';
import type { RunParts } from './parts/loop-parts.js';
import type { StageClock } from './stage-clock.js';
import type { GoldSet } from './guards/gold.js';
import type { GuardLog } from './guards/alarm.js';

/** The part of the bridge that the loop uses; a test may give a recording fake. */
export type LoopEngine = Pick<Engine, 'start'>;

export interface RunContext {
  config: Config;
  parts: RunParts;
  /** The arm of a comparison that the stages are of; null for the loop and for what all arms share. */
  arm: string | null;
  /** Absolute. */
  runDir: string;
  /** The engine, opened when it is first needed: a finished run never starts Python. */
  engine(): Promise<LoopEngine>;
  data: LoopData;
  /** Trusted samples that no training sees; null where the run has none. */
  gold: GoldSet | null;
  /** What guards found so far. */
  guardLog: GuardLog;
  ledger: Ledger;
  /** Throws where the folder is another process's by now; called before anything is put in its place. */
  holds(): void;
  /** Whether finished stages whose inputs changed are done again; else that is asked about, by an error. */
  redo: boolean;
  /** Whether the next cycle takes up what experts said. */
  withVerdicts?: boolean;
  /** What this attempt has read of finished stages. */
  outputs: OutputChecks;
  /** Content of the models that come from elsewhere. */
  models: ModelContents;
  /** The run's images, as they were when the data were opened. */
  images: ImageChecks;
  /** Aborts when the person stops the run. */
  signal: AbortSignal;
  emit(event: RunEvent): void;
  /** Waits while the run is paused; called before a stage that is to be done. */
  beforeStage?: (next: { cycle: number; stage: StageName }) => Promise<void>;
  /** Whose time it is: the seconds of an attempt's stages add up to its own. */
  clock: StageClock;
  /** ISO time. */
  now(): string;
}
