/** Opens the generator a configuration names: Gemini, an OpenAI-compatible server, a local model, or the simulated teacher. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sectionOf, type Asked } from '../../config/asking/asked-providers.js';
import type { Config } from '../../config/schema.js';
import { ConfigError } from '../../errors.js';
import { geminiProvider } from '../../providers/gemini.js';
import { localProvider } from '../../providers/local-provider.js';
import { openAiProvider } from '../../providers/openai.js';
import type { Provider } from '../../providers/provider.js';
import { apiKeyFromEnvironment } from '../../providers/secret.js';
import { startTeacherServer, type TeacherServer } from '../../providers/simulated/simulated-server.js';
import type { OwnProvider } from '../parts/loop-parts.js';
import type { TrainedGenerator } from './generator-state.js';
import { simulatedNames } from './generator-pricing.js';
import { localRunner } from './local-generator.js';
import { runFiles } from '../folder/run-folder.js';
import type { StageContext } from '../stage.js';

export interface Generator extends AsyncDisposable {
  provider: Provider;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What opening a provider takes where it is no server of others. */
export interface ProviderPlace {
  /** Folder, relative to the run's, of the jobs in which a local model answers. */
  jobs: string;
  /** A local model that was fine-tuned; null for the one configured. */
  trained: TrainedGenerator | null;
  simulated: () => Promise<Generator>;
}

/** @param trained A local generator that was fine-tuned; null for the one configured. */
export const openGenerator = (context: StageContext, trained: TrainedGenerator | null): Promise<Generator> =>
  openProvider(context, context.config.generation, {
    jobs: runFiles.generatorJobs,
    trained,
    simulated: () => openTeacher(context),
  });

export async function openProvider(
  context: StageContext,
  asked: Asked,
  { jobs, trained, simulated }: ProviderPlace,
): Promise<Generator> {
  switch (asked.provider) {
    case 'gemini': {
      const { timeoutSeconds, apiKeyEnv: _variable, ...gemini } = asked.gemini;
      const apiKey = providerKey(asked) ?? '';
      return lasting(geminiProvider({ ...gemini, apiKey, timeoutMs: timeoutSeconds * 1000 }));
    }
    case 'openai': {
      const { timeoutSeconds, apiKeyEnv: _variable, ...openai } = sectionOf(asked, 'openai');
      const apiKey = providerKey(asked) ?? undefined;
      return lasting(openAiProvider({ ...openai, apiKey, timeoutMs: timeoutSeconds * 1000 }));
    }
    case 'local': {
      const local = sectionOf(asked, 'local');
      const run = localRunner(context, local, { model: trained?.path ?? local.model, folder: jobs });
      // Replies of other weights are other replies: in the cache, and in the provenance of samples.
      const model = trained === null ? local.model : `${local.model}@${trained.version}`;
      return lasting(localProvider({ model, requestsPerJob: local.requestsPerJob, run }));
    }
    case 'simulated':
      return simulated();
    case 'own':
      return lasting(expectOwn(context.parts.provider));
  }
}

/** How many requests may be on their way at once. A local job answers as many as it is given. */
export function concurrencyOf({ provider, concurrency, local }: Asked & { concurrency: number }): number {
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
  return askedOverLoopback(server, protocol, simulatedNames.generation);
}

/** A server of ours, asked by the protocol of a real one. */
export function askedOverLoopback(server: TeacherServer, protocol: 'openai' | 'gemini', model: string): Generator {
  const identity = { name: 'simulated', model };
  const provider =
    protocol === 'openai'
      ? openAiProvider({ ...identity, baseUrl: `${server.url}/v1` })
      : // It takes any key; this one opens nothing.
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

/** The key of a provider, or null where it needs none. @throws ConfigError `missing-api-key` */
export function providerKey({ provider, gemini, openai }: Asked, env: Env = process.env): string | null {
  if (provider === 'gemini') return apiKeyFromEnvironment(gemini.apiKeyEnv, env);
  if (provider === 'openai' && openai?.apiKeyEnv !== undefined) return apiKeyFromEnvironment(openai.apiKeyEnv, env);
  return null;
}

/** Those of all that a configuration asks. @throws ConfigError `missing-api-key` */
export function requireKeys(
  { generation, verify }: Pick<Config, 'generation' | 'verify'>,
  env: Env = process.env,
): void {
  providerKey(generation, env);
  if (verify.enabled) providerKey(verify, env);
}
