/** The Python tools of `bench:generate --compare`: an environment of its own for each under `.medgr2/`, and one pass in it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, ExecaError } from 'execa';
import { findPython } from '../../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';

export const tools = ['distilabel', 'curator'] as const;
export type Tool = (typeof tools)[number];

export interface ToolPass {
  /** JSON lines of image, system and prompt. */
  tasks: string;
  folder: string;
  /** With `/v1` at its end. */
  url: string;
  model: string;
  concurrency: number;
  timeoutSeconds: number;
  mode: 'interactive' | 'batch';
  /** Of one batch. */
  batchRequests: number;
}

export interface ToolResult {
  answered: number;
  seconds: number;
  peakMegabytes: number;
}

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Installs the tool once. @throws ExecaError with what pip says. */
export async function toolPython(tool: Tool): Promise<string> {
  const folder = join(packageRoot, '.medgr2', `bench-${tool}`);
  const [python, stamp] = [join(folder, 'bin', 'python'), join(folder, 'installed.txt')];
  const wanted = readFileSync(beside(`${tool}.txt`), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  process.stderr.write(`installing ${tool} into ${folder}, once; this takes some minutes …\n`);
  mkdirSync(folder, { recursive: true });
  await execa(findPython(), ['-m', 'venv', '--clear', folder]);
  await execa(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', beside(`${tool}.txt`)]);
  writeFileSync(stamp, wanted);
  return python;
}

/** @throws ExecaError with what the tool says, also when it is not done after `limitSeconds`. */
export async function toolPass(tool: Tool, pass: ToolPass, limitSeconds: number): Promise<ToolResult> {
  const { stdout } = await execa(await toolPython(tool), [beside(`${tool}_pass.py`), JSON.stringify(pass)], {
    timeout: Math.ceil(limitSeconds * 1000),
    forceKillAfterDelay: 5_000,
    env: {
      // Caches and settings go into the folder of the pass; nothing leaves the machine; no log line for each request.
      HOME: pass.folder,
      XDG_CACHE_HOME: join(pass.folder, 'cache'),
      HF_HUB_OFFLINE: '1',
      OPENAI_API_KEY: 'any',
      DISTILABEL_LOG_LEVEL: 'WARNING',
    },
  });
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line) as ToolResult;
}

/** The last line that says something, for a table. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof ExecaError)) return thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown.timedOut) return thrown.shortMessage;
  const said: unknown = thrown.stderr;
  return (typeof said === 'string' && said.trim().split('\n').at(-1)) || thrown.shortMessage;
}
