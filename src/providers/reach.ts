/** Is a provider there, and does it take the key? Asks for the model's description only: no image and no prompt is sent. */
import { messageOf } from '../errors.js';
import { redact } from './secret.js';

export interface ReachOptions {
  /** Address that describes the model. */
  url: string;
  /** Header that carries the key, and the key; null where there is none to try. */
  key: { header: string; value: string } | null;
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
export async function reachProvider({ url, key, timeoutMs = 10_000, signal }: ReachOptions): Promise<Reach> {
  try {
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, {
      // A redirect would take the key along.
      redirect: 'manual',
      headers: key === null ? {} : { [key.header]: key.value },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    await response.body?.cancel();
    return read(response.status, key !== null);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
    const reason = `${messageOf(error)}${cause}`;
    return { kind: 'unreachable', reason: key === null ? reason : redact(reason, key.value) };
  }
}

function read(status: number, hasKey: boolean): Reach {
  if (status >= 200 && status < 300) return { kind: 'usable' };
  // Gemini answers 400 to a key that is none, 403 to a missing one; others 401.
  if ([400, 401, 403].includes(status)) return hasKey ? { kind: 'key-refused', status } : { kind: 'no-key' };
  if (status === 404) return { kind: 'model-unknown' };
  return { kind: 'other-status', status };
}
