/** What the doctor says about one thing that medgr2 needs. */

/** `note` is worth knowing, `warning` may cost time or results, `failed` stops work until it is mended. */
export type CheckStatus = 'ok' | 'note' | 'warning' | 'failed';

/** What was found about one thing. */
export interface Check {
  /** What was looked at, such as `Node` or `package torch`. */
  name: string;
  status: CheckStatus;
  /** What was found, in one line; never a secret. */
  detail: string;
  /** What to do, where there is something to do. */
  remedy: string | null;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, remedy: null });

export const note = (name: string, detail: string, remedy: string | null = null): Check => ({
  name,
  status: 'note',
  detail,
  remedy,
});

export const warning = (name: string, detail: string, remedy: string): Check => ({
  name,
  status: 'warning',
  detail,
  remedy,
});

export const failed = (name: string, detail: string, remedy: string): Check => ({
  name,
  status: 'failed',
  detail,
  remedy,
});
