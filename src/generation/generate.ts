/**
 * Images x strategy -> candidate samples. Every task ends as a sample or as a dropped task with its reason. Replies go
 * through the cache, so a generation that was stopped continues where it was when called again with the same tasks.
 */
import PQueue from 'p-queue';
import type { Provider } from '../providers/provider.js';
import type { Sample } from '../sample.js';
import { createBreaker } from './breaker.js';
import { createBudget, type Budget } from './budget.js';
import { requireConsent, type Egress } from './consent.js';
import { createGate } from './gate.js';
import { dropTask, performRequest, type DroppedTask, type Outcome, type Performance } from './perform.js';
import { priceOf, type Prices } from './prices.js';
import { trackProgress, type GenerationEvent, type GenerationProgress } from './progress.js';
import type { ReplyCache } from './reply-cache.js';
import { chooseExemplars, prepareRequest, type GenerationTask } from './request.js';
import type { RetryOptions } from './retry.js';
import { createStop } from './stop.js';

export interface GenerateOptions {
  tasks: readonly GenerationTask[];
  provider: Provider;
  cache: ReplyCache;
  /** Cycle that the samples belong to, from 1. */
  cycle: number;
  /** Folder that relative image paths start from (default: the working folder). */
  root?: string | undefined;
  /** Requests at a time (default 8). */
  concurrency?: number | undefined;
  /** Samples of high reward, best first, to show in the prompts (default none). */
  exemplars?: readonly Sample[] | undefined;
  /** Exemplars in one prompt (default 3). */
  exemplarsPerPrompt?: number | undefined;
  /** Sampling temperature (default 1). */
  temperature?: number | undefined;
  /** Longest reply (default 1024 tokens). */
  maxOutputTokens?: number | undefined;
  /** Default: 6 tries within about half a minute, longer where the provider asks for a wait of up to 2 minutes. */
  retry?: Partial<RetryOptions> | undefined;
  /** What the provider allows in a minute (default: whatever it does not refuse). */
  limits?: Limits | undefined;
  /** What a token costs (default: nobody knows). */
  pricing?: Pricing | undefined;
  /** Needed where the provider is not on this machine: the consent, and where to write down what is sent. */
  egress?: Egress | undefined;
  /** Failed requests in a row that stop the generation (default 8). */
  failuresInARow?: number | undefined;
  /** Progress, at most ten times a second, and once at the end. */
  onEvent?: ((event: GenerationEvent) => void) | undefined;
  /** Stops at once; what was answered is in the cache. */
  signal?: AbortSignal | undefined;
}

export interface Limits {
  requestsPerMinute?: number | undefined;
  /** Input and output together. */
  tokensPerMinute?: number | undefined;
}

export interface Pricing {
  prices: Prices;
  /** Most that all replies in the cache and those to come may cost together. */
  maxCost?: number | undefined;
}

export interface Generated {
  /** In the order of their tasks. */
  samples: Sample[];
  /** In the order of their tasks. */
  dropped: DroppedTask[];
  progress: GenerationProgress;
}

const defaultRetry: RetryOptions = { attempts: 6, backoffMs: 1_000, longestWaitMs: 120_000 };

/**
 * @throws ConfigError, before anything is sent, `egress-refused` without consent or `price-unknown` for a budget
 * @throws PausedError `budget-reached` when the budget allows no further request
 * @throws ProviderError `provider-unusable` when requests fail in a row, or all of them
 * @throws InterruptedError when the signal aborts (the signal's own reason, where that is a Medgr2Error)
 */
export async function generateCandidates(options: GenerateOptions): Promise<Generated> {
  const { tasks, provider, cache, cycle, root = '.', temperature = 1, maxOutputTokens = 1024 } = options;
  const consent = requireConsent(provider, options.egress);
  const budget = budgetOf(options, maxOutputTokens);
  using stop = createStop(options.signal);
  const progress = trackProgress(tasks.length, options.onEvent, budget.cost());
  const breaker = createBreaker(options.failuresInARow ?? 8);
  const retry = { ...defaultRetry, ...options.retry };
  const { concurrency = 8, limits } = options;
  const gate = createGate({ concurrency, ...limits, longestPauseMs: retry.longestWaitMs });
  const asked = { temperature, maxOutputTokens };
  const manners = { retry, gate, budget, consent, breaker };
  const run: Performance = { provider, cache, cycle, root, ...asked, ...manners, progress, stop };
  const outcomes: (Outcome | undefined)[] = Array.from({ length: tasks.length });
  await performAll(options, run, (index, outcome) => {
    outcomes[index] = outcome;
    if ('sample' in outcome) progress.accept(outcome.sample);
    else progress.drop(outcome.dropped.reason);
  });
  const final = progress.finish();
  const failure = stop.reason() ?? (final.cached === 0 ? breaker.finish() : null);
  if (failure !== null) throw failure;
  const ended = outcomes.filter((outcome) => outcome !== undefined);
  return {
    samples: ended.flatMap((outcome) => ('sample' in outcome ? [outcome.sample] : [])),
    dropped: ended.flatMap((outcome) => ('dropped' in outcome ? [outcome.dropped] : [])),
    progress: final,
  };
}

function budgetOf({ pricing, provider, cache }: GenerateOptions, maxOutputTokens: number): Budget {
  const name = `${provider.name}/${provider.model}`;
  const price = pricing === undefined ? null : priceOf(pricing.prices, provider.name, provider.model);
  return createBudget({
    maxCost: pricing?.maxCost,
    currency: pricing?.prices.currency ?? '',
    price,
    before: cache.totals.get(name),
    name,
    maxOutputTokens,
  });
}

/** Resolves when all tasks ended or the generation was told to stop; never rejects. */
async function performAll(
  { tasks, exemplars = [], exemplarsPerPrompt = 3, concurrency = 8 }: GenerateOptions,
  run: Performance,
  settle: (index: number, outcome: Outcome) => void,
): Promise<void> {
  const { provider, temperature, maxOutputTokens, stop } = run;
  const { name, model, capabilities } = provider;
  const { structuredOutput } = capabilities;
  const parameters = { provider: name, model, temperature, maxOutputTokens, structuredOutput };
  const exemplarsFor = chooseExemplars(exemplars, exemplarsPerPrompt);
  const queue = new PQueue({ concurrency });
  stop.signal.addEventListener('abort', () => queue.clear(), { once: true });
  const seen = new Set<string>();
  try {
    for (const [index, task] of tasks.entries()) {
      // Only tasks that run soon are in the queue, so that memory does not grow with those that wait.
      await queue.onSizeLessThan(concurrency);
      if (stop.signal.aborted) break;
      const request = prepareRequest(task, exemplarsFor(task), parameters);
      if (seen.has(request.key)) {
        settle(index, dropTask(request, 'duplicate-task', 'The same request stands earlier among the tasks.'));
        continue;
      }
      seen.add(request.key);
      queue
        .add(async () => settle(index, await performRequest(request, run)))
        .catch((thrown: unknown) => stop.halt(thrown));
    }
  } catch (thrown) {
    stop.halt(thrown);
  }
  await queue.onIdle();
}
