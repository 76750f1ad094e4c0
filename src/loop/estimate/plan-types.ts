/** A run as it is foreseen: what `medgr2 plan` prints and `--json` gives. */
import type { ShownTexts } from '../generator/shown-texts.js';
import type { ImageRule } from '../../job-spec/checks/image-rules.js';
import type { ImageSize } from '../../job-spec/checks/image-tokens.js';
import type { BuiltInStage } from '../run-events.js';
import type { Assumptions, Device } from './assumptions.js';
import type { VlmShape } from './model-size.js';
import type { MemoryEstimate, Precision } from './gpu-memory.js';

/** What was found out about the data and the models before planning. */
export interface PlanFacts {
  /** Samples and images of the data; null where the data could not be opened. */
  counts: { seed: number; test: number; pool: number } | null;
  /** Sizes of some of the images; empty where none could be read. */
  images: readonly ImageSize[];
  /** Mean tokens of a question as the policy reads it, and of a response; null where no sample tells. */
  text: { promptTokens: number; responseTokens: number } | null;
  /** Reports and captions of the pool; left out where there are none. */
  shown?: ShownTexts | undefined;
  policy: KnownModel | null;
  rewardModel: KnownModel | null;
  /** Of a local generator; null also where the generator runs elsewhere. */
  generator: KnownModel | null;
  /** Of the generator; null where no price is known. */
  price: Price | null;
  /** Of the judge; left out where none is asked, null where no price is known. */
  judgePrice?: Price | null;
  /** What must be there before the run can start and is not. */
  missing: readonly string[];
}

export interface KnownModel {
  shape: VlmShape;
  /** Whether the shape is the model's own, and not that of the nearest size that is known. */
  exact: boolean;
  /** How many tokens an image takes, by the model's own files; left out where none could be read: then Qwen2.5-VL's. */
  images?: ImageRule | undefined;
}

export interface Price {
  /** Per million tokens. */
  input: number;
  output: number;
  /** What share of these prices a batch costs; the whole where it is left out. */
  batch?: number | undefined;
  /** As the price file names it. */
  currency: string;
  /** Where the price is from and of which day. */
  source: string;
}

export interface PlanOptions {
  device: Device;
  /** Devices that share the work of the wall-clock estimate. */
  deviceCount: number;
  assumptions: Assumptions;
}

export interface StageEstimate {
  /** Of a comparison; left out for the loop and for what all arms share. */
  arm?: string;
  cycle: number;
  stage: BuiltInStage;
  /** Rows, requests or prompts the stage goes through. */
  items: number;
  unit: 'samples' | 'requests' | 'candidates' | 'rows' | 'questions' | 'prompts' | 'completions';
  /** Optimiser steps, where the stage trains. */
  steps: number | null;
  /** One device's time; null without a model, or for one of unknown size. */
  gpuSeconds: number | null;
}

export interface JobMemory {
  job: 'sft' | 'grpo' | 'reward-model' | 'generator-sft';
  precision: Precision;
  /** Rank of LoRA adapters; null for full training. */
  loraRank: number | null;
  batch: number;
  estimate: MemoryEstimate;
  fits: boolean;
}

/** What asking a model takes. */
export interface AskedPlan {
  name: string;
  inputTokens: number;
  outputTokens: number;
  /** Null where no price is known, 0 where nothing is paid for. */
  cost: number | null;
  /** The same if every reply were as long as it may be. */
  highestCost: number | null;
  /** Of the price file; null where no price is known. */
  currency: string | null;
  /** Of waiting for its replies, or of one device that writes them; null where that cannot be told. */
  hours: number | null;
}

export interface Plan {
  stages: StageEstimate[];
  samples: { requests: number; candidates: number; accepted: number; datasetSize: number };
  generator: AskedPlan;
  /** Null where no judge is asked. */
  judge: (AskedPlan & { requests: number }) | null;
  images: {
    measured: number;
    perImage: number;
    largest: number;
    /** The rule, in words. */
    rule: string;
    perSequence: number;
  };
  memory: JobMemory[] | null;
  gpu: { hours: number; wallHours: number } | null;
  disk: { models: number; checkpoints: number; data: number; total: number };
  /** What deserves a second look, in words. */
  notes: string[];
  missing: string[];
}
