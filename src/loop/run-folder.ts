/** Names within a run folder, and how its small files are written. See the design's "A run". */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

export const runFiles = {
  config: 'config.yaml',
  environment: 'environment.json',
  events: 'events.jsonl',
  ledger: 'ledger.jsonl',
  result: 'result.json',
  /** D_gen as it stands now. */
  dataset: 'dataset/d-gen.parquet',
  /** Raw replies of the generator: what was paid for once is never asked again. */
  replies: 'generation/replies.jsonl',
  /** What left this machine: whose image, to whom, when and why; no image and no text. */
  egress: 'generation/egress.jsonl',
  /** Of the job in which a local generator answers; removed when it is done. */
  generatorJobs: 'generation/job',
  /** One line per request the simulated teacher answered. */
  teacherCounts: 'generation/teacher-answered.txt',
  logs: 'logs',
  /** What a person asks of a run that is going. */
  request: 'run.request',
  /** What a run in the background prints. */
  backgroundLog: 'run.log',
} as const;

/** Absolute path of something that is named relative to the run folder (or absolutely). */
export function fromRun(runDir: string, path: string): string {
  return isAbsolute(path) ? path : join(runDir, path);
}

/** Relative to the run folder where the path lies within it, so that the folder can be copied; else unchanged. */
export function toRun(runDir: string, path: string): string {
  const within = relative(resolve(runDir), resolve(runDir, path));
  return within.startsWith('..') || isAbsolute(within) ? path : within.split(sep).join('/');
}

/** Writes a temporary file, then renames it: a reader never sees half of it. */
export function writeWhole(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.partial`;
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}

export function writeJson(file: string, value: unknown): void {
  writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
