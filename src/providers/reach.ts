/** Is a provider there, and does it take the key? Asks for descriptions of models only: no image and no prompt is sent. */
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { bounded } from './bounded.js';
import { redact } from './secret.js';

export interface ReachOptions {
  /** Address that describes the model, or lists models. */
  url: string;
  /** Model to find in OpenAI's form of a list; left out where the address is that of the model itself. */
  listed?: string | undefined;
  /** Header that carries the key, and its value; null where there is none to try. */
  key: { header: string; value: string } | null;
  /** The key itself, which no message may hold. */
  secret: string;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export type Reach =
  /** The model is there and the key (if any) was taken. */
  | { kind: 'usable' }
  /** It answered, but asks for a key and none was given. */
  | { kind: 'no-key' }
  | { kind: 'key-refused'; status: number }
  | { kind: 'model-unknown' }
  | { kind: 'other-status'; status: number }
  | { kind: 'unreachable'; reason: string };

/** Never rejects; what it says holds no key. */
export async function reachProvider({
  url,
  listed,
  key,
  secret,
  timeoutMs = 10_000,
  signal,
}: ReachOptions): Promise<Reach> {
  try {
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, {
      // A redirect would take the key along.
      redirect: 'manual',
      headers: key === null ? {} : { [key.header]: key.value },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (listed !== undefined && response.ok) return find(listed, await bounded(response, url).json());
    await response.body?.cancel();
    return read(response.status, key !== null);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
    const reason = `${messageOf(error)}${cause}`;
    return { kind: 'unreachable', reason: redact(reason, secret) };
  }
}

const listSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

function find(model: string, answer: unknown): Reach {
  const list = listSchema.safeParse(answer);
  if (!list.success) return { kind: 'unreachable', reason: 'what answers there lists no models' };
  return { kind: list.data.data.some(({ id }) => id === model) ? 'usable' : 'model-unknown' };
}

function read(status: number, hasKey: boolean): Reach {
  if (status >= 200 && status < 300) return { kind: 'usable' };
  // Gemini answers 400 to a key that is none, 403 to a missing one; others 401.
  if ([400, 401, 403].includes(status)) return hasKey ? { kind: 'key-refused', status } : { kind: 'no-key' };
  if (status === 404) return { kind: 'model-unknown' };
  return { kind: 'other-status', status };
}
