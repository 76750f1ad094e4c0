/**
 * Batches as the simulated teacher works them off: files that came in, jobs that end when their time is over, and what may
 * go wrong with them. The two protocols are `gemini-batch-wire.ts` and `openai-batch-wire.ts`.
 */
import { seededRandom } from '../../random.js';
import type { Answer } from './teacher-answer.js';
import type { Wire, WireRequest } from './wire.js';

/** Shares are in [0, 1]; numbers count batches or calls from the first. All default to 0. */
export interface BatchFaults {
  /** Batches that fail as a whole, before anything was answered. */
  failed?: number;
  /** Batches, after those, that run out of time with half of their requests answered. */
  expired?: number;
  /** Share of requests that end in 429 or 500 in the first batch that has them. */
  failing?: number;
  /** Share of results whose line is cut, the first time. */
  malformed?: number;
  /** Share of polls that get no answer. */
  lostPolls?: number;
  /** Batches that are begun without the client being told. */
  untold?: number;
  /** Downloads that break off half way. */
  cutDownloads?: number;
}

export interface BatchLine {
  key: string;
  contentKey: string;
  request: WireRequest;
}

export interface StoredFile {
  label: string;
  /** Of requests; empty for a file of results. */
  lines: readonly BatchLine[];
  /** Of results. */
  text: string;
}

export type JobEnd = 'succeeded' | 'failed' | 'expired' | 'cancelled';

/** What became of one request: an answer, a status that it failed with, or nothing in time. */
export interface LineResult {
  key: string;
  outcome: Answer | 429 | 500 | JobEnd;
  isCut: boolean;
}

export interface BatchJob {
  id: string;
  label: string;
  file: string;
  endsAt: number;
  end: JobEnd | null;
  results: readonly LineResult[];
  /** Files of results, once they were asked for. */
  outputs: Readonly<Record<string, string>>;
  total: number;
}

/** Outlives a server, as a provider's own does. */
export interface BatchStore {
  files: Map<string, StoredFile>;
  jobs: Map<string, BatchJob>;
  /** Requests that were in a batch before. */
  tried: Set<string>;
  /** Files that were ever named. */
  named: number;
  polls: number;
  downloads: number;
  untold: number;
}

export const createBatchStore = (): BatchStore => ({
  files: new Map(),
  jobs: new Map(),
  tried: new Set(),
  named: 0,
  polls: 0,
  downloads: 0,
  untold: 0,
});

export interface BatchWork {
  store: BatchStore;
  faults: BatchFaults;
  seed: number;
  /** Time from a batch's beginning to its end, in milliseconds. */
  batchMs: number;
  /** Answers one request, and counts it. */
  answer: (wire: Wire, line: BatchLine) => Answer;
}

export function addJob({ store, batchMs }: BatchWork, label: string, file: string): BatchJob {
  const job = {
    id: `b${store.jobs.size + 1}`,
    label,
    file,
    endsAt: performance.now() + batchMs,
    end: null,
    results: [],
    outputs: {},
    total: store.files.get(file)?.lines.length ?? 0,
  };
  store.jobs.set(job.id, job);
  return job;
}

export function addFile({ store }: BatchWork, file: StoredFile): string {
  const id = `f${(store.named += 1)}`;
  store.files.set(id, file);
  return id;
}

/** The job as it stands now; it ends when somebody looks at it after its time. */
export function lookAt(work: BatchWork, wire: Wire, id: string): BatchJob | undefined {
  const job = work.store.jobs.get(id);
  if (job === undefined || job.end !== null || performance.now() < job.endsAt) return job;
  const order = [...work.store.jobs.keys()].indexOf(id);
  const { failed = 0, expired = 0 } = work.faults;
  return finish(work, wire, job, order < failed ? 'failed' : order < failed + expired ? 'expired' : 'succeeded');
}

export function cancel(work: BatchWork, wire: Wire, id: string): BatchJob | undefined {
  const job = work.store.jobs.get(id);
  return job === undefined || job.end !== null ? job : finish(work, wire, job, 'cancelled');
}

/** Whether this call gets no answer. */
export function isLost({ store, faults, seed }: BatchWork): boolean {
  return seededRandom(seed, 'lost poll', (store.polls += 1)).next() < (faults.lostPolls ?? 0);
}

function finish({ store, faults, seed, answer }: BatchWork, wire: Wire, job: BatchJob, end: JobEnd): BatchJob {
  const lines = store.files.get(job.file)?.lines ?? [];
  const inTime =
    end === 'succeeded' ? lines.length : end === 'failed' || !wire.keepsPartOfBatch ? 0 : Math.floor(lines.length / 2);
  const results = lines.map((line, place): LineResult => {
    const { key, contentKey } = line;
    if (place >= inTime) return { key, outcome: end, isCut: false };
    const isFirst = !store.tried.has(contentKey);
    store.tried.add(contentKey);
    const draw = seededRandom(seed, 'batch line', contentKey).next();
    const { failing = 0, malformed = 0 } = faults;
    if (isFirst && draw < failing) return { key, outcome: draw < failing / 2 ? 429 : 500, isCut: false };
    return { key, outcome: answer(wire, line), isCut: isFirst && draw < failing + malformed };
  });
  const ended = { ...job, end, results };
  store.jobs.set(job.id, ended);
  return ended;
}

/** Lines of a file of results; cut ones are no JSON. */
export const resultText = (lines: readonly { line: object; isCut: boolean }[]): string =>
  lines.map(({ line, isCut }) => (isCut ? JSON.stringify(line).slice(0, 25) : JSON.stringify(line))).join('\n');

/** What the server says to a call. */
export interface BatchAnswer {
  status: number;
  body?: object;
  /** A file. */
  text?: string;
  headers?: Record<string, string>;
  /** The connection ends without a word. */
  isLost?: boolean;
}

export interface BatchCall {
  method: string;
  /** With its query. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  /** Of the server, for addresses. */
  origin: string;
}

/** A protocol. Returns null for a call that is not of it. */
export type BatchProtocol = (call: BatchCall, work: BatchWork) => BatchAnswer | null;

export const download = ({ store, faults }: BatchWork, id: string): BatchAnswer => {
  const file = store.files.get(id);
  if (file === undefined) return { status: 404, body: { error: { code: 404, message: 'There is no such file.' } } };
  const isCutOff = (store.downloads += 1) <= (faults.cutDownloads ?? 0);
  return { status: 200, text: file.text, isLost: isCutOff };
};

/** Begins a batch; the client may not be told. */
export function begin(work: BatchWork, label: string, file: string, told: (job: BatchJob) => object): BatchAnswer {
  const { store, faults } = work;
  if (!store.files.has(file)) return { status: 400, body: { error: { code: 400, message: 'There is no such file.' } } };
  const job = addJob(work, label, file);
  const isUntold = (store.untold += 1) <= (faults.untold ?? 0);
  return { status: 200, body: told(job), isLost: isUntold };
}

export const notThere = (what: string): BatchAnswer => ({
  status: 404,
  body: { error: { code: 404, message: `There is no such ${what}.`, status: 'NOT_FOUND' } },
});
