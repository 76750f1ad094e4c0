/** environment.json: what a run was made with. Only looks; what cannot be found out is null. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import { readJson } from './run-folder.js';

export const environmentSchema = z.object({
  time: z.string(),
  medgr2: z.string(),
  node: z.string(),
  /** Version, and of the packages that decide results; null where Python cannot be asked. */
  python: z.object({ version: z.string(), packages: z.record(z.string(), z.string().nullable()) }).nullable(),
  system: z.object({
    platform: z.string(),
    release: z.string(),
    arch: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
  }),
  /** GPUs by name and memory; empty where there is none. */
  gpus: z.array(z.string()),
  /** Commit of the checkout and whether it was changed; null outside of one. */
  git: z.object({ commit: z.string(), changed: z.boolean() }).nullable(),
});
export type Environment = z.output<typeof environmentSchema>;

const packages = ['torch', 'transformers', 'trl', 'peft', 'accelerate', 'datasets'];
const script = `
import json, sys
from importlib.metadata import version, PackageNotFoundError
def of(name):
    try: return version(name)
    except PackageNotFoundError: return None
print(json.dumps({"version": sys.version.split()[0], "packages": {name: of(name) for name in ${JSON.stringify(packages)}}}))
`;

/** @param python Interpreter of the jobs; null where there is none. */
export async function readEnvironment(python: string | null): Promise<Environment> {
  const manifest = readJson(join(packageRoot, 'package.json')) as { version?: string };
  const asked = python === null ? null : await outputOf(python, ['-c', script]);
  const gpus = await outputOf('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader']);
  return {
    time: new Date().toISOString(),
    medgr2: manifest.version ?? 'unknown',
    node: process.version,
    python: asked === null ? null : (JSON.parse(asked) as Environment['python']),
    system: {
      platform: platform(),
      release: release(),
      arch: arch(),
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    gpus: gpus === null ? [] : gpus.split('\n').filter((line) => line !== ''),
    git: await readGit(),
  };
}

async function readGit(): Promise<Environment['git']> {
  if (!existsSync(join(packageRoot, '.git'))) return null;
  const commit = await outputOf('git', ['-C', packageRoot, 'rev-parse', 'HEAD']);
  const status = await outputOf('git', ['-C', packageRoot, 'status', '--porcelain']);
  return commit === null || status === null ? null : { commit, changed: status !== '' };
}

async function outputOf(command: string, values: string[]): Promise<string | null> {
  try {
    return (await promisify(execFile)(command, values, { timeout: 20_000 })).stdout.trim();
  } catch {
    return null;
  }
}
