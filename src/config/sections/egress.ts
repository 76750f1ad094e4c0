/** Section `egress`: the consents by which images, and texts about them, may leave this machine. */
import { z } from 'zod';

/** Consent for reports and captions, apart from that for images: a text tells more of a person than a picture does. */
const textSchema = z.strictObject({
  /** Consent. Without it the context of images (`--map context=report`) stays here, and the images go alone. */
  allow: z.boolean().default(false),
  /** Why this is permitted, kept with the run. */
  reason: z.string().default(''),
});

/** Whether images may leave this machine. A base URL that is not loopback is refused without it. */
export const egressSchema = z.strictObject({
  /** Consent. Without it only addresses of this machine are sent anything. */
  allow: z.boolean().default(false),
  /** Why this is permitted, kept with the run: data agreement, public data set, de-identified, ... */
  reason: z.string().default(''),
  /** Providers (gemini, openai) or hosts that may get them; every configured one when left out. */
  only: z.array(z.string().min(1)).optional(),
  /** Whether reports and captions go with the images; only those in which names, dates and numbers were masked ever do. */
  text: textSchema.optional(),
});
export type EgressConfig = z.output<typeof egressSchema>;
