/** Who the generator of a configuration is, and what it costs as far as the price file knows. */
import { join } from 'node:path';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import type { Asked } from '../../config/asking/asked-providers.js';
import type { Config } from '../../config/schema.js';
import type { Provider } from '../../providers/provider.js';
import type { Pricing } from '../../generation/generate-samples.js';
import type { AskingSection } from '../../generation/inquiries/asking-section.js';
import { loadPrices, priceOf, requirePrice, type Price } from '../../generation/cost/prices.js';

/** Models that are simulated, as provenance, cache and price file have them. */
export const simulatedNames = { generation: 'simulated-teacher', verify: 'simulated-judge' } as const;

/** Names as provenance, cache and price file have them. */
export function generatorIdentity(
  { provider, gemini, openai, local }: Asked,
  own: Pick<Provider, 'name' | 'model'> | null = null,
  simulated: string = simulatedNames.generation,
) {
  if (own !== null) return { provider: own.name, model: own.model };
  const models = { gemini: gemini.model, openai: openai?.model, local: local?.model, simulated };
  return { provider, model: provider === 'own' ? '' : (models[provider] ?? '') };
}

export interface RunPricing extends Pricing {
  /** Of the configured model; null where no price is known. */
  price: Price | null;
}

/**
 * @param own A provider of the person's own that writes samples, where the run has one.
 * @throws ConfigError `prices-unusable`, or `price-unknown` where a budget could not be kept: before anything starts.
 */
export async function openPricing(
  { generation }: Pick<Config, 'generation'>,
  own: Pick<Provider, 'name' | 'model'> | null = null,
): Promise<RunPricing> {
  const { maxCost, prices } = generation;
  return pricingOf('generation', { ...generatorIdentity(generation, own), maxCost, prices });
}

/** The same of the judge, by the same price file. */
export async function openJudgePricing({
  generation,
  verify,
}: Pick<Config, 'generation' | 'verify'>): Promise<RunPricing> {
  const identity = generatorIdentity(verify, null, simulatedNames.verify);
  return pricingOf('verify', { ...identity, maxCost: verify.maxCost, prices: generation.prices });
}

interface Costing {
  provider: string;
  model: string;
  maxCost: number | undefined;
  /** The price file; the one that ships when undefined. */
  prices: string | undefined;
}

async function pricingOf(section: AskingSection, { provider, model, maxCost, prices: file }: Costing) {
  const prices = await loadPrices(file ?? join(packageRoot, 'configs', 'prices.yaml'));
  const price = priceOf(prices, provider, model);
  requirePrice(price, maxCost, { name: `${provider}/${model}`, section, file });
  return { prices, maxCost, price };
}
