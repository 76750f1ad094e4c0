/** Does some work while a screen shows a run; what would be printed meanwhile is printed when the screen is gone. */
import type { RunRequest } from '../loop/folder/stop-requests.js';
import type { Source } from '../tui/events/feed.js';
import type { ScreenActions } from '../tui/screen.js';
import type { CommandIo } from './command-io.js';

export interface ScreenWork<T> {
  source: Source;
  /** Asks the run that this process works on; left out where another process does. */
  request?: (request: RunRequest | null) => void;
  /** Whether a process works on the run; looked at now and then. */
  isAlive: () => boolean;
  /** Whether the GPUs of this machine are the run's. */
  gpu: boolean;
  /** Ends the screen when it settles. */
  work(leave: Promise<void>): Promise<T>;
}

export async function onScreen<T>(
  terminal: NonNullable<CommandIo['terminal']>,
  io: CommandIo,
  { source, request, isAlive, gpu, work }: ScreenWork<T>,
): Promise<T> {
  // Ink's colours heed this flag and not NO_COLOR; they look for it when they are loaded.
  if ((io.env['NO_COLOR'] ?? '') !== '') process.argv.push('--no-color');
  // Loaded here, so that other commands start without React.
  const { openScreen } = await import('../tui/open-screen.js');
  const { promise: leave, resolve } = Promise.withResolvers<void>();
  const actions: ScreenActions = {
    leave: resolve,
    // The same way as Ctrl-C goes: first politely, then at once.
    ...(request === undefined ? {} : { run: { request, stop: () => void process.kill(process.pid, 'SIGINT') } }),
  };
  // Before anything is held back: what goes wrong here has to be printed.
  const screen = openScreen(terminal, source, { actions, gpu, isAlive });
  const held: string[] = [];
  const print = io.error;
  io.error = (text) => void held.push(text);
  try {
    return await work(leave);
  } finally {
    await screen.close();
    io.error = print;
    if (!io.signal.aborted) for (const text of held) io.error(text);
  }
}
