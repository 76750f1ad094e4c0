/**
 * GPU memory of the three training jobs, as py/medgr2 runs them: weights in the job's dtype, AdamW, gradient
 * checkpointing in SFT and GRPO. Pure. An estimate: good to about a fifth, not to a gigabyte.
 */
import { countLora, countParameters, patch, type VlmShape } from './architecture.js';

export type Precision = 'float32' | 'bfloat16' | 'float16';

/** Parts of a job's peak, in bytes. */
export interface MemoryEstimate {
  weights: number;
  gradients: number;
  optimizer: number;
  activations: number;
  /** Scores over the vocabulary and their gradient: often the largest thing of a batch. */
  logits: number;
  /** Keys and values while completions are written, or all that vLLM takes on the device for writing them. */
  cache: number;
  /** Other models on the device: the reward model, the reference of the KL penalty. */
  otherModels: number;
  /** CUDA context, workspaces and fragmentation: 1 GiB and a tenth. */
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
  /** Positions whose logits are computed. */
  logitTokens: number;
  checkpointing: boolean;
  /** Sequences that are completed at once, and their final length; none outside GRPO. */
  completing?: { sequences: number; tokens: number } | undefined;
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
  return model === 'phantom' || device === 'cpu' ? 'float32' : 'bfloat16';
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
    // As computed, copied to float32, and the gradient of that copy.
    logits: training.batch * training.logitTokens * shape.text.vocabulary * (bytes + 8),
    cache: training.vllm?.bytes ?? cacheBytes(training) + copy,
    otherModels,
  };
  // Completions are written before anything is kept for the backward pass: the larger of the two is the peak. vLLM keeps
  // what it has taken, unless it sleeps between.
  const backward = parts.activations + parts.logits;
  const kept = training.vllm !== undefined && !training.vllm.sleeps;
  const passing = kept ? backward + parts.cache : Math.max(backward, parts.cache);
  const peak = parts.weights + parts.gradients + parts.optimizer + parts.otherModels + passing;
  // vLLM takes its share whole: none of it is lost between its pieces.
  const overhead = 2 ** 30 + 0.1 * (kept ? peak - parts.cache : peak);
  return { ...parts, overhead, total: peak + overhead };
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
