/** What `npm run bench:paper` runs in: a hub cache with tiny models, OmniMedVQA as published, the commands of paper.yaml. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot, pythonSources } from '../../../src/bridge/environment/package-paths.js';
import { startTeacherServer, type TeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { bookOf, publish } from './omnimedvqa.js';

export interface Setting extends AsyncDisposable {
  python: string;
  env: NodeJS.ProcessEnv;
  server: TeacherServer;
  /** A copy of configs/ beside a folder data/, so that the file's own relative paths lead there. */
  configs: string;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs a script beside this file and gives what it prints. */
export function python(place: Pick<Setting, 'python' | 'env'>, name: string, values: readonly string[]): string {
  const rooms = ['families', 'fixtures'].map((room) => join(packageRoot, 'test', 'py', room));
  const path = [...rooms, pythonSources].join(delimiter);
  return execFileSync(place.python, [script(name), ...values], {
    env: { ...place.env, PYTHONPATH: path },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The command line, to its end. @throws where it does not end well. */
export function medgr2(values: readonly string[], env: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(packageRoot, 'src/cli/main.ts'), ...values],
    { cwd: packageRoot, env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`medgr2 ${values.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

export async function makeSetting(place: string, interpreter: string, models: readonly string[]): Promise<Setting> {
  const home = join(place, 'huggingface');
  const env = {
    ...process.env,
    HF_HOME: home,
    HF_HUB_OFFLINE: '1',
    GEMINI_API_KEY: 'any',
    TOKENIZERS_PARALLELISM: 'false',
    OMP_NUM_THREADS: '1',
  };
  python({ python: interpreter, env }, 'hub.py', [home, ...models]);
  const published = join(place, 'OmniMedVQA');
  const scenes = await publish(published, 64);
  const configs = join(place, 'configs');
  cpSync(join(packageRoot, 'configs'), configs, { recursive: true });
  // As the comments of configs/paper.yaml have it.
  const data = join(place, 'data');
  const all = join(data, 'omnimedvqa-all');
  process.stdout.write(medgr2(['import', 'omnimedvqa', published, '--out', all], env));
  const parts = ['--part', 'seed=0.3', '--part', 'images=0.4', '--part', 'test=0.3'];
  process.stdout.write(medgr2(['split', all, '--out', join(data, 'omnimedvqa'), ...parts], env));
  const server = await startTeacherServer({ book: await bookOf(join(data, 'omnimedvqa', 'images'), scenes) });
  return { python: interpreter, env, server, configs, [Symbol.asyncDispose]: () => server.close() };
}
