/** What the stages that ask a provider have in common: how they ask, and tell of their progress, their cost and damaged replies. */
import { join } from 'node:path';
import type { Config } from '../../config/schema.js';
import type { GenerateOptions } from '../../generation/generate-samples.js';
import type { GenerationEvent, GenerationProgress } from '../../generation/generation-progress.js';
import { costOfSum } from '../../generation/cost/prices.js';
import { appendJsonLine } from '../folder/json-lines.js';
import { runFiles } from '../folder/run-folder.js';
import { batchesOf } from './batch-mode.js';
import type { RunPricing } from './generator-pricing.js';
import { concurrencyOf } from './open-generator.js';
import { shownSample } from '../stage-job.js';
import type { StageContext } from '../stage.js';

/** Settings of whichever section asks. */
type AskingSettings = Parameters<typeof batchesOf>[0] &
  Parameters<typeof concurrencyOf>[0] &
  Pick<
    Config['verify'],
    'limits' | 'temperature' | 'maxOutputTokens' | 'truncatedRetryTokens' | 'maxUnanswered' | 'maxUseless'
  >;

/** Longest second try of a cut reply, in tokens; a model here that writes too much does so again. */
export const secondTryTokens = ({
  provider,
  maxOutputTokens,
  truncatedRetryTokens = provider === 'local' ? 0 : 4 * maxOutputTokens,
}: Pick<AskingSettings, 'provider' | 'maxOutputTokens' | 'truncatedRetryTokens'>): number => truncatedRetryTokens;

/** How a stage asks: limits, batches, consent, notices and progress, by the settings of its section. */
export function askingOf(
  context: StageContext,
  settings: AskingSettings,
  {
    batches,
    ...asked
  }: Pick<GenerateOptions, 'tasks' | 'provider' | 'cache' | 'inquiry'> & { pricing: RunPricing; batches: string },
): GenerateOptions {
  const { config, runDir } = context;
  const { limits, temperature, maxOutputTokens, maxUnanswered } = settings;
  return {
    ...asked,
    root: runDir,
    concurrency: concurrencyOf(settings),
    limits,
    batches: batchesOf(settings, asked.provider, { folder: join(runDir, batches), requests: asked.tasks.length }),
    egress: {
      consent: config.egress,
      onSend: (record) => appendJsonLine(join(runDir, runFiles.egress), record),
    },
    temperature,
    maxOutputTokens,
    truncatedRetryTokens: secondTryTokens(settings),
    maxUnanswered,
    maxUseless: settings.maxUseless ?? (settings.provider === 'local' ? 1 : undefined),
    onNotice: (message) => context.emit({ type: 'warning', message }),
    signal: context.signal,
    onEvent: askingProgress(context, asked.pricing.prices.currency),
  };
}

/** At most one event a second, and the last. */
function askingProgress({ progress, runDir }: StageContext, currency: string) {
  let last = Number.NEGATIVE_INFINITY;
  return (event: GenerationEvent): void => {
    const now = performance.now();
    if (!event.final && now - last < 1000) return;
    last = now;
    const { done, total, accepted, answered, cached, retries, inputTokens, outputTokens, cost } = event;
    const { dropped, repaired, newest, batches } = event;
    const requestsPerSecond = Math.round(event.requestsPerSecond * 100) / 100;
    const counts = {
      accepted,
      answered,
      cached,
      retries,
      requestsPerSecond,
      inputTokens,
      outputTokens,
      cost,
      currency,
      ...(batches.atWork === 0 ? {} : { batches: batches.atWork, inBatches: batches.requests, ended: batches.ended }),
    };
    progress(done, total, counts, {
      dropped,
      repaired,
      ...(newest === null ? {} : { newest: shownSample(newest, runDir) }),
    });
  };
}

/** Of the whole stage, in however many attempts its replies came. */
export function spentOf({ cachedUsage, ...spent }: GenerationProgress, { price, prices }: RunPricing) {
  return {
    inputTokens: spent.inputTokens + cachedUsage.inputTokens,
    outputTokens: spent.outputTokens + cachedUsage.outputTokens,
    cost: spent.cost === null ? null : spent.cost + (costOfSum(price, cachedUsage) ?? 0),
    currency: prices.currency,
  };
}

/** What they held was paid for, and may be asked for again: not without a word. */
export function tellDamage(lines: number, file: string, context: StageContext): void {
  if (lines === 0) return;
  const what =
    lines === 1
      ? 'a line is damaged: the reply that it held'
      : `${lines} lines are damaged: the replies that they held`;
  context.emit({ type: 'warning', message: `${file}: ${what} cannot be read and may be asked for again` });
}
