/** Who the generator of a configuration is, and what it costs as far as the price file knows. */
import { join } from 'node:path';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import type { Asked } from '../../config/asking/asked-providers.js';
import type { Config } from '../../config/schema.js';
import type { Pricing } from '../../generation/generate-samples.js';
import type { AskingSection } from '../../generation/inquiries/asking-section.js';
import { loadPrices, priceOf, requirePrice, type Price } from '../../generation/cost/prices.js';

/** Names as provenance, cache and price file have them. */
export function generatorIdentity({ provider, gemini, openai, local }: Asked, simulated = 'simulated-teacher') {
  const models = { gemini: gemini.model, openai: openai?.model, local: local?.model, simulated };
  return { provider, model: models[provider] ?? '' };
}

/** Models that are simulated, as provenance, cache and price file have them. */
export const simulatedNames = { generation: 'simulated-teacher', verify: 'simulated-judge' } as const;

export interface RunPricing extends Pricing {
  /** Of the configured model; null where no price is known. */
  price: Price | null;
}

/** @throws ConfigError `prices-unusable`, or `price-unknown` where a budget could not be kept: before anything starts. */
export async function openPricing(
  { generation, verify }: Pick<Config, 'generation' | 'verify'>,
  section: AskingSection = 'generation',
): Promise<RunPricing> {
  const asked = section === 'verify' ? verify : generation;
  const { provider, model } = generatorIdentity(asked, simulatedNames[section]);
  const { maxCost } = asked;
  const prices = await loadPrices(generation.prices ?? join(packageRoot, 'configs', 'prices.yaml'));
  const price = priceOf(prices, provider, model);
  requirePrice(price, maxCost, { name: `${provider}/${model}`, section, file: generation.prices });
  return { prices, maxCost, price };
}
