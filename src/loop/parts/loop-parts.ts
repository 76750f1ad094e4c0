/** The parts of the loop that a person replaces or adds. Types only; what is refused of them: `settle-parts.ts`. */
import type { Engine } from '../../bridge/jobs/open-engine.js';
import type { Evaluator } from '../../evaluation/evaluator.js';
import type { Grader } from '../../grading/index.js';
import type { Part } from '../../config/part.js';
import type { PromptStrategy } from '../../prompts/prompt-strategy.js';
import type { Provider } from '../../providers/provider.js';
import type { Reward, ScoreContext, RewardItem, Scores } from '../../reward/reward.js';
import type { Sample } from '../../sample.js';
import type { StageMetrics, TimedEvent } from '../run-events.js';
import type { BuiltInStage } from '../stage-names.js';

/** What `runLoop` may be given. Lists add to what the configuration has; a single part takes the place of the built-in one. */
export interface LoopParts {
  /** Who writes samples, with `generation.provider: own`. */
  provider?: OwnProvider | undefined;
  /** Ways to ask for samples, beside `generation.strategies` (which may then be `[]`). */
  strategies?: readonly PromptStrategy[] | undefined;
  /** Makes the graded texts that R_φ learns from, in place of the four grades. */
  grader?: Grader | undefined;
  /** Rewards in GRPO, beside α·R_φ + β·match; a function goes by its own name, with the weight 1. */
  rewards?: readonly (Reward | RewardFunction)[] | undefined;
  /** Asked in order about each candidate that scored above τ; D_gen takes what all accept. */
  filters?: readonly SampleFilter[] | undefined;
  /** Stages before or after those of the loop. */
  stages?: readonly OwnStage[] | undefined;
  /** Says which answers to test questions and gold set are right, in place of `evaluation.reading`. */
  evaluator?: Evaluator | undefined;
  /** Hear every event, each after the one before; what they do is no part of the run. */
  sinks?: readonly EventSink[] | undefined;
}

/**
 * A model that writes samples. Consent, reply cache, retries, limits, budget and egress ledger are the loop's: `complete` is
 * one call. A `ProviderCallError` says whether asking again makes sense; anything else that it throws ends the run.
 * Where `endpoint` is no address of this machine, images go there only with `egress.allow` and a reason.
 */
export interface OwnProvider extends Provider, Part {
  readonly name: string;
}

/** A reward as a plain function; see {@link LoopParts.rewards}. Its text stands for its version. */
export type RewardFunction = (batch: readonly RewardItem[], context: ScoreContext) => Promise<Scores> | Scores;

/** What a filter is told beside the sample. */
export interface FilterContext {
  /** From 1. */
  cycle: number;
  /** τ of this cycle; what is asked about scored above it. */
  tau: number;
  /** D_gen before this cycle. */
  dataset: readonly Sample[];
  /** Absolute path of a sample's image. */
  imagePath(sample: Pick<Sample, 'image'>): string;
  signal: AbortSignal;
}

/**
 * Decides which candidates D_gen takes. What it refuses stands in `decisions.parquet` under its name.
 * @example
 * const short: SampleFilter = { name: 'short', version: '1', accept: ({ question }) => question.length < 200 };
 */
export interface SampleFilter extends Part {
  accept(sample: Sample, context: FilterContext): boolean | Promise<boolean>;
}

/** What a stage of one's own works with. */
export interface OwnStageContext {
  /** 0 is what comes before the first cycle. */
  cycle: number;
  /** Absolute folder to write into, `cycle-1/own-NAME`; empty at the start, and kept when the stage is done. */
  dir: string;
  /** Absolute. */
  runDir: string;
  /** Folder and result of the stage that it follows; null for one that comes before. */
  after: { dir: string; output: unknown } | null;
  /** After `generate` and `score`: the candidates; after `filter`: D_gen. @throws RunError after and before any other. */
  samples(): Promise<readonly Sample[]>;
  /** Absolute path of a sample's image. */
  imagePath(sample: Pick<Sample, 'image'>): string;
  /** For jobs of its own (`start(spec).result`). */
  engine(): Promise<Pick<Engine, 'start'>>;
  progress(done: number, total: number, detail?: StageMetrics): void;
  /** Tells a person, on screen and in events.jsonl. */
  warn(message: string): void;
  /** Aborts when the run is stopped: the stage is then started over. */
  signal: AbortSignal;
}

/** What a stage of one's own gives back. */
export interface StageReport {
  /** Figures for events and screens: finite numbers, texts or null. */
  metrics?: StageMetrics | undefined;
  /** After `generate` and `score` only: the candidates that go on, in place of those that came. */
  samples?: readonly Sample[] | undefined;
}

/**
 * A stage of one's own. It runs once for each time that its neighbour does, is found again when a run is resumed, and is done
 * again when its version or its neighbour changes.
 * @example
 * const lint: OwnStage = {
 *   name: 'lint',
 *   version: '1',
 *   after: 'generate',
 *   run: async ({ samples }) => ({ samples: (await samples()).filter(({ rationale }) => rationale !== '') }),
 * };
 */
export type OwnStage = Part &
  (
    | { readonly before: BuiltInStage; readonly after?: undefined }
    | { readonly after: BuiltInStage; readonly before?: undefined }
  ) & { run(context: OwnStageContext): StageReport | void | Promise<StageReport | void> };

/**
 * Hears what a run tells, each event after the one before. One that throws or rejects is told once, and hears no more: it ends no
 * run. One that takes longer than 60 s for an event is told once, too, and the run goes on: what it has not heard it is told when it
 * answers, else by the next attempt (`sinks.json` has its place; the event that it was at comes again).
 * @example
 * const log: EventSink = { name: 'log', version: '1', event: ({ type, time }) => console.log(time, type) };
 */
export interface EventSink extends Part {
  event(event: TimedEvent): void | Promise<void>;
  /** After the last event. */
  close?(): void | Promise<void>;
}

/** Parts that were checked, and whose failures name them: what stages work with. */
export interface RunParts {
  provider: OwnProvider | null;
  /** All that are asked, the ready-made ones first. */
  strategies: readonly PromptStrategy[];
  grader: Grader | null;
  /** Beside those of the configuration. */
  rewards: readonly (Reward & Part)[];
  filters: readonly SampleFilter[];
  stages: readonly OwnStage[];
  evaluator: Evaluator | null;
  sinks: readonly EventSink[];
}
