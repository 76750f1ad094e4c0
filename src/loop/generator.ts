/** Opens the generator a configuration names: Gemini, or the simulated teacher behind its loopback server. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../errors.js';
import type { Config } from '../config/schema.js';
import { geminiProvider } from '../providers/gemini.js';
import type { Provider } from '../providers/provider.js';
import { startTeacherServer } from '../providers/simulated/server.js';
import type { RunContext } from './context.js';
import { runFiles } from './run-folder.js';

export interface Generator extends AsyncDisposable {
  provider: Provider;
}

export async function openGenerator(run: Pick<RunContext, 'config' | 'data' | 'runDir'>): Promise<Generator> {
  const { generation, seed } = run.config;
  if (generation.provider === 'gemini') {
    const { model, baseUrl, timeoutSeconds } = generation.gemini;
    const apiKey = geminiKey(run.config) ?? '';
    const provider = geminiProvider({ model, apiKey, baseUrl, timeoutMs: timeoutSeconds * 1000 });
    return { provider, [Symbol.asyncDispose]: async () => {} };
  }
  if (run.data.book === null)
    throw new ConfigError('no-teacher', 'the simulated teacher has no answers for this data', {
      remedy: 'Set generation.provider to gemini, or use data whose answers are known.',
    });
  const countsFile = join(run.runDir, runFiles.teacherCounts);
  mkdirSync(dirname(countsFile), { recursive: true });
  const { faults, latencyMs } = generation.teacher;
  const server = await startTeacherServer({ book: run.data.book, faults, seed, latencyMs, countsFile });
  const provider = geminiProvider({
    name: 'simulated',
    model: 'simulated-teacher',
    // The loopback server takes any key; this one opens nothing.
    apiKey: 'none',
    baseUrl: server.url,
  });
  return { provider, [Symbol.asyncDispose]: () => server.close() };
}

/** @throws ConfigError before anything starts, where a key is needed and not there. */
export function requireKey(config: Config, env: Readonly<Record<string, string | undefined>> = process.env): void {
  if (config.generation.provider !== 'gemini' || geminiKey(config, env) !== null) return;
  const { apiKeyEnv } = config.generation.gemini;
  throw new ConfigError('no-api-key', `the environment variable ${apiKeyEnv} holds no key for Gemini`, {
    remedy: `Set it, for example: export ${apiKeyEnv}=...; or name another in generation.gemini.apiKeyEnv.`,
  });
}

function geminiKey(config: Config, env: Readonly<Record<string, string | undefined>> = process.env): string | null {
  const key = env[config.generation.gemini.apiKeyEnv]?.trim();
  return key === undefined || key === '' ? null : key;
}
