/** What one generation holds while it runs, for all of its requests. Types only. */
import type { BatchClient } from '../providers/batch/batch-client.js';
import type { Provider } from '../providers/provider.js';
import type { Consent } from './asking/egress-consent.js';
import type { ImageReader } from './asking/image-to-send.js';
import type { RequestParameters } from './asking/generation-request.js';
import type { Breaker } from './asking/provider-breaker.js';
import type { Gate } from './asking/rate-limit.js';
import type { RetryOptions } from './asking/retry-request.js';
import type { Budget } from './cost/cost-budget.js';
import type { ProgressTracker } from './generation-progress.js';
import type { Inquiry } from './inquiries/inquiry.js';
import type { VersionWatch } from './replies/model-version.js';
import type { ReplyCache } from './replies/reply-cache.js';
import type { UselessWatch } from './replies/useless-replies.js';
import type { Stop } from './stop-generation.js';

/** How batches are asked. Times are in milliseconds. */
export interface BatchRun {
  client: BatchClient;
  /** Folder of what is written down of them. */
  folder: string;
  /** False: only batches that were begun earlier are collected, and each other request is asked by itself. */
  asks: boolean;
  /** Most requests of one batch. */
  requests: number;
  /** Batches at work at a time. */
  atOnce: number;
  /** First wait before a batch is looked at; it grows to `longestPollMs`. */
  pollMs: number;
  longestPollMs: number;
  /** How long a provider may take to list a batch that was begun, so that it is not begun again. */
  listedAfterMs: number;
  /** Whether batches end with this process: the demo's teacher is part of it. */
  endWithProcess: boolean;
}

export interface Performance {
  provider: Provider;
  cache: ReplyCache;
  inquiry: Inquiry;
  root: string;
  readImage: ImageReader;
  parameters: RequestParameters;
  /** Of a second request, where the first reply was cut off; 0 asks for none. */
  truncatedRetryTokens: number;
  /** Longest reply taken; 8 for each token that was asked for when left out. */
  maxReplyCharacters: number | undefined;
  /** Replies that were cut off, and are looked up again when their second request is repeated: counted once. */
  counted: Set<string>;
  retry: RetryOptions;
  gate: Gate;
  budget: Budget;
  consent: Consent;
  breaker: Breaker;
  useless: UselessWatch;
  versions: VersionWatch;
  /** How batches are asked; null where each request is asked by itself. */
  batches: BatchRun | null;
  progress: ProgressTracker;
  stop: Stop;
}
