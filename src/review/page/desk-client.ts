/** The server's interface as functions, and as queries that the page caches. A reply of this server is trusted: page and server come from one build. */
import type {
  DisputedReply,
  Progress,
  QueueReply,
  ReviewError,
  ReviewItem,
  Session,
  UndoReply,
  UndoRequest,
  VerdictReply,
  VerdictRequest,
} from '../review-messages.js';
import { decodePicture } from './picture-pixels.js';

/** `unreachable`: nothing was decided, ask again. `refused`: the server said no, and asking again changes nothing. */
export class DeskError extends Error {
  override readonly name = 'DeskError';

  constructor(
    readonly kind: 'unreachable' | 'refused',
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** After this long a server counts as dead, in milliseconds. */
const patience = 15_000;

/** The server keeps its token with the run, and its port where nobody else took it. */
const restart = (): string =>
  `Start “medgr2 review” again in its terminal, with --port ${location.port} if it would open another address; this page goes on by itself.`;

async function reach(path: string, init: RequestInit = {}): Promise<Response> {
  let reply: Response;
  try {
    // Relative: the document lies below the token.
    reply = await fetch(path, { ...init, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new DeskError('unreachable', 'The server does not answer', restart());
  }
  if (reply.ok) return reply;
  const told = (await reply.json().catch(() => null)) as ReviewError | null;
  if (told === null && reply.status === 404)
    throw new DeskError(
      'unreachable',
      'This address is no longer served',
      'Open the address that “medgr2 review” printed last.',
    );
  throw new DeskError(
    reply.status >= 500 || told === null ? 'unreachable' : 'refused',
    told?.error.message ?? `The server failed (${reply.status})`,
    told?.error.remedy ?? restart(),
  );
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const reply = await reach(path, init);
  try {
    return (await reply.json()) as T;
  } catch {
    throw new DeskError('unreachable', 'The server broke off in the middle', restart());
  }
}

const post = <T>(path: string, body: unknown): Promise<T> =>
  json<T>(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

const as = (reader: string): string => `reader=${encodeURIComponent(reader)}`;

export const desk = {
  session: () => json<Session>('api/session'),
  queue: (reader: string) => json<QueueReply>(`api/queue?${as(reader)}`),
  item: (id: string, reader: string) => json<ReviewItem>(`api/items/${encodeURIComponent(id)}?${as(reader)}`),
  progress: (reader: string) => json<Progress>(`api/progress?${as(reader)}`),
  disputed: () => json<DisputedReply>('api/disputed'),
  bytes: async (path: string) => new Uint8Array(await (await reach(path)).arrayBuffer()),
  judge: (body: VerdictRequest) => post<VerdictReply>('api/verdicts', body),
  undo: (body: UndoRequest) => post<UndoReply>('api/undo', body),
};

/** Kept until the page itself changes it: each sample is judged as it was when it was first shown. */
const kept = { staleTime: Infinity };

export const queries = {
  session: () => ({ queryKey: ['session'], queryFn: desk.session, ...kept }),
  queue: (reader: string) => ({ queryKey: ['queue', reader], queryFn: () => desk.queue(reader), ...kept }),
  item: (id: string, reader: string) => ({
    queryKey: ['item', reader, id],
    queryFn: () => desk.item(id, reader),
    ...kept,
  }),
  picture: ({ path, bits }: Pick<ReviewItem['image'], 'path' | 'bits'>) => ({
    queryKey: ['picture', path],
    queryFn: async () => decodePicture(await desk.bytes(path), bits),
    ...kept,
    // Decoded images are large: this one, the one before, and the next.
    gcTime: 20_000,
  }),
  progress: (reader: string) => ({ queryKey: ['progress', reader], queryFn: () => desk.progress(reader) }),
  disputed: () => ({ queryKey: ['disputed'], queryFn: desk.disputed }),
};
