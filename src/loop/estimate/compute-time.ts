/**
 * Time on one device from counted operations: 2 per parameter and token forward, twice that backward, once more where
 * checkpointing computes again. Attention's own products are left out (a few per cent below 1,000 tokens). Pure.
 */
import { countParameters, patch, type VlmShape } from './model-size.js';
import type { Assumptions, Device } from './assumptions.js';
import { bytesOf, type Precision } from './gpu-memory.js';

export interface Machine {
  device: Device;
  assumptions: Pick<Assumptions, 'efficiency' | 'decodeLayerSeconds'>;
  precision: Precision;
}

/** Tokens of one sequence. */
export interface Sequence {
  tokens: number;
  /** Among them. */
  imageTokens: number;
}

/** Operations of one sequence read once. */
export function forwardOperations(shape: VlmShape, { tokens, imageTokens }: Sequence): number {
  const { perToken, vision } = countParameters(shape);
  return 2 * (perToken * tokens + vision * imageTokens * patch.merge ** 2);
}

/** Forward passes that one training pass costs: gradients of weights need one more than those of adapters. */
export function passes({ lora, checkpointing }: { lora: boolean; checkpointing: boolean }): number {
  return (lora ? 2 : 3) + (checkpointing ? 1 : 0);
}

/** Seconds of so many operations at the efficiency assumed. */
export function secondsOf(operations: number, { device, assumptions }: Machine): number {
  return operations / (device.teraflops * 1e12 * assumptions.efficiency);
}

/** Seconds to complete `sequences` prompts at once, each token of all after the other. */
export function completionSeconds(
  shape: VlmShape,
  prompt: Sequence,
  { sequences, newTokens }: { sequences: number; newTokens: number },
  machine: Machine,
): number {
  const { perToken } = countParameters(shape);
  const reading = secondsOf(sequences * forwardOperations(shape, prompt), machine);
  const moving = (perToken * bytesOf(machine.precision)) / (machine.device.bandwidth * 1e9);
  const computing = secondsOf(2 * perToken * sequences, machine);
  const waiting = machine.assumptions.decodeLayerSeconds * shape.text.layers;
  return reading + newTokens * Math.max(moving, computing, waiting);
}
