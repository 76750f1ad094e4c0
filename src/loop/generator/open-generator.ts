/** Opens the generator a configuration names: Gemini, an OpenAI-compatible server, a local model, or the simulated teacher. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sectionOf } from '../../config/sections/generation.js';
import type { Config } from '../../config/schema.js';
import { ConfigError } from '../../errors.js';
import { geminiProvider } from '../../providers/gemini.js';
import { localProvider } from '../../providers/local-provider.js';
import { openAiProvider } from '../../providers/openai.js';
import type { Provider } from '../../providers/provider.js';
import { apiKeyFromEnvironment } from '../../providers/secret.js';
import { startTeacherServer } from '../../providers/simulated/simulated-server.js';
import type { OwnProvider } from '../parts/parts.js';
import type { TrainedGenerator } from './generator-state.js';
import { localRunner } from './local-generator.js';
import { runFiles } from '../folder/run-folder.js';
import type { StageContext } from '../stage.js';

export interface Generator extends AsyncDisposable {
  provider: Provider;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @param trained A local generator that was fine-tuned; null for the one configured. */
export async function openGenerator(context: StageContext, trained: TrainedGenerator | null): Promise<Generator> {
  const { generation } = context.config;
  switch (generation.provider) {
    case 'gemini': {
      const { timeoutSeconds, apiKeyEnv: _variable, ...gemini } = generation.gemini;
      const apiKey = providerKey(context.config) ?? '';
      return lasting(geminiProvider({ ...gemini, apiKey, timeoutMs: timeoutSeconds * 1000 }));
    }
    case 'openai': {
      const { timeoutSeconds, apiKeyEnv: _variable, ...openai } = sectionOf(generation, 'openai');
      const apiKey = providerKey(context.config) ?? undefined;
      return lasting(openAiProvider({ ...openai, apiKey, timeoutMs: timeoutSeconds * 1000 }));
    }
    case 'local': {
      const local = sectionOf(generation, 'local');
      const run = localRunner(context, local, trained?.path ?? local.model);
      // Replies of other weights are other replies: in the cache, and in the provenance of samples.
      const model = trained === null ? local.model : `${local.model}@${trained.version}`;
      return lasting(localProvider({ model, requestsPerJob: local.requestsPerJob, run }));
    }
    case 'simulated':
      return openTeacher(context);
    case 'own':
      return lasting(expectOwn(context.parts.provider));
  }
}

/** How many requests may be on their way at once. A local job answers as many as it is given. */
export function concurrencyOf({ provider, concurrency, local }: Config['generation']): number {
  return provider === 'local' && local !== undefined ? local.requestsPerJob : concurrency;
}

async function openTeacher({ config, data, runDir }: StageContext): Promise<Generator> {
  if (data.book === null)
    throw new ConfigError('no-teacher', 'the simulated teacher has no answers for this data', {
      remedy: 'Set generation.provider to gemini, openai or local, or use data whose answers are known.',
    });
  const countsFile = join(runDir, runFiles.teacherCounts);
  mkdirSync(dirname(countsFile), { recursive: true });
  const { faults, latencyMs, protocol } = config.generation.teacher;
  const server = await startTeacherServer({
    book: data.book,
    faults,
    seed: config.seed,
    latencyMs,
    batchMs: latencyMs,
    countsFile,
  });
  const identity = { name: 'simulated', model: 'simulated-teacher' };
  const provider =
    protocol === 'openai'
      ? openAiProvider({ ...identity, baseUrl: `${server.url}/v1` })
      : // The loopback server takes any key; this one opens nothing.
        geminiProvider({ ...identity, apiKey: 'none', baseUrl: server.url });
  return { provider, [Symbol.asyncDispose]: () => server.close() };
}

/** Parts are settled before anything starts: this is for stages that are run by themselves. */
function expectOwn(provider: OwnProvider | null): OwnProvider {
  if (provider !== null) return provider;
  throw new ConfigError('part-missing', 'generation.provider is own, and no provider is given', {
    where: 'parts.provider',
  });
}

const lasting = (provider: Provider): Generator => ({ provider, [Symbol.asyncDispose]: async () => {} });

/** The key of the configured provider, or null where it needs none. @throws ConfigError `missing-api-key` */
export function providerKey({ generation }: Pick<Config, 'generation'>, env: Env = process.env): string | null {
  const { provider, gemini, openai } = generation;
  if (provider === 'gemini') return apiKeyFromEnvironment(gemini.apiKeyEnv, env);
  if (provider === 'openai' && openai?.apiKeyEnv !== undefined) return apiKeyFromEnvironment(openai.apiKeyEnv, env);
  return null;
}
