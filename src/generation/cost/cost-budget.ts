/**
 * Keeps a generation below the most it may cost. A request starts only where its reserve still fits; when none is on its
 * way and none fits any more, the generation pauses, so nothing that is paid for is thrown away.
 */
import { PausedError } from '../../errors.js';
import { formatMoney } from '../../format.js';
import type { Usage } from '../../providers/provider.js';
import type { CacheTotals } from '../replies/reply-cache-lines.js';
import { costOf, requirePrice, type Price } from './prices.js';

export interface BudgetOptions {
  /** Over all requests whose replies the cache holds and those to come; none when left out. */
  maxCost?: number | undefined;
  currency: string;
  price: Price | null;
  /** Of the model, as the cache has them; undefined where it has none. */
  before: CacheTotals | undefined;
  /** `provider/model`, for messages. */
  name: string;
  maxOutputTokens: number;
}

export interface Budget {
  /** Waits until a request fits. @throws PausedError `budget-reached` when none will. */
  enter(): Promise<void>;
  /** @param usage Of the reply, or null where none came or its tokens are not told. */
  leave(usage: Usage | null, ending: 'answered' | 'failed'): void;
  /** Cost of this call's replies so far; null where it is not known. */
  cost(): number | null;
}

/** Tokens that a prompt with an image is taken for until one was answered. */
const firstInputGuess = 2_000;

/** @throws ConfigError `price-unknown` */
export function createBudget(options: BudgetOptions): Budget {
  const { maxCost = Number.POSITIVE_INFINITY, price, before, name, maxOutputTokens } = options;
  requirePrice(price, options.maxCost, name);
  const spentBefore = costOf(price, before ?? null) ?? 0;
  let spent: number | null = price === null ? null : 0;
  // The dearest reply so far stands for the next; before the first, the longest that was asked for.
  let each = costOf(price, { inputTokens: firstInputGuess, outputTokens: maxOutputTokens }) ?? 0;
  let known = false;
  let inFlight = 0;
  let waiting: (() => void)[] = [];
  const fits = (): boolean => spentBefore + (spent ?? 0) + (inFlight + 1) * each <= maxCost;

  return {
    cost: () => spent,
    enter: async () => {
      while (!fits()) {
        if (inFlight === 0) throw reached(options, spentBefore + (spent ?? 0));
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      inFlight++;
    },
    leave: (usage, ending) => {
      inFlight--;
      const cost = costOf(price, usage);
      if (cost !== null) {
        each = known ? Math.max(each, cost) : cost;
        known = true;
      }
      // A reply that does not tell its tokens makes the sum unknown; against a budget it counts as the dearest.
      if (ending === 'answered' && spent !== null) spent = sumOf(spent, cost, Number.isFinite(maxCost) ? each : null);
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };

  function sumOf(sum: number, cost: number | null, instead: number | null): number | null {
    const added = cost ?? instead;
    return added === null ? null : sum + added;
  }

  function reached({ maxCost: most = 0, currency }: BudgetOptions, total: number): PausedError {
    const amount = (value: number): string => formatMoney(value, currency);
    const so = total === 0 ? `one request may cost ${amount(each)}` : `${amount(total)} are spent`;
    return new PausedError(
      'budget-reached',
      `paused: the budget of ${amount(most)} allows no further request (${so})`,
      {
        remedy: 'Raise generation.maxCost and give the same command again: it goes on, and nothing is asked twice.',
      },
    );
  }
}
