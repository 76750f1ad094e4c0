/**
 * GPU memory of the three training jobs, as py/medgr2 runs them: weights in the job's dtype, AdamW, gradient
 * checkpointing in SFT and GRPO. Pure. An estimate, held against what jobs measure by `npm run bench:shapes`.
 */
import type { Config } from '../../config/schema.js';
import { countLora, countParameters, patch, type VlmShape } from './model-size.js';
import { isShipped } from '../../bridge/environment/shipped-models.js';

export type Precision = 'float32' | 'bfloat16' | 'float16';

/** Parts of a job's peak, in bytes. */
export interface MemoryEstimate {
  weights: number;
  gradients: number;
  optimizer: number;
  activations: number;
  /** Scores over the vocabulary, as many positions at once as their loss takes. */
  logits: number;
  /** Keys and values while completions are written, or all that vLLM takes on the device for writing them. */
  cache: number;
  /** What the reward model's passes over completions hold, in GRPO; and a scoring job's. */
  scoring: number;
  /** Other models on the device: the reward model, the reference of the KL penalty. */
  otherModels: number;
  /** The process, workspaces and fragmentation: three quarters of a GiB and a twentieth. */
  overhead: number;
  total: number;
}

export interface Training {
  shape: VlmShape;
  precision: Precision;
  /** Rank of the adapters; null trains every weight. */
  loraRank: number | null;
  /** As in the configuration; float32 where it is left out. */
  trainedWeights?: 'float32' | 'dtype' | undefined;
  batch: number;
  /** Tokens of a sequence, those of the image among them. */
  tokens: number;
  imageTokens: number;
  /** Positions whose logits are computed, and by whose loss: TRL's makes them in tiles, the reward model's in parts. */
  logitTokens: number;
  loss?: 'trl' | 'own' | undefined;
  checkpointing: boolean;
  /** Sequences that are completed at once, and their final length; none outside GRPO. */
  completing?: { sequences: number; tokens: number } | undefined;
  /** Rows that are scored with so many tokens each, and by which model; none outside GRPO. */
  scored?: { shape: VlmShape; sequences: number; tokens: number; imageTokens: number } | undefined;
  /** Bytes that vLLM takes beside the trainer, which then writes no completions itself: 0 where it has GPUs of its own. */
  vllm?: { bytes: number; sleeps: boolean } | undefined;
  /** Bytes of models beside the one in training. */
  otherModels: number;
}

/** `auto` is bfloat16 on a GPU; the phantom stays in float32. */
export function precisionOf({
  dtype,
  model,
  device,
}: {
  dtype: 'auto' | Precision;
  model: string;
  device: string;
}): Precision {
  if (dtype !== 'auto') return dtype;
  return isShipped(model) || device === 'cpu' ? 'float32' : 'bfloat16';
}

export const bytesOf = (precision: Precision): number => (precision === 'float32' ? 4 : 2);

export function estimateMemory(training: Training): MemoryEstimate {
  const { shape, precision, loraRank, otherModels } = training;
  const bytes = bytesOf(precision);
  const { total } = countParameters(shape);
  const adapters = loraRank === null ? 0 : countLora(shape, loraRank);
  // What trains is float32 whatever the base is; gradients and AdamW's two moments have the number format of the weight.
  const trainedBytes = loraRank === null && training.trainedWeights === 'dtype' ? bytes : 4;
  const trained = loraRank === null ? total : adapters;
  // Completions are written by a copy in the model's own number format.
  const writes = training.completing !== undefined && training.vllm === undefined;
  const copy = loraRank === null && writes && bytes < trainedBytes ? total * bytes : 0;
  const parts = {
    weights: loraRank === null ? total * trainedBytes : total * bytes + adapters * 4,
    gradients: trained * trainedBytes,
    optimizer: 2 * trained * trainedBytes,
    activations: activationBytes(training),
    logits: logitBytes(training),
    scoring: training.scored === undefined ? 0 : scoringBytes(training.scored, precision),
    cache: training.vllm?.bytes ?? cacheBytes(training) + copy,
    otherModels,
  };
  // Completions are written, then scored, before anything is kept for the backward pass: the largest is the peak. vLLM keeps
  // what it has taken, unless it sleeps between.
  const kept = training.vllm !== undefined && !training.vllm.sleeps;
  const own = Math.max(parts.activations + parts.logits, parts.scoring);
  const passing = kept ? own + parts.cache : Math.max(own, parts.cache);
  const peak = parts.weights + parts.gradients + parts.optimizer + parts.otherModels + passing;
  // vLLM takes its share whole: none of it is lost between its pieces.
  const overhead = overheadOf(kept ? peak - parts.cache : peak);
  return { ...parts, overhead, total: peak + overhead };
}

