#!/usr/bin/env node
/** The entry of the command line: signals, exit codes, and the only process.exit. */
import { CommanderError } from 'commander';
import { isOldNode, oldNodeError } from '../bridge/environment/node-version.js';
import { diskError } from '../disk.js';
import { Medgr2Error } from '../errors.js';
import { forTerminal } from '../terminal-text.js';
import { askLine } from './ask.js';
import type { CommandIo } from './command-io.js';
import { describeError } from './print-error.js';

async function main(): Promise<number> {
  if (isOldNode()) {
    process.stderr.write(`${describeError(oldNodeError(), { verbose: false })}\n`);
    return 2;
  }
  const stop = new AbortController();
  let unread = false;
  const io: CommandIo = {
    // All that is printed comes through here; what others wrote must not move the terminal.
    out: (text) => !unread && process.stdout.write(`${forTerminal(text)}\n`),
    error: (text) => process.stderr.write(`${forTerminal(text)}\n`),
    ask:
      process.stdin.isTTY && process.stdout.isTTY
        ? (question) => askLine(forTerminal(question), stop.signal)
        : undefined,
    env: process.env,
    signal: stop.signal,
    terminal: terminalOf(process.env),
  };
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130);
    // A desk has no job: each verdict was on disk before it was answered.
    io.error(
      process.argv[2] === 'review'
        ? 'closing the desk'
        : 'stopping: what is at work ends safely; again to stop at once',
    );
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // The terminal is gone: what is at work is saved, and nobody is there to be told.
  // A parent that passes the signal on makes it two: only the first counts.
  process.on('SIGHUP', () => stop.signal.aborted || interrupt());
  process.stdin.on('error', () => {});
  process.stderr.on('error', () => {});
  // A reader that has seen enough (`| head`) is no error, and no reason to end work that has cost hours: it goes on unread.
  // A command that only shows what others do has nothing left to do.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      if (unread) return;
      unread = true;
      if (process.argv[2] === 'watch') stop.abort();
      else if (working.test(process.argv[2] ?? ''))
        io.error('nobody reads what is printed here any more: the work goes on without it');
      return;
    }
    // The terminal was closed; SIGHUP says what becomes of the work.
    if (error.code !== 'EIO') throw error;
  });
  try {
    // The code of all commands takes a second or two to load: whoever waits should see that something happens.
    if (io.terminal !== undefined && opening.test(process.argv[2] ?? '') && !quiet(process.argv.slice(3)))
      io.error('starting …');
    const { buildProgram } = await import('./program.js');
    await buildProgram(io).parseAsync(process.argv);
    return 0;
  } catch (thrown) {
    const error = diskError(thrown);
    if (error instanceof CommanderError) return (await import('./program.js')).exitCodeOf(error);
    io.error(describeError(error, { verbose: process.argv.includes('--verbose') }));
    return error instanceof Medgr2Error ? error.exitCode : 1;
  }
}

/** Commands that may work for long. */
const working = /^(?:run|demo|generate|score|sft|grpo|train-reward|merge|import|evaluate|setup)$/;

/** Commands that open the screen, or think before their first word. */
const opening = /^(?:run|demo|watch|report|plan|doctor|evaluate)$/;
const quiet = (values: readonly string[]): boolean => values.some((value) => /^(?:--json|--help|-h)$/.test(value));

/** A screen needs someone who reads it and keys that reach us. */
function terminalOf(env: NodeJS.ProcessEnv): CommandIo['terminal'] {
  const { stdin, stdout } = process;
  const fits = stdin.isTTY && stdout.isTTY && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return fits ? { stdin, stdout } : undefined;
}

process.exit(await main());
