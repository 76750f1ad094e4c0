/** A lock that came along when the folder of a file in use was copied: its holder lives, and holds another. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { processIdentitySchema } from './process-identity.js';

/** What a lock file says: who holds it, and by which path. */
export const lockSchema = processIdentitySchema.extend({ token: z.string().optional() });

/**
 * Whether a lock came along with a copy of its folder. A folder that was moved is no copy, nor one that is seen by another path.
 * @param token A path beside the lock, as its holder sees it.
 */
export function isCopy(path: string, token: string): boolean {
  const made = dirname(token);
  if (made === dirname(resolve(path)) || !existsSync(made)) return false;
  const [original, found] = [join(made, basename(path)), path].map((one) => statSync(one, { throwIfNoEntry: false }));
  return original?.ino !== found?.ino || original?.dev !== found?.dev;
}