const overheadOf = (peak: number): number => 0.75 * 2 ** 30 + 0.05 * peak;

/** As py/medgr2/rows/row_bounds.py bounds what a pass over rows reads, and likelihood.py what it scores at once. */
export const passTokens = 16_384;
export const scoresBytes = 2 ** 28;

/** TRL's fused loss: a tile of so many positions and words, and a copy of it; in float32 the gradients it adds up. */
const tile = { positions: 4096, words: 32_768 };

function logitBytes({ shape, precision, loraRank, batch, logitTokens, loss = 'trl' }: Training): number {
  const { vocabulary, hidden } = shape.text;
  const positions = batch * logitTokens;
  // In parts: as computed, copied to float32, and the gradient of that copy.
  if (loss === 'own') return partOf(positions, vocabulary) * vocabulary * (bytesOf(precision) + 8);
  const tiles = Math.min(positions, tile.positions) * Math.min(vocabulary, tile.words) * 2 * bytesOf(precision);
  return tiles + 4 * hidden * (positions + (loraRank === null ? vocabulary : 0));
}

const partOf = (positions: number, vocabulary: number): number =>
  Math.min(positions, Math.floor(scoresBytes / (4 * vocabulary)));

/** Passes without gradients keep one layer at a time; rows come in batches of `passTokens`. */
function scoringBytes(
  { shape, sequences, tokens, imageTokens }: NonNullable<Training['scored']>,
  precision: Precision,
): number {
  const rows = Math.min(sequences, Math.max(1, Math.floor(passTokens / tokens)));
  const { text, vision } = shape;
  const layer = tokens * (8 * text.hidden + 4 * text.intermediate);
  const tower = imageTokens * patch.merge ** 2 * (8 * vision.hidden + 4 * vision.intermediate);
  // The head reads all states in float32, normalised beside what they were.
  const states = 2 * 4 * rows * tokens * text.hidden;
  const { vocabulary } = text;
  const scores = partOf(rows * (tokens - imageTokens), vocabulary) * vocabulary * (bytesOf(precision) + 4);
  return Math.max(rows * Math.max(layer, tower) * bytesOf(precision), states + scores);
}

/** Of a `score` job: the model and its passes. */
export function estimateScoring(
  scored: NonNullable<Training['scored']>,
  precision: Precision,
): Pick<MemoryEstimate, 'weights' | 'scoring' | 'overhead' | 'total'> {
  const weights = countParameters(scored.shape).total * bytesOf(precision);
  const scoring = scoringBytes(scored, precision);
  const overhead = overheadOf(weights + scoring);
  return { weights, scoring, overhead, total: weights + scoring + overhead };
}

/** With checkpointing one hidden state per layer is kept, and one layer at a time is whole again; else all are whole. */
function activationBytes({ shape, precision, batch, tokens, imageTokens, checkpointing }: Training): number {
  const stack = (length: number, hidden: number, intermediate: number, layers: number): number => {
    // Inputs of norms and projections, queries, keys, values, attention's result: 8; gate, up, their product, its input: 4.
    const layer = 8 * hidden + 4 * intermediate;
    return length * (checkpointing ? layers * hidden + layer : layers * layer);
  };
  const { text, vision } = shape;
  const patches = imageTokens * patch.merge ** 2;
  const perSequence =
    stack(tokens, text.hidden, text.intermediate, text.layers) +
    stack(patches, vision.hidden, vision.intermediate, vision.depth);
  return batch * perSequence * bytesOf(precision);
}

function cacheBytes({ shape, precision, completing }: Training): number {
  if (completing === undefined) return 0;
  const { hidden, heads, keyValueHeads, layers } = shape.text;
  const perToken = 2 * layers * (hidden / heads) * keyValueHeads * bytesOf(precision);
  return completing.sequences * completing.tokens * perToken;
}

export const policyPrecision = ({ policy: { dtype, base: model }, device }: Config) =>
  precisionOf({ dtype, model, device });
