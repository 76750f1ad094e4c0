/**
 * Keeps a generation below the most it may cost. A request starts only where its reserve still fits; when none is on its
 * way and none fits any more, the generation pauses, so nothing that is paid for is thrown away.
 */
import { PausedError } from '../../errors.js';
import { formatMoney } from '../../format.js';
import type { Usage } from '../../providers/provider.js';
import type { AskingSection } from '../inquiries/asking-section.js';
import type { CacheTotals } from '../replies/reply-cache-lines.js';
import { costOf, costOfSum, requirePrice, type Price } from './prices.js';

export interface BudgetOptions {
  /** Over all requests whose replies the cache holds and those to come; none when left out. */
  maxCost?: number | undefined;
  currency: string;
  price: Price | null;
  /** Of the model, as the cache has them; undefined where it has none. */
  before: CacheTotals | undefined;
  section: AskingSection;
  /** `provider/model`, for messages. */
  name: string;
  maxOutputTokens: number;
}

export interface Budget {
  /**
   * Waits until a request fits, at the most that it may cost. @throws PausedError `budget-reached` when none will.
   * @param maxOutputTokens Of this request, where it is another than usual.
   */
  enter(maxOutputTokens?: number): Promise<Reserve>;
  /**
   * The same for a request in a batch, at once: why it does not fit now, where it does not. Until a reply tells how long
   * prompts are, batches may take a tenth of the budget.
   * @param isSent Of one that a batch holds already: it is held back whatever there is.
   */
  hold(maxOutputTokens: number, isSent: boolean): Reserve | PausedError;
  /** @param usage Of the reply, or null where none came or its tokens are not told. */
  leave(reserve: Reserve, usage: Usage | null, ending: 'answered' | 'failed'): void;
  /** Cost of this call's replies so far; null where it is not known. */
  cost(): number | null;
}

/** What is held back for one request. */
export interface Reserve {
  readonly cost: number;
}

/** Tokens that a prompt with an image is taken for until one was answered. */
const firstInputGuess = 2_000;

/** @throws ConfigError `price-unknown` */
export function createBudget(options: BudgetOptions): Budget {
  const { maxCost = Number.POSITIVE_INFINITY, price, before, name, maxOutputTokens } = options;
  requirePrice(price, options.maxCost, { name, section: options.section });
  const spentBefore = costOfSum(price, before) ?? 0;
  let spent: number | null = price === null ? null : 0;
  // The longest prompt so far stands for the next, with the longest reply that is asked for, or came in spite of that.
  let longestInput = 0;
  let longestOutput = 0;
  let dearest = 0;
  let inFlight = 0;
  let reserved = 0;
  let waiting: (() => void)[] = [];
  const isBounded = Number.isFinite(maxCost);
  const reserveFor = (outputTokens: number, isBatch?: true): number =>
    costOf(price, {
      inputTokens: longestInput === 0 ? firstInputGuess : longestInput,
      outputTokens: Math.max(outputTokens, longestOutput),
      isBatch,
    }) ?? 0;
  const fits = (cost: number): boolean => {
    // Until a reply tells how long prompts are, one goes ahead of the others.
    if (isBounded && longestInput === 0 && inFlight > 0) return false;
    return spentBefore + (spent ?? 0) + reserved + cost <= maxCost;
  };

  const take = (cost: number): Reserve => {
    inFlight++;
    reserved += cost;
    return { cost };
  };

  return {
    cost: () => spent,
    enter: async (outputTokens = maxOutputTokens) => {
      let cost = reserveFor(outputTokens);
      for (; !fits(cost); cost = reserveFor(outputTokens)) {
        if (inFlight === 0) throw reached(options, spentBefore + (spent ?? 0), cost);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return take(cost);
    },
    hold: (outputTokens, isSent) => {
      const cost = reserveFor(outputTokens, true);
      const total = spentBefore + (spent ?? 0) + reserved + cost;
      const isGuess = isBounded && longestInput === 0 && inFlight > 0;
      if (isSent || total <= (isGuess ? maxCost / 10 : maxCost)) return take(cost);
      return reached(options, spentBefore + (spent ?? 0), cost);
    },
    leave: (reserve, usage, ending) => {
      inFlight--;
      reserved = inFlight === 0 ? 0 : reserved - reserve.cost;
      const cost = costOf(price, usage);
      longestInput = Math.max(longestInput, usage?.inputTokens ?? 0);
      longestOutput = Math.max(longestOutput, usage?.outputTokens ?? 0);
      dearest = Math.max(dearest, cost ?? 0);
      // A reply that does not tell its tokens makes the sum unknown; against a budget it counts as the dearest could.
      const instead = Math.max(dearest, reserve.cost);
      if (ending === 'answered' && spent !== null) spent = sumOf(spent, cost, isBounded ? instead : null);
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };

  function sumOf(sum: number, cost: number | null, instead: number | null): number | null {
    const added = cost ?? instead;
    return added === null ? null : sum + added;
  }

  function reached({ maxCost: most = 0, currency }: BudgetOptions, total: number, each: number): PausedError {
    const amount = (value: number): string => formatMoney(value, currency);
    const may = `one may cost ${amount(each)}`;
    const so = total === 0 ? may : `${amount(total)} are spent, ${may}`;
    return new PausedError(
      'budget-reached',
      `paused: the budget of ${amount(most)} allows no further request (${so})`,
      {
        remedy: `Raise ${options.section}.maxCost and give the same command again: it goes on, and nothing is asked twice.`,
      },
    );
  }
}
