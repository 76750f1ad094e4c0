/** Section `egress`: the consent by which images may leave this machine. */
import { z } from 'zod';

/** Whether images may leave this machine. A base URL that is not loopback is refused without it. */
export const egressSchema = z.strictObject({
  /** Consent. Without it only addresses of this machine are sent anything. */
  allow: z.boolean().default(false),
  /** Why this is permitted, kept with the run: data agreement, public data set, de-identified, ... */
  reason: z.string().default(''),
  /** Providers (gemini, openai) or hosts that may get them; every configured one when left out. */
  only: z.array(z.string().min(1)).optional(),
});
export type EgressConfig = z.output<typeof egressSchema>;
