/**
 * Can the generator be asked? Its API key (never shown), its server, or its model on this machine. A server is asked only
 * where wanted: that goes online.
 */
import { geminiUrl } from '../../config/egress-rule.js';
import { sectionOf, type Asked } from '../../config/asking/asked-providers.js';
import type { AskingSection } from '../../generation/inquiries/asking-section.js';
import { messageOf } from '../../errors.js';
import { reachProvider, type Reach } from '../../providers/reach-provider.js';
import { requireHeaderSafe } from '../../providers/secret.js';
import { failed, note, ok, warning, type Check } from './check.js';
import { checkLocalModel } from './check-models.js';

export interface ProviderOptions {
  /** Who is asked: the generator, or a judge. */
  asked: Asked;
  section: AskingSection;
  /** Whether a configuration was given: without one, nothing is known to need the key. */
  configured: boolean;
  online: boolean;
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal | undefined;
}

/** A server that writes samples. */
interface Server {
  /** Its section of the configuration. */
  section: `${AskingSection}.${'gemini' | 'openai'}`;
  baseUrl: string;
  model: string;
  /** Variable that holds its key; undefined where it takes none. */
  keyVariable: string | undefined;
  keyHeader: (key: string) => { header: string; value: string };
  /** Address that says whether the model is there: its own, or that of a list of models. */
  url: string;
  lists: boolean;
  /** What to do where nobody answers. */
  unreachable: string;
}

export async function checkProvider(options: ProviderOptions): Promise<Check[]> {
  const { asked, section, configured } = options;
  const { provider } = asked;
  if (!configured || provider === 'gemini')
    return checkServer(geminiOf(asked, section), provider === 'gemini', options);
  if (provider === 'openai') return checkServer(openAiOf(asked, section), true, options);
  if (provider === 'local') return [checkLocalModel(asked, section, options.env)];
  if (provider === 'own') return [ok('generator', 'own: what it needs is not known here')];
  return [ok(section === 'verify' ? 'judge' : 'generator', `${provider}: needs no key and sends nothing`)];
}

function geminiOf({ gemini: { apiKeyEnv, model, baseUrl = geminiUrl } }: Asked, section: AskingSection): Server {
  const server = { section: `${section}.gemini`, baseUrl, model, keyVariable: apiKeyEnv, lists: false } as const;
  return {
    ...server,
    keyHeader: (value) => ({ header: 'x-goog-api-key', value }),
    url: `${withoutSlash(baseUrl)}/v1beta/models/${encodeURIComponent(model)}`,
    unreachable: `Check the network, a proxy (HTTPS_PROXY), and ${section}.gemini.baseUrl.`,
  };
}

/** Every server of this kind lists its models; few tell about a single one. */
function openAiOf(asked: Asked, section: AskingSection): Server {
  const { apiKeyEnv, model, baseUrl } = sectionOf(asked, 'openai');
  const server = { section: `${section}.openai`, baseUrl, model, keyVariable: apiKeyEnv, lists: true } as const;
  return {
    ...server,
    keyHeader: (value) => ({ header: 'authorization', value: `Bearer ${value}` }),
    url: `${withoutSlash(baseUrl)}/models`,
    unreachable: `Start the server (vLLM: vllm serve ${model}), or mend ${section}.openai.baseUrl.`,
  };
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

async function checkServer(
  server: Server,
  needed: boolean,
  { online, env, signal }: ProviderOptions,
): Promise<Check[]> {
  const { baseUrl, model, keyVariable, keyHeader, url, lists } = server;
  const host = new URL(baseUrl).host;
  const key = keyVariable === undefined ? '' : (env[keyVariable]?.trim() ?? '');
  const checks = keyVariable === undefined ? [] : [keyCheck(keyVariable, key, needed)];
  if (!online)
    return checks.length > 0 ? checks : [note('generator', `${model} at ${host}, without a key; --online asks it`)];
  const usable = key !== '' && checks[0]?.status === 'ok';
  const reach = await reachProvider({
    url,
    key: usable ? keyHeader(key) : null,
    secret: key,
    listed: lists ? model : undefined,
    signal,
  });
  return [...checks, reachCheck(reach, server, needed)];
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

function reachCheck(
  reach: Reach,
  { baseUrl, model, section, keyVariable, unreachable }: Server,
  needed: boolean,
): Check {
  const host = new URL(baseUrl).host;
  // A provider that nothing was configured for may stay away.
  const bad = needed ? failed : warning;
  switch (reach.kind) {
    case 'usable':
      return ok('provider', `${host} answers and knows ${model}`);
    case 'no-key':
      if (keyVariable === undefined)
        return bad('provider', `${host} asks for a key`, `Name the variable that holds it: ${section}.apiKeyEnv.`);
      return note('provider', `${host} answers; without a key no more can be said`);
    case 'key-refused':
      return bad(
        'provider',
        `${host} refuses the key (HTTP ${reach.status})`,
        'Check the key, and that its project may use this API.',
      );
    case 'model-unknown':
      return bad('provider', `${host} knows no model ${model}`, `Name a model it serves in ${section}.model.`);
    case 'other-status':
      return bad(
        'provider',
        `${host} answers HTTP ${reach.status}`,
        'Try again later; see the provider’s status page.',
      );
    case 'unreachable':
      return bad('provider', `${host} cannot be reached: ${reach.reason}`, unreachable);
  }
}
