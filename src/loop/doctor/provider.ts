/** Is the API key there (it is never shown), and does the provider answer? The latter only where asked: it goes online. */
import { geminiUrl } from '../../config/egress.js';
import type { Config } from '../../config/schema.js';
import { messageOf } from '../../errors.js';
import { reachProvider, type Reach } from '../../providers/reach.js';
import { requireHeaderSafe } from '../../providers/secret.js';
import { failed, note, ok, warning, type Check } from './check.js';

export interface ProviderOptions {
  generation: Config['generation'];
  /** Whether a configuration was given: without one, nothing is known to need the key. */
  configured: boolean;
  online: boolean;
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal | undefined;
}

export async function checkProvider(options: ProviderOptions): Promise<Check[]> {
  const { generation, configured, online, env } = options;
  const needed = generation.provider === 'gemini';
  if (configured && !needed) return [ok('generator', `${generation.provider}: needs no key and sends nothing`)];
  const { apiKeyEnv, model, baseUrl = geminiUrl } = generation.gemini;
  const key = env[apiKeyEnv]?.trim() ?? '';
  const checks = [keyCheck(apiKeyEnv, key, needed)];
  if (!online) return checks;
  const usable = key !== '' && checks[0]?.status === 'ok';
  const reach = await reachProvider({
    url: `${baseUrl.replace(/\/+$/, '')}/v1beta/models/${encodeURIComponent(model)}`,
    key: usable ? { header: 'x-goog-api-key', value: key } : null,
    signal: options.signal,
  });
  return [...checks, reachCheck(reach, { host: new URL(baseUrl).host, model, needed })];
}

function keyCheck(variable: string, key: string, needed: boolean): Check {
  const remedy = `export ${variable}=… before the command; keys never stand in a configuration.`;
  if (key === '') {
    if (needed) return failed('API key', `${variable} is not set`, remedy);
    return note('API key', `${variable} is not set; the simulated teacher needs none, Gemini would`, remedy);
  }
  try {
    requireHeaderSafe(key, variable);
    return ok('API key', `${variable} is set`);
  } catch (error) {
    return failed('API key', messageOf(error), 'Copy the key again; it is one run of letters, digits and signs.');
  }
}

function reachCheck(reach: Reach, { host, model, needed }: { host: string; model: string; needed: boolean }): Check {
  // A provider that nothing was configured for may stay away.
  const bad = needed ? failed : warning;
  switch (reach.kind) {
    case 'usable':
      return ok('provider', `${host} answers and knows ${model}`);
    case 'no-key':
      return note('provider', `${host} answers; without a key no more can be said`);
    case 'key-refused':
      return bad(
        'provider',
        `${host} refuses the key (HTTP ${reach.status})`,
        'Check the key, and that its project may use this API.',
      );
    case 'model-unknown':
      return bad('provider', `${host} knows no model ${model}`, 'Name a model it serves in generation.gemini.model.');
    case 'other-status':
      return bad(
        'provider',
        `${host} answers HTTP ${reach.status}`,
        'Try again later; see the provider’s status page.',
      );
    case 'unreachable':
      return bad(
        'provider',
        `${host} cannot be reached: ${reach.reason}`,
        'Check the network, a proxy (HTTPS_PROXY), and generation.gemini.baseUrl.',
      );
  }
}
