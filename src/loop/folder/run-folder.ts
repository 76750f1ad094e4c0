/** Names within a run folder, and how its small files are written. See the design's "A run". */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { onDisk, privateFile, privateFolder } from '../../disk.js';
import { DataError } from '../../errors.js';

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
  /** What is written down of batches at the provider, so that each is collected whatever happens here. */
  batches: 'generation/batches',
  /** What left this machine: whose image, to whom, when and why; no image and no text. */
  egress: 'generation/egress.jsonl',
  /** Of the job in which a local generator answers; removed when it is done. */
  generatorJobs: 'generation/job',
  /** The same of a judge, apart from the generator's: it has a budget of its own. */
  judgeReplies: 'verify/replies.jsonl',
  judgeBatches: 'verify/batches',
  judgeJobs: 'verify/job',
  judgeCounts: 'verify/judge-answered.txt',
  /** One line per request the simulated teacher answered. */
  teacherCounts: 'generation/teacher-answered.txt',
  /** Parts of a person's own that the run is made with, by name and version. */
  parts: 'parts.json',
  /** How far event sinks that are behind have heard; there only where one is. */
  sinks: 'sinks.json',
  logs: 'logs',
  /** The samples that readers are asked about: a file for each cycle, written once. */
  reviewQueues: 'review',
  /** What readers said of them, line by line; nothing is ever taken out. */
  verdicts: 'verdicts.jsonl',
  /** Model cards of the last policy and reward model. */
  cards: 'cards',
  /** What a person asks of a run that is going. */
  request: 'run.request',
  /** Content of models from elsewhere that the run works with, and of what it looked at to know it. */
  models: 'models.json',
  /** What a run in the background prints. */
  backgroundLog: 'run.log',
} as const;

/** Whether there is anything of a run: any of its files may be lost. */
export function holdsRun(runDir: string): boolean {
  return [runFiles.config, runFiles.events, runFiles.ledger, runFiles.result].some((file) =>
    existsSync(join(runDir, file)),
  );
}

/** Absolute path of something that is named relative to the run folder (or absolutely). */
export function fromRun(runDir: string, path: string): string {
  return isAbsolute(path) ? path : join(runDir, path);
}

/** Relative to the run folder where the path lies within it, so that the folder can be copied; else unchanged. */
export function toRun(runDir: string, path: string): string {
  const within = relative(resolve(runDir), resolve(runDir, path));
  return within.startsWith('..') || isAbsolute(within) ? path : within.split(sep).join('/');
}

/** Who may read a file that is written: the user alone, or whoever the umask lets. */
export type Readers = 'user' | 'umask';

/** Writes a temporary file, then renames it: a reader never sees half of it. What a run writes is for its user alone. */
export function writeWhole(file: string, content: string, readers: Readers = 'user'): void {
  onDisk(file, () => {
    // A file is put in the place of another, never of a folder or a device: /dev/null would be one no more.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false)
      throw Object.assign(new Error(`EEXIST: no regular file, ${file}`), { code: 'EEXIST', path: file });
    mkdirSync(dirname(file), { recursive: true, ...(readers === 'user' ? { mode: privateFolder } : {}) });
    const temporary = `${file}.partial`;
    // One that a kill left behind would keep its rights, and may be a folder that somebody put there.
    rmSync(temporary, { recursive: true, force: true });
    try {
      writeFileSync(temporary, content, readers === 'user' ? { mode: privateFile } : {});
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
  });
}

export function writeJson(file: string, value: unknown): void {
  writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** Larger than anything that a run keeps in one of its small files. */
const largestSmallFile = 64 * 1024 * 1024;

/** Text of a small file of a run. @throws DataError that names it where it cannot be read, or cannot be one. */
export function readSmall(file: string): string {
  return onDisk(file, () => {
    const found = statSync(file);
    // A pipe would be waited for.
    if (!found.isFile() && !found.isDirectory()) throw damaged(file, 'it is no file');
    const { size } = found;
    if (size > largestSmallFile) throw damaged(file, `it has ${size} bytes`);
    return readFileSync(file, 'utf8');
  });
}

/** @throws DataError `file-damaged` where the file is no JSON. */
export function readJson(file: string): unknown {
  const text = readSmall(file);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw damaged(file, text.trim() === '' ? 'it is empty' : 'it is no JSON', cause);
  }
}

/** What a schema makes of a file; null where there is none. @throws DataError where it is there and cannot be used. */
export function readAs<T>(file: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(file)) return null;
  const parsed = schema.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  throw damaged(file, `it is not as this version writes it (${issueOf(parsed.error)})`, parsed.error);
}

/** The same for files that the run writes anew: one that is damaged is told, and counts as missing. */
export function readOrNull<T>(
  file: string,
  schema: z.ZodType<T>,
  told: (message: string) => void = () => {},
): T | null {
  try {
    return readAs(file, schema);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    told(error.message);
    return null;
  }
}

/** Of a small file that is not what was written. */
export function damaged(file: string, why: string, cause?: unknown): DataError {
  return new DataError('file-damaged', `${file} is damaged: ${why}`, {
    cause,
    where: file,
    remedy: 'Give the command of its run again, which writes it anew; else restore it from a copy.',
  });
}

const issueOf = ({ issues: [first] }: z.ZodError): string =>
  first === undefined ? '' : `${first.path.map(String).join('.')}: ${first.message}`;
