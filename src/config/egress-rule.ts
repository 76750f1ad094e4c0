/** Where a configuration's images would be sent, and whether it says that they may. One rule for loading and for sending. */
import { z } from 'zod';
import { egressSchema, type EgressConfig } from './sections/egress.js';
import type { Asked } from './asking/asked-providers.js';
import { generationSchema } from './sections/generation.js';
import { verifySchema } from './asking/verify.js';
import { isLoopback } from './loopback.js';

/** Where Gemini's client sends images when no base URL is set. */
export const geminiUrl = 'https://generativelanguage.googleapis.com';

export interface Destination {
  /** Name of the provider. */
  provider: string;
  /** Host and port that images go to. */
  host: string;
}

/**
 * The host that a provider's images leave this machine for, or null where they stay. In doubt they leave: Ollama passes
 * models whose names end in `cloud` on to its own servers, also from a loopback address.
 */
export function destinationOf(provider: string, model: string, endpoint: string | null): Destination | null {
  if (endpoint === null) return null;
  if (!isLoopback(endpoint)) return { provider, host: URL.canParse(endpoint) ? new URL(endpoint).host : endpoint };
  return /[:-]cloud$/.test(model) ? { provider, host: 'ollama.com' } : null;
}

export interface EgressProblem {
  key: 'allow' | 'reason' | 'only' | 'text';
  message: string;
}

/** Why images may not go there, with the key of `egress` that says so; null where they may. */
export function egressProblem(
  { provider, host }: Destination,
  { allow, reason, only, text }: EgressConfig,
): EgressProblem | null {
  if (!allow)
    return {
      key: 'allow',
      message: `images would be sent to ${host}, which is not this machine: set egress.allow: true and egress.reason`,
    };
  if (reason.trim() === '') return { key: 'reason', message: `say why images may be sent to ${host}` };
  if (only !== undefined && !only.includes(provider) && !only.includes(host))
    return { key: 'only', message: `neither ${provider} nor ${host} is among those that may get images` };
  if (text?.allow === true && text.reason.trim() === '')
    return { key: 'text', message: `say in text.reason why reports or captions may be sent to ${host}` };
  return null;
}

/** Null where nothing leaves this machine. */
export function configuredDestination({ provider, gemini, openai }: Asked): Destination | null {
  if (provider === 'gemini') return destinationOf(provider, gemini.model, gemini.baseUrl ?? geminiUrl);
  if (provider === 'openai' && openai !== undefined) return destinationOf(provider, openai.model, openai.baseUrl);
  return null;
}

const readableSchema = z.object({
  generation: generationSchema,
  verify: verifySchema.prefault({}),
  egress: egressSchema,
});

/** The problem of a whole configuration, also where other sections of it are wrong; null where there is none. */
export function egressProblemOf(config: unknown): EgressProblem | null {
  const { data } = readableSchema.safeParse(config);
  if (data === undefined) return null;
  const { generation, verify, egress } = data;
  for (const asked of verify.enabled ? [generation, verify] : [generation]) {
    const destination = configuredDestination(asked);
    const problem = destination === null ? null : egressProblem(destination, egress);
    if (problem !== null) return problem;
  }
  return null;
}
