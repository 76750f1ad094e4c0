/**
 * Images x strategy -> candidate samples. Every task ends as a sample or as a dropped task with its reason. Replies go
 * through the cache, so a generation that was stopped continues where it was when called again with the same tasks.
 */
import { existsSync } from 'node:fs';
import { ConfigError } from '../errors.js';
import { formatMoney } from '../format.js';
import { batchOf } from '../providers/batch/batch-client.js';
import { createBreaker } from './asking/provider-breaker.js';
import { createBudget, type Budget } from './cost/cost-budget.js';
import { typesOf, type TaskList } from './asking/generation-request.js';
import { requireConsent } from './asking/egress-consent.js';
import { createImageReader } from './asking/image-to-send.js';
import { createGate } from './asking/rate-limit.js';
import type { GenerateOptions, Pricing } from './generation-options.js';
import { incomplete, performAll } from './repeat-unanswered.js';
import type { BatchRun, Performance } from './generation-run.js';
import type { Outcome } from './outcome.js';
import { priceOf } from './cost/prices.js';
import { trackProgress, type GenerationProgress, type Spent } from './generation-progress.js';
import type { RetryOptions } from './asking/retry-request.js';
import { createStop } from './stop-generation.js';
import { workNames } from './inquiries/asking-section.js';
import { watchVersions } from './replies/model-version.js';
import { createUselessWatch } from './replies/useless-replies.js';

export type { GenerateOptions, Limits, Pricing } from './generation-options.js';

/** Where outcomes go, in the order in which tasks end; each task once. */
export type OutcomeSink = (index: number, outcomes: readonly Outcome[]) => void;

const defaultUseless = 0.9;
const defaultBatches = {
  requests: 5_000,
  atOnce: 10,
  pollMs: 10_000,
  longestPollMs: 300_000,
  listedAfterMs: 20_000,
  endWithProcess: false,
};
const defaultRetry: RetryOptions = { attempts: 6, backoffMs: 1_000, longestWaitMs: 120_000 };

/**
 * @throws ConfigError, before anything is sent, `egress-refused` without consent or `price-unknown` for a budget
 * @throws PausedError `budget-reached` when the budget allows no further request, `quota-used-up` where the provider's does
 * not for today
 * @throws ProviderError `provider-unusable` when requests fail in a row, or all of them; `requests-unanswered` when some
 * were not answered, also not later; `replies-useless` when nearly all replies cannot be used
 * @throws InterruptedError when the signal aborts (the signal's own reason, where that is a Medgr2Error)
 */
export async function generateOutcomes(options: GenerateOptions, sink: OutcomeSink): Promise<GenerationProgress> {
  const { provider, cache, inquiry, root = '.', temperature = 1, maxOutputTokens = 1024 } = options;
  const consent = requireConsent(provider, options.egress, inquiry.section);
  const { tasks, notices } = consent.permitted(options.tasks);
  const budget = budgetOf(options, maxOutputTokens);
  using stop = createStop(options.signal, workNames[inquiry.section]);
  const progress = trackProgress(samplesAsked(tasks), options.onEvent, budget.cost());
  const breaker = createBreaker(options.failuresInARow ?? 8);
  const retry = { ...defaultRetry, ...options.retry };
  const { concurrency = 8, limits } = options;
  const gate = createGate({ concurrency, ...limits, longestPauseMs: retry.longestWaitMs });
  const { maxReplyCharacters, truncatedRetryTokens = 0 } = options;
  const { name, model, capabilities, settings } = provider;
  const { structuredOutput } = capabilities;
  const parameters = { provider: name, model, temperature, maxOutputTokens, structuredOutput, settings };
  const asked = { parameters, truncatedRetryTokens, maxReplyCharacters, counted: new Set<string>() };
  const notice = options.onNotice ?? (() => {});
  notices.forEach(notice);
  const useless = createUselessWatch({
    share: options.maxUseless ?? defaultUseless,
    section: inquiry.section,
    name: `${name}/${model}`,
    spent: () => spentText(progress.spent(), options.pricing),
  });
  const versions = watchVersions(model, notice);
  const manners = { retry, gate, budget, consent, breaker, useless, versions };
  const run: Performance = {
    provider,
    cache,
    inquiry,
    root,
    readImage: createImageReader(),
    ...asked,
    ...manners,
    batches: batchesOf(options),
    progress,
    stop,
  };
  const settle = (index: number, ended: readonly Outcome[]): void => {
    sink(index, ended);
    for (const outcome of ended) {
      if ('dropped' in outcome) progress.drop(outcome.dropped.reason);
      else progress.accept('sample' in outcome ? outcome.sample : null, outcome.repairs);
    }
  };
  const missing = await performAll({ ...options, tasks }, run, { settle, notice });
  const final = progress.finish();
  const isPaused = [...missing.values()].some((error) => error.isUsedUp);
  const failure = stop.reason() ?? (final.cached === 0 && !isPaused ? breaker.finish() : null);
  if (failure !== null) throw failure;
  if (missing.size > 0) throw incomplete(missing, tasks.length, inquiry.section);
  return final;
}

function samplesAsked(tasks: TaskList): number {
  let sum = 0;
  for (let index = 0; index < tasks.length; index++) {
    const task = tasks.at(index);
    if (task !== undefined) sum += typesOf(task).length;
  }
  return sum;
}

/** @throws ConfigError `no-batches` */
function batchesOf({ provider, batches, inquiry: { section } }: GenerateOptions): BatchRun | null {
  if (batches === undefined) return null;
  const { asks = true, folder } = batches;
  const client = batchOf(provider);
  if (client === null && asks)
    throw new ConfigError('no-batches', `${provider.name} has no batches`, {
      where: `${section}.mode`,
      remedy: `Set ${section}.mode to interactive or auto.`,
    });
  // Nothing was ever begun.
  if (client === null || (!asks && !existsSync(folder))) return null;
  return { ...defaultBatches, ...batches, asks, client };
}

function budgetOf(
  { pricing, provider, cache, inquiry: { section } }: GenerateOptions,
  maxOutputTokens: number,
): Budget {
  const name = `${provider.name}/${provider.model}`;
  const price = pricing === undefined ? null : priceOf(pricing.prices, provider.name, provider.model);
  return createBudget({
    maxCost: pricing?.maxCost,
    currency: pricing?.prices.currency ?? '',
    price,
    before: cache.totals.get(name),
    name,
    section,
    maxOutputTokens,
  });
}

function spentText({ answered, inputTokens, outputTokens, cost }: Spent, pricing: Pricing | undefined): string {
  const money = cost === null || pricing === undefined ? '' : `, ${formatMoney(cost, pricing.prices.currency)}`;
  return `${answered} replies were paid for so far: ${inputTokens} tokens in, ${outputTokens} out${money}.`;
}
