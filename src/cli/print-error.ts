/** What a person reads when something failed: what, where and the remedy. The stack is shown with --verbose only. */
import { diskError } from '../disk.js';
import { InterruptedError, JobError, Medgr2Error, messageOf } from '../errors.js';

export function describeError(thrown: unknown, options: { verbose: boolean }): string {
  // A disk that is full, or a file that cannot be read, is no defect of ours wherever it shows.
  const error = diskError(thrown);
  if (!(error instanceof Medgr2Error)) {
    const stack = error instanceof Error && options.verbose ? `\n${error.stack ?? ''}` : '';
    return `error: ${messageOf(error)}${stack || '\n  what to do: run again with --verbose and report it, this is a defect of medgr2'}`;
  }
  if (error instanceof InterruptedError) return `${error.message}: ${error.remedy ?? ''}`;
  const lines = [`error (${error.code}): ${error.message}`];
  if (error.where !== undefined) lines.push(`  where: ${error.where}`);
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    if (!error.message.includes(cause.message)) lines.push(`  because: ${cause.message.split('\n')[0]}`);
  if (error.remedy !== undefined) lines.push(`  what to do: ${error.remedy}`);
  if (error instanceof JobError) {
    if (error.traceback !== undefined) lines.push(options.verbose ? error.traceback : lastLine(error.traceback));
    else if (error.logTail !== undefined) lines.push(error.logTail);
  }
  if (options.verbose && error.stack !== undefined) lines.push(error.stack);
  return lines.join('\n');
}

const lastLine = (traceback: string): string => `  Python: ${traceback.trim().split('\n').at(-1) ?? ''}`;
