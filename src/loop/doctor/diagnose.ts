/** Looks at everything medgr2 needs and says what is wrong and what to do. Starts, installs and changes nothing. */
import { configSchema, type Config } from '../../config/schema.js';
import type { Check } from './check.js';
import { checkInputs } from './check-data.js';
import { checkPlace } from './check-disk.js';
import { checkProvider } from './check-provider.js';
import { checkPythonSide } from './check-python.js';
import { checkFiles, checkNativeModules, checkNode } from './check-software.js';

/** What `diagnose` looks at. */
export interface DoctorOptions {
  /** What is to be run: its device, models, generator and key then count as needed. */
  config?: Config | undefined;
  /** Asks the provider whether it is there; sends the key and nothing else. */
  online?: boolean | undefined;
  /** Where runs will be written; the working folder by default. */
  folder?: string | undefined;
  env?: Readonly<Record<string, string | undefined>> | undefined;
  signal?: AbortSignal | undefined;
}

/** What `diagnose` found. */
export interface Diagnosis {
  /** No check failed. */
  healthy: boolean;
  checks: Check[];
}

/**
 * What `medgr2 doctor` says: whether this machine can run medgr2, and one configuration where it is given.
 * @returns Each check; it never rejects for what it finds: that is a check with status `failed` and a remedy.
 * @example
 * const { healthy, checks } = await diagnose({ config: await loadConfig('mine.yaml') });
 * if (!healthy) for (const { name, remedy } of checks.filter(({ status }) => status === 'failed')) console.log(name, remedy);
 */
export async function diagnose(options: DoctorOptions = {}): Promise<Diagnosis> {
  const { config, online = false, folder = '.', env = process.env, signal } = options;
  const { generation, verify } = config ?? configSchema.parse({});
  const looking = { configured: config !== undefined, online, env, signal };
  const [modules, python, disk, provider, judge, inputs] = await Promise.all([
    checkNativeModules(),
    checkPythonSide(config?.device ?? null),
    checkPlace('disk', folder),
    checkProvider({ asked: generation, section: 'generation', ...looking }),
    verify.enabled ? checkProvider({ asked: verify, section: 'verify', ...looking }) : [],
    config === undefined ? [] : checkInputs(config, env),
  ]);
  const checks = [checkNode(), ...modules, checkFiles(), ...python, disk, ...provider, ...judge, ...inputs];
  return { healthy: checks.every(({ status }) => status !== 'failed'), checks };
}
