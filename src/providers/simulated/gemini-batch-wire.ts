/** Gemini's Files API and batch mode as the simulated teacher speaks them. */
import { sha256 } from '../../hash.js';
import {
  addFile,
  begin,
  cancel,
  download,
  isLost,
  lookAt,
  notThere,
  resultText,
  type BatchCall,
  type BatchJob,
  type BatchLine,
  type BatchProtocol,
  type BatchWork,
  type LineResult,
} from './batch-jobs.js';
import { geminiWire } from './gemini-wire.js';

export const geminiBatchProtocol: BatchProtocol = (call, work) => {
  const { method, headers } = call;
  const { pathname, searchParams } = new URL(call.url, 'http://server');
  const isOurs = /^\/(?:upload|download)\/v1beta\/|^\/v1beta\/(?:batches|files)|:batchGenerateContent$/.test(pathname);
  if (!isOurs) return null;
  const refused = geminiWire.refuse(headers);
  if (refused !== null) return { status: refused.status, body: geminiWire.error(refused.status, refused.message).body };
  if (pathname === '/upload/v1beta/files') return upload(call, work, searchParams.get('upload_id'));
  const begun = /^\/v1beta\/models\/([^/:]+):batchGenerateContent$/.exec(pathname);
  if (begun !== null) {
    const { batch } = JSON.parse(call.body.toString('utf8')) as Asked;
    const id = batch.input_config.file_name.replace('files/', '');
    nameModel(work, id, begun[1] ?? '');
    return begin(work, batch.display_name, id, operation);
  }
  const file = /^\/(download\/)?v1beta\/files\/(\w+)(?::download)?$/.exec(pathname);
  if (file !== null) {
    const [, isDownload, id = ''] = file;
    if (isDownload !== undefined) return download(work, id);
    return method === 'DELETE' && work.store.files.delete(id) ? { status: 200, body: {} } : notThere('file');
  }
  if (isLost(work)) return { status: 0, isLost: true };
  if (pathname === '/v1beta/batches') return list(work, searchParams);
  const [, id = '', isCancel] = /^\/v1beta\/batches\/(\w+)(:cancel)?$/.exec(pathname) ?? [];
  const job = isCancel === undefined ? lookAt(work, geminiWire, id) : cancel(work, geminiWire, id);
  return job === undefined ? notThere('batch') : { status: 200, body: isCancel === undefined ? told(work, job) : {} };
};

/** Which model answers a file is said when its batch is begun. */
function nameModel({ store }: BatchWork, id: string, model: string): void {
  const file = store.files.get(id);
  if (file === undefined) return;
  const lines = file.lines.map((line) => ({ ...line, request: { ...line.request, model } }));
  store.files.set(id, { ...file, lines });
}

interface Asked {
  batch: { display_name: string; input_config: { file_name: string } };
}

/** First a word that a file comes, then the file. */
function upload({ headers, body, origin }: BatchCall, work: BatchWork, id: string | null) {
  if (id === null) {
    const { file } = JSON.parse(body.toString('utf8')) as { file: { display_name: string } };
    const label = encodeURIComponent(file.display_name);
    const address = `${origin}/upload/v1beta/files?upload_id=${label}`;
    return { status: 200, body: {}, headers: { 'x-goog-upload-url': address } };
  }
  if (headers['x-goog-upload-command'] !== 'upload, finalize') return { status: 400, body: {} };
  const lines = body
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(lineOf);
  const name = `files/${addFile(work, { label: id, lines, text: '' })}`;
  return { status: 200, body: { file: { name, displayName: id, mimeType: 'application/jsonl' } } };
}

function lineOf(line: string): BatchLine {
  const { key, request } = JSON.parse(line) as { key: string; request: object };
  const body = JSON.stringify(request);
  return {
    key,
    contentKey: sha256(`simulated-teacher ${sha256(body)}`),
    request: geminiWire.read(body, ''),
  };
}

const words = { succeeded: 'SUCCEEDED', failed: 'FAILED', expired: 'EXPIRED', cancelled: 'CANCELLED' } as const;

function operation(job: BatchJob): object {
  const state = job.end === null ? 'BATCH_STATE_RUNNING' : `BATCH_STATE_${words[job.end]}`;
  const succeeded = job.results.filter(({ outcome }) => typeof outcome === 'object').length;
  return {
    name: `batches/${job.id}`,
    metadata: {
      name: `batches/${job.id}`,
      displayName: job.label,
      state,
      batchStats: { requestCount: String(job.total), successfulRequestCount: String(succeeded) },
    },
    done: job.end !== null,
    ...(job.end === 'failed' ? { error: { code: 13, message: 'The batch fails, as asked for.' } } : {}),
  };
}

function told(work: BatchWork, job: BatchJob): object {
  // A batch that ran out of time or was cancelled has no results here.
  if (job.end !== 'succeeded') return operation(job);
  const file =
    job.outputs['all'] ?? addFile(work, { label: job.label, lines: [], text: resultText(job.results.map(resultLine)) });
  work.store.jobs.set(job.id, { ...job, outputs: { all: file } });
  return { ...operation(job), response: { responsesFile: `files/${file}` } };
}

function resultLine({ key, outcome, isCut }: LineResult): { line: object; isCut: boolean } {
  if (typeof outcome === 'object' && outcome.status === 200) return { line: { response: outcome.body, key }, isCut };
  if (typeof outcome === 'object') return { line: { ...outcome.body, key }, isCut };
  const code = outcome === 429 ? 8 : 13;
  return { line: { error: { code, message: 'It fails, as asked for.' }, key }, isCut };
}

/** Two a page, so that clients are seen to turn it. */
function list({ store }: BatchWork, query: URLSearchParams) {
  const from = Number(query.get('pageToken') ?? 0);
  const jobs = [...store.jobs.values()].toReversed();
  const next = from + 2 < jobs.length ? { nextPageToken: String(from + 2) } : {};
  return { status: 200, body: { operations: jobs.slice(from, from + 2).map(operation), ...next } };
}
