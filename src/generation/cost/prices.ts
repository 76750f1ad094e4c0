/** Prices per token from a file of a person's own keeping. A model that is not in it has no known cost, which is not 0. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigError, messageOf } from '../../errors.js';
import type { Usage } from '../../providers/provider.js';
import type { AskingSection } from '../inquiries/asking-section.js';
import { largestByHand, requireFile } from '../../file-kind.js';

const priceSchema = z.strictObject({
  /** Per million tokens. */
  input: z.number().min(0),
  output: z.number().min(0),
  /** Input that the provider had in its cache; as dear as other input where it is left out. */
  cachedInput: z.number().min(0).optional(),
  /** What share of these prices a batch costs; the whole where it is left out. */
  batch: z.number().min(0).max(1).optional(),
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

export interface Priced {
  /** `provider/model`. */
  name: string;
  section: AskingSection;
  /** The price file, as the configuration names it; left out for the one that ships. */
  file?: string | undefined;
}

/** @throws ConfigError `price-unknown` when a budget is set that nobody could keep. */
export function requirePrice(price: Price | null, maxCost: number | undefined, { name, section, file }: Priced): void {
  if (price !== null || maxCost === undefined) return;
  const line = `  ${name}: { input: …, output: … }`;
  const place =
    file === undefined
      ? 'Copy configs/prices.yaml, name the copy in generation.prices, and add'
      : `Open ${file} and add`;
  throw new ConfigError('price-unknown', `${section}.maxCost is set, but no price of ${name} is known`, {
    where: file ?? 'configs/prices.yaml',
    remedy:
      `${place} under models the line "${line.trim()}" with what a million tokens cost (cachedInput and batch where ` +
      `there are such prices); or leave ${section}.maxCost out.`,
  });
}

/** Null where price or tokens are not known. */
export function costOf(price: Price | null, usage: Usage | null): number | null {
  if (price === null || usage === null) return null;
  const { inputTokens, outputTokens, cachedInputTokens = 0, isBatch } = usage;
  const cached = Math.min(inputTokens, cachedInputTokens);
  const share = isBatch === true ? (price.batch ?? 1) : 1;
  // Whether a batch's cached input is cheaper still differs among providers: here it is not.
  const cachedPrice = price.cachedInput ?? price.input * share;
  return (
    ((inputTokens - cached) * price.input * share + cached * cachedPrice + outputTokens * price.output * share) / 1e6
  );
}

/** Tokens of many replies, those of batches apart, since they are cheaper. */
export interface UsageSum extends Usage {
  cachedInputTokens: number;
  /** Those of batches among them. */
  batch: Usage & { cachedInputTokens: number };
}

export const noUsage = (): UsageSum => ({
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  batch: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
});

export function addUsage(sum: UsageSum, usage: Usage | null): void {
  if (usage === null) return;
  for (const part of usage.isBatch === true ? [sum, sum.batch] : [sum]) {
    part.inputTokens += usage.inputTokens;
    part.outputTokens += usage.outputTokens;
    part.cachedInputTokens += usage.cachedInputTokens ?? 0;
  }
}

/** Null where the price is not known. */
export function costOfSum(price: Price | null, sum: UsageSum | undefined): number | null {
  if (price === null || sum === undefined) return null;
  const { batch } = sum;
  const rest = {
    inputTokens: sum.inputTokens - batch.inputTokens,
    outputTokens: sum.outputTokens - batch.outputTokens,
    cachedInputTokens: sum.cachedInputTokens - batch.cachedInputTokens,
  };
  return (costOf(price, rest) ?? 0) + (costOf(price, { ...batch, isBatch: true }) ?? 0);
}
