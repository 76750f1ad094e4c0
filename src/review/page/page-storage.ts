/** What this browser remembers of one run's desk: the reader's name, drafts of comments, what is not sent yet. */

/** The token in the path stands for the run: two runs at one port do not mix. */
export const storagePrefix = `medgr2-review:${location.pathname}:`;

/** A browser may forbid storage, or have no room left. */
function storageOrNone(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

const storage = storageOrNone();

export function recall(name: string): string | null {
  return storage?.getItem(storagePrefix + name) ?? null;
}

/** For comfort only: what must not be lost goes by the outbox, which says where it could not be kept. */
export function remember(name: string, value: string | null): void {
  try {
    if (value === null) storage?.removeItem(storagePrefix + name);
    else storage?.setItem(storagePrefix + name, value);
  } catch {
    // Asked again after a reload.
  }
}

/** `localStorage`, or one that keeps nothing and says so. */
export const outboxStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'> = storage ?? {
  length: 0,
  key: () => null,
  getItem: () => null,
  removeItem: () => {},
  setItem: () => {
    throw new Error('this browser keeps nothing');
  },
};
