/** What a generation can be told. Types only. */
import type { BatchingProvider } from '../providers/batch/batch-client.js';
import type { Provider } from '../providers/provider.js';
import type { Egress } from './asking/egress-consent.js';
import type { Prices } from './cost/prices.js';
import type { BatchRun } from './generation-run.js';
import type { GenerationEvent } from './generation-progress.js';
import type { Inquiry } from './inquiries/inquiry.js';
import type { ReplyCache } from './replies/reply-cache.js';
import type { TaskList } from './asking/generation-request.js';
import type { RetryOptions } from './asking/retry-request.js';

export interface GenerateOptions {
  tasks: TaskList;
  provider: Provider | BatchingProvider;
  cache: ReplyCache;
  /** What the tasks are asked for. */
  inquiry: Inquiry;
  /** Folder that relative image paths start from (default: the working folder). */
  root?: string | undefined;
  /** Requests at a time (default 8). */
  concurrency?: number | undefined;
  /**
   * Asks in batches, where the provider has them: later and cheaper (default: each request by itself). A generation that
   * was stopped is to be given the same folder, or what its batches bring is lost.
   */
  batches?: (Pick<BatchRun, 'folder'> & Partial<Omit<BatchRun, 'client'>>) | undefined;
  /** Sampling temperature (default 1). */
  temperature?: number | undefined;
  /** Longest reply (default 1024 tokens). */
  maxOutputTokens?: number | undefined;
  /** Longest second reply, where the first was cut off; no second one is asked for when left out. */
  truncatedRetryTokens?: number | undefined;
  /** Default: 6 tries within about half a minute, longer where the provider asks for a wait of up to 2 minutes. */
  retry?: Partial<RetryOptions> | undefined;
  /** What the provider allows in a minute (default: whatever it does not refuse). */
  limits?: Limits | undefined;
  /** What a token costs (default: nobody knows). */
  pricing?: Pricing | undefined;
  /** Needed where the provider is not on this machine: the consent, and where to write down what is sent. */
  egress?: Egress | undefined;
  /** Longest reply in characters, for servers that do not heed the tokens (default 8 for each token). */
  maxReplyCharacters?: number | undefined;
  /** Failed requests in a row that stop the generation, or make it wait where it was answered before (default 8). */
  failuresInARow?: number | undefined;
  /**
   * Waits before what was not answered is asked again, when all else is done; each time answers came they begin anew
   * (default 15, 30 and 60 s).
   */
  waitsMs?: readonly number[] | undefined;
  /** Share of the requests that may stay unanswered in the end (default 0). */
  maxUnanswered?: number | undefined;
  /** Share of the latest replies that may be of no use (default 0.9); 1 never stops. */
  maxUseless?: number | undefined;
  /** What a person should know while it goes on. */
  onNotice?: ((message: string) => void) | undefined;
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
