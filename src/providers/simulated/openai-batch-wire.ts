/** OpenAI's files and batches as the simulated teacher speaks them. */
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
import { openAiWire } from './openai-wire.js';

export const openAiBatchProtocol: BatchProtocol = (call, work) => {
  const { method } = call;
  const { pathname, searchParams } = new URL(call.url, 'http://server');
  if (!/^\/v1\/(?:batches|files)/.test(pathname)) return null;
  if (method === 'POST' && pathname === '/v1/files') return upload(call, work);
  const [, file = '', content] = /^\/v1\/files\/([\w-]+)(\/content)?$/.exec(pathname) ?? [];
  if (content !== undefined) return download(work, bare(file));
  if (file !== '') return method === 'DELETE' ? remove(work, file) : fileOf(work, file);
  if (method === 'POST' && pathname === '/v1/batches') {
    const { input_file_id, metadata } = JSON.parse(call.body.toString('utf8')) as Asked;
    return begin(work, metadata?.label ?? '', bare(input_file_id), (job) => told(work, job));
  }
  if (isLost(work)) return { status: 0, isLost: true };
  if (pathname === '/v1/batches') return list(work, searchParams);
  const [, id = '', isCancel] = /^\/v1\/batches\/([\w-]+)(\/cancel)?$/.exec(pathname) ?? [];
  const job = isCancel === undefined ? lookAt(work, openAiWire, bare(id)) : cancel(work, openAiWire, bare(id));
  return job === undefined ? notThere('batch') : { status: 200, body: told(work, job) };
};

interface Asked {
  input_file_id: string;
  metadata?: { label?: string };
}

const bare = (id: string): string => id.replace(/^(?:file|batch)-/, '');

function remove({ store }: BatchWork, id: string) {
  return store.files.delete(bare(id)) ? { status: 200, body: { id, object: 'file', deleted: true } } : notThere('file');
}

/** Of files of requests: clients wait until they are processed. */
function fileOf({ store }: BatchWork, id: string) {
  const file = store.files.get(bare(id));
  if (file === undefined) return notThere('file');
  const named = { purpose: 'batch', filename: `${file.label}.jsonl`, status: 'processed' };
  return { status: 200, body: { id, object: 'file', bytes: 0, created_at: seconds(), ...named } };
}

const seconds = (): number => Math.floor(Date.now() / 1000);

function upload({ headers, body }: BatchCall, work: BatchWork) {
  const boundary = /boundary=([^;]+)/.exec(String(headers['content-type'] ?? ''))?.[1];
  const start = body.indexOf('\r\n\r\n', body.indexOf('name="file"')) + 4;
  const end = body.lastIndexOf(`\r\n--${boundary ?? ''}--`);
  const label = /filename="([^"]*?)(?:\.jsonl)?"/.exec(body.toString('latin1', 0, 2_000))?.[1];
  if (boundary === undefined || label === undefined || end < start)
    return { status: 400, body: openAiWire.error(400, 'A file for batches is sent as a form.').body };
  const lines = body
    .toString('utf8', start, end)
    .split('\n')
    .filter((line) => line !== '')
    .map(lineOf);
  return fileOf(work, `file-${addFile(work, { label, lines, text: '' })}`);
}

function lineOf(line: string): BatchLine {
  const { custom_id: key, body: asked } = JSON.parse(line) as { custom_id: string; body: object };
  const body = JSON.stringify(asked);
  return { key, contentKey: sha256(` ${sha256(body)}`), request: openAiWire.read(body, '') };
}

const words = { succeeded: 'completed', failed: 'failed', expired: 'expired', cancelled: 'cancelled' } as const;

function told(work: BatchWork, job: BatchJob): object {
  const isAnswered = ({ outcome }: LineResult): boolean => typeof outcome === 'object' && outcome.status === 200;
  const files = (): Readonly<Record<string, string>> => {
    const parts = Map.groupBy(job.results, (result) => (isAnswered(result) ? 'output' : 'error'));
    return Object.fromEntries(
      [...parts].map(([name, results]) => [
        name,
        addFile(work, { label: job.label, lines: [], text: resultText(results.map(resultLine)) }),
      ]),
    );
  };
  const hasFiles = job.end !== null && job.end !== 'failed';
  const outputs = !hasFiles ? {} : Object.keys(job.outputs).length > 0 ? job.outputs : files();
  if (hasFiles) work.store.jobs.set(job.id, { ...job, outputs });
  const named = (file: string | undefined): string | null => (file === undefined ? null : `file-${file}`);
  return {
    id: `batch-${job.id}`,
    object: 'batch',
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    created_at: seconds(),
    completed_at: job.end === null ? null : seconds(),
    status: job.end === null ? 'in_progress' : words[job.end],
    input_file_id: `file-${job.file}`,
    output_file_id: named(outputs['output']),
    error_file_id: named(outputs['error']),
    metadata: { label: job.label },
    request_counts: { total: job.total, completed: job.results.filter(isAnswered).length, failed: 0 },
    errors:
      job.end === 'failed' ? { data: [{ code: 'token_limit_exceeded', message: 'Too much is enqueued.' }] } : null,
  };
}

function resultLine({ key: custom_id, outcome, isCut }: LineResult): { line: object; isCut: boolean } {
  if (typeof outcome === 'string')
    return { line: { custom_id, response: null, error: { code: `batch_${outcome}`, message: 'Not in time.' } }, isCut };
  const status_code = typeof outcome === 'object' ? outcome.status : outcome;
  const body = typeof outcome === 'object' ? outcome.body : openAiWire.error(outcome, 'It fails, as asked for.').body;
  return { line: { id: 'batch_req', response: { status_code, request_id: 'r', body }, error: null, custom_id }, isCut };
}

/** Two a page, so that clients are seen to turn it. */
function list(work: BatchWork, query: URLSearchParams) {
  const jobs = [...work.store.jobs.values()].toReversed();
  const after = bare(query.get('after') ?? '');
  const from = after === '' ? 0 : jobs.findIndex(({ id }) => id === after) + 1;
  const data = jobs.slice(from, from + 2).map((job) => told(work, job));
  return { status: 200, body: { object: 'list', data, has_more: from + 2 < jobs.length } };
}
