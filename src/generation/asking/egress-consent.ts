/**
 * Consent for images to leave this machine, and the ledger egress.jsonl.
 * Nothing leaves this machine without consent, and nothing leaves it unrecorded. Stands before every request, so that it
 * holds for scripts too, which load no configuration. An image that is flagged as not de-identified never leaves.
 */
import { destinationOf, egressProblem } from '../../config/egress-rule.js';
import type { EgressConfig } from '../../config/sections/egress.js';
import { ConfigError } from '../../errors.js';
import type { Provider } from '../../providers/provider.js';
import type { GenerationTask } from './generation-request.js';

/** One request that left this machine: whose image went to whom, when and why. Holds no image and no text. */
export interface EgressRecord {
  /** ISO 8601, just before it was sent. */
  at: string;
  provider: string;
  model: string;
  host: string;
  /** sha256 of the image file's bytes, hex. */
  imageHash: string;
  /** Content address of the request, as in the reply cache. */
  request: string;
  /** From 1; a try that failed may have been received all the same. */
  attempt: number;
  /** The reason that the configuration gives. */
  reason: string;
}

export interface Egress {
  consent: EgressConfig;
  /** Called before each request; what cannot be written down is not sent. */
  onSend: (record: EgressRecord) => void;
}

export interface Consent {
  /** Why this image stays here, or null where it may be sent. */
  withhold(task: GenerationTask): string | null;
  record(task: Pick<GenerationTask, 'imageHash'>, request: string, attempt: number): void;
}

/** @throws ConfigError `egress-refused` */
export function requireConsent({ name, model, endpoint }: Provider, egress: Egress | undefined): Consent {
  const destination = destinationOf(name, model, endpoint);
  if (destination === null) return { withhold: () => null, record: () => undefined };
  const { host } = destination;
  const none: EgressConfig = { allow: false, reason: '' };
  const problem = egressProblem(destination, egress?.consent ?? none);
  if (problem !== null || egress === undefined)
    throw new ConfigError('egress-refused', problem?.message ?? `nothing may be sent to ${host}`, {
      remedy: 'Say in the configuration that images may leave this machine, to whom and why, or use a provider on it.',
      where: `egress.${problem?.key ?? 'allow'}`,
    });
  const { consent, onSend } = egress;
  return {
    withhold: ({ deidentified }) =>
      deidentified === false ? `The image is not de-identified, so it is not sent to ${host}.` : null,
    record: ({ imageHash }, request, attempt) =>
      onSend({
        at: new Date().toISOString(),
        provider: name,
        model,
        host,
        imageHash,
        request,
        attempt,
        reason: consent.reason,
      }),
  };
}
