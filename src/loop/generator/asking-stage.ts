/** What the stages that ask a provider have in common: how they tell of their progress, their cost and damaged replies. */
import type { GenerationEvent, GenerationProgress } from '../../generation/generation-progress.js';
import { costOfSum } from '../../generation/cost/prices.js';
import type { RunPricing } from './generator-pricing.js';
import { shownSample } from '../stage-job.js';
import type { StageContext } from '../stage.js';

/** At most one event a second, and the last. */
export function askingProgress({ progress, runDir }: StageContext, currency: string) {
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
