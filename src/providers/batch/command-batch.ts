/**
 * Batches by a command over files, for a server of one's own that is none: `vllm run-batch` reads OpenAI's batch file and writes
 * its results. Nothing is uploaded and nothing listens; a command ends with this process, and the next one runs it again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, openSync, closeSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { linesOfText, privateFile } from '../../disk.js';
import { messageOf } from '../../errors.js';
import { ProviderCallError } from '../call-error.js';
import type { ProviderRequest } from '../provider.js';
import type { BatchClient, BatchStatus } from './batch-client.js';
import { batchItemOf, batchLine, openAiBatchLimits } from './openai-batch.js';

export interface CommandBatchOptions {
  /** Program and arguments, in which `{input}` and `{output}` stand for the two files. */
  command: readonly string[];
  body: (request: ProviderRequest) => object;
  /** For messages. */
  where: string;
}

/** A batch goes by the path of its files without their endings. */
const filesOf = (stem: string) => ({
  input: `${stem}.input.jsonl`,
  /** Until the command has ended well nobody takes it for whole. */
  partial: `${stem}.output.partial`,
  output: `${stem}.output.jsonl`,
  log: `${stem}.log`,
});
const inputEnd = /\.input\.jsonl$/;

/**
 * Runs the command and ends it with whoever holds the other end of its input: also where that is killed. Its program is
 * Node's own, so that it needs no shell.
 */
const guard = `
const { spawn } = require('node:child_process');
const [program, ...rest] = process.argv.slice(1);
const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
const end = (signal) => { try { process.kill(-child.pid, signal); } catch {} };
process.stdin.on('data', () => {}).on('close', () => { end('SIGTERM'); setTimeout(() => end('SIGKILL'), 10000).unref(); });
const leave = (code) => { process.exitCode = code; process.stdin.destroy(); };
child.on('error', (error) => { console.error(error.message); leave(127); });
child.on('exit', (code, signal) => leave(signal === null ? code : 1));
`;

interface Running {
  /** Null while another one is at work: a model is loaded once at a time. */
  child: ChildProcess | null;
  /** Why it ended without results. */
  failure: ProviderCallError | null;
}

export function commandBatch({ command, body, where }: CommandBatchOptions): BatchClient {
  const running = new Map<string, Running>();
  let current: string | null = null;

  const wait = (stem: string): void => void running.set(stem, { child: null, failure: null });
  const run = (stem: string, one: Running): void => {
    const { input, partial, output, log } = filesOf(stem);
    const words = command.map((word) => word.replaceAll('{input}', input).replaceAll('{output}', partial));
    rmSync(partial, { force: true });
    const told = openSync(log, 'w', privateFile);
    const child = spawn(process.execPath, ['-e', guard, ...words], { stdio: ['pipe', told, told] });
    closeSync(told);
    one.child = child;
    current = stem;
    child.on('error', (error) => (one.failure = failed(`The command cannot be run: ${error.message}`)));
    child.on('exit', (code) => {
      current = null;
      if (code === 0 && existsSync(partial)) renameSync(partial, output);
      else
        one.failure = failed(
          code === 0 ? 'The command ended without results.' : `The command ended with ${code}. ${lastWords(log)}`,
        );
    });
  };
  const failed = (message: string): ProviderCallError =>
    new ProviderCallError(message.trim(), {
      failure: 'rejected',
      isOfRequest: false,
      where: `${where} by ${command[0] ?? ''}`,
      remedy: 'Run the command by hand over such a file; the same one would fail again.',
    });
  const end = (stem: string): void => {
    running.get(stem)?.child?.stdin?.destroy();
  };
  const poll = async (stem: string, signal?: AbortSignal): Promise<BatchStatus> => {
    const { input, output } = filesOf(stem);
    const status = { ended: 0, outputs: [], error: null };
    if (existsSync(output)) return { ...status, state: 'succeeded', outputs: [output] };
    // Of an earlier process, which took its command with it; without its file it is asked anew.
    if (!running.has(stem)) {
      if (!existsSync(input)) return { ...status, state: 'expired' };
      wait(stem);
    }
    const one = running.get(stem);
    if (one === undefined) return { ...status, state: 'expired' };
    if (one.child === null && current === null) {
      run(stem, one);
      signal?.addEventListener('abort', () => end(stem), { once: true });
    }
    return one.failure === null ? { ...status, state: 'waiting' } : { ...status, state: 'failed', error: one.failure };
  };
  return {
    limits: openAiBatchLimits,
    endsWithProcess: true,
    line: (key, request) => batchLine(key, body(request)),
    upload: async (label, path) => {
      const stem = path.replace(/[^/\\]*$/, label);
      const { input } = filesOf(stem);
      rmSync(input, { force: true });
      try {
        linkSync(path, input);
      } catch {
        copyFileSync(path, input);
      }
      return input;
    },
    start: async (_label, input) => {
      const stem = input.replace(inputEnd, '');
      // The folder was moved meanwhile: the file is made anew, as one that a provider no longer has.
      if (!existsSync(input))
        throw new ProviderCallError('Its file is not there any more.', { failure: 'rejected', status: 404, where });
      wait(stem);
      return stem;
    },
    find: async (_label, input) => {
      const stem = input.replace(inputEnd, '');
      return running.has(stem) || existsSync(filesOf(stem).output) ? stem : null;
    },
    poll,
    results: async function* ({ outputs }) {
      for (const output of outputs)
        for await (const line of linesOfText(output))
          if (line.trim() !== '') yield batchItemOf(line, where, (text) => text);
    },
    cancel: async (stem) => end(stem),
    discard: async (path) => {
      const stem = path.replace(inputEnd, '').replace(/\.output\.jsonl$/, '');
      for (const file of Object.values(filesOf(stem))) rmSync(file, { force: true });
      running.delete(stem);
    },
  };
}

/** Of what a command wrote, as far as a message takes it. */
function lastWords(log: string): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-3).join(' ').slice(-400);
  } catch (error) {
    return messageOf(error);
  }
}
