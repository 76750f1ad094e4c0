/** Prices per token from a file of a person's own keeping. A model that is not in it has no known cost, which is not 0. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigError, messageOf } from '../../errors.js';
import type { Usage } from '../../providers/provider.js';
import { largestByHand, requireFile } from '../../file-kind.js';

const priceSchema = z.strictObject({
  /** Per million tokens. */
  input: z.number().min(0),
  output: z.number().min(0),
});
export type Price = z.output<typeof priceSchema>;

export const pricesSchema = z.strictObject({
  /** Day on which the prices were looked up, ISO. */
  asOf: z.string(),
  source: z.string().min(1),
  currency: z.string().min(1),
  /** By `provider/model`. */
  models: z.record(z.string(), priceSchema),
});
export type Prices = z.output<typeof pricesSchema>;

/** @throws ConfigError `prices-unusable` */
export async function loadPrices(file: string): Promise<Prices> {
  try {
    requireFile(file, largestByHand);
    return pricesSchema.parse(parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new ConfigError('prices-unusable', `the price file cannot be used: ${why}`, {
      where: file,
      remedy: 'Write it like configs/prices.yaml: asOf, source, currency, and models with input and output.',
      cause,
    });
  }
}

/** Null for a model whose price is not known. */
export function priceOf(prices: Prices, provider: string, model: string): Price | null {
  return prices.models[`${provider}/${model}`] ?? null;
}

/** @throws ConfigError `price-unknown` when a budget is set that nobody could keep. */
export function requirePrice(price: Price | null, maxCost: number | undefined, name: string): void {
  if (price !== null || maxCost === undefined) return;
  throw new ConfigError('price-unknown', `generation.maxCost is set, but no price of ${name} is known`, {
    remedy: `Add ${name} to a price file and name it in generation.prices, or leave generation.maxCost out.`,
  });
}

/** Null where price or tokens are not known. */
export function costOf(price: Price | null, usage: Usage | null): number | null {
  return price === null || usage === null
    ? null
    : (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6;
}
