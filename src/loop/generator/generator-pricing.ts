/** Who the generator of a configuration is, and what it costs as far as the price file knows. */
import { join } from 'node:path';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import type { Config } from '../../config/schema.js';
import type { Provider } from '../../providers/provider.js';
import type { Pricing } from '../../generation/generate-samples.js';
import { loadPrices, priceOf, requirePrice, type Price } from '../../generation/cost/prices.js';

/** Names as provenance, cache and price file have them. */
export function generatorIdentity(
  { provider, gemini, openai, local }: Config['generation'],
  own: Pick<Provider, 'name' | 'model'> | null = null,
) {
  if (own !== null) return { provider: own.name, model: own.model };
  const models = { gemini: gemini.model, openai: openai?.model, local: local?.model, simulated: 'simulated-teacher' };
  return { provider, model: provider === 'own' ? '' : (models[provider] ?? '') };
}

export interface RunPricing extends Pricing {
  /** Of the configured generator; null where no price is known. */
  price: Price | null;
}

/**
 * @param own A provider of the person's own, where the run has one.
 * @throws ConfigError `prices-unusable`, or `price-unknown` where a budget could not be kept: before anything starts.
 */
export async function openPricing(
  { generation }: Pick<Config, 'generation'>,
  own: Pick<Provider, 'name' | 'model'> | null = null,
): Promise<RunPricing> {
  const { provider, model } = generatorIdentity(generation, own);
  const { maxCost } = generation;
  const prices = await loadPrices(generation.prices ?? join(packageRoot, 'configs', 'prices.yaml'));
  const price = priceOf(prices, provider, model);
  requirePrice(price, maxCost, `${provider}/${model}`, generation.prices);
  return { prices, maxCost, price };
}
