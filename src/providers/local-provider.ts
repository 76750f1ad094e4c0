/**
 * A VLM that runs on this machine as a job: requests gather, a job answers them in batches, replies come back one by one.
 * Knows no job itself: what runs one is given, so that this stays testable without Python.
 */
import { ProviderCallError } from './call-error.js';
import type { Provider, ProviderReply, ProviderRequest } from './provider.js';
import { jsonForm } from './reply-form.js';

export interface LocalPrompt {
  /** Position within the job. */
  id: string;
  /** Absolute path. */
  image: string;
  /** System text, the reply's form and the prompt in one: not every chat format has a system turn. */
  prompt: string;
}

export interface LocalReply {
  id: string;
  text: string;
  /** False where the length ran out. */
  finished: boolean;
  promptTokens: number;
  tokens: number;
}

export interface LocalJob {
  prompts: readonly LocalPrompt[];
  temperature: number;
  maxNewTokens: number;
  signal: AbortSignal | undefined;
}

export interface LocalOptions {
  model: string;
  /** Requests of one job at most. */
  requestsPerJob: number;
  /** Runs one job and tells each reply as soon as it is there. Resolves when the job is done. */
  run: (job: LocalJob, onReply: (reply: LocalReply) => void) => Promise<void>;
  /** How long to wait for more requests before a job starts, in milliseconds (default 300). */
  gatherMs?: number | undefined;
}

interface Pending {
  request: ProviderRequest;
  resolve: (reply: ProviderReply) => void;
  reject: (error: unknown) => void;
}

/** Provider name `local`. A failed job rejects with the job's own error: its remedy is about the machine, not about a call. */
export function localProvider({ model, requestsPerJob, run, gatherMs = 300 }: LocalOptions): Provider {
  const queue: Pending[] = [];
  let timer: NodeJS.Timeout | null = null;
  let working = false;

  const soon = (): void => {
    if (working || queue.length === 0) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void work(), queue.length >= requestsPerJob ? 0 : gatherMs);
  };
  const work = async (): Promise<void> => {
    timer = null;
    // A job has one limit of tokens: requests with another wait for the next.
    const limit = queue[0]?.request.maxOutputTokens;
    const alike = queue.filter(({ request }) => request.maxOutputTokens === limit).slice(0, requestsPerJob);
    for (const one of alike) queue.splice(queue.indexOf(one), 1);
    const batch = alike.filter(({ request, reject }) => {
      if (request.signal?.aborted) reject(cancelled(model));
      return !request.signal?.aborted;
    });
    const [first] = batch;
    if (first === undefined) return soon();
    working = true;
    await answer(batch, { run, model });
    working = false;
    soon();
  };
  return {
    name: 'local',
    model,
    endpoint: null,
    capabilities: { structuredOutput: 'none', usage: 'always' },
    complete: (request) =>
      new Promise((resolve, reject) => {
        queue.push({ request, resolve, reject });
        soon();
      }),
  };
}

/** Never rejects: what goes wrong is told to those who wait. */
async function answer(batch: readonly Pending[], { run, model }: Pick<LocalOptions, 'run' | 'model'>): Promise<void> {
  const first = batch[0]?.request;
  if (first === undefined) return;
  const waiting = new Map(batch.map((pending, index) => [String(index), pending]));
  const prompts = batch.map(({ request }, index) => ({
    id: String(index),
    image: request.image.path,
    prompt: localPrompt(request),
  }));
  // All requests of a generation share these.
  const { temperature, maxOutputTokens: maxNewTokens, signal } = first;
  try {
    await run({ prompts, temperature, maxNewTokens, signal }, (reply) => {
      waiting.get(reply.id)?.resolve(replyOf(reply));
      waiting.delete(reply.id);
    });
    for (const { reject } of waiting.values()) reject(unanswered(model));
  } catch (thrown) {
    for (const { reject } of waiting.values()) reject(signal?.aborted ? cancelled(model) : thrown);
  }
}

/** The text a local generator reads, and learns from when it is fine-tuned. */
export function localPrompt({
  system,
  prompt,
  responseSchema,
}: Pick<ProviderRequest, 'system' | 'prompt' | 'responseSchema'>): string {
  return `${system}\n\n${jsonForm(responseSchema)}\n\n${prompt}`;
}

function replyOf({ text, finished, promptTokens, tokens }: LocalReply): ProviderReply {
  const finish = finished ? (text.trim() === '' ? 'empty' : 'stop') : 'max-tokens';
  return { text, finish, usage: { inputTokens: promptTokens, outputTokens: tokens } };
}

const cancelled = (model: string): ProviderCallError =>
  new ProviderCallError('The call was cancelled.', { failure: 'cancelled', where: `local/${model}` });

const unanswered = (model: string): ProviderCallError =>
  new ProviderCallError('The job ended without an answer to this request.', {
    failure: 'unreadable',
    where: `local/${model}`,
    remedy: 'Read the log of the job in the run folder.',
  });
