/** What would be printed while a screen is there waits for its end; a screen that does not open holds nothing back. */
import { expect, test } from 'vitest';
import type { CommandIo } from '../../src/cli/command-io.js';
import { onScreen } from '../../src/cli/on-screen.js';
import type { Source } from '../../src/tui/events/feed.js';

test('the error of a screen that cannot open can be printed', async () => {
  const said: string[] = [];
  const io: CommandIo = {
    out: () => {},
    error: (text) => void said.push(text),
    env: {},
    signal: new AbortController().signal,
  };
  const noTerminal = {} as NonNullable<CommandIo['terminal']>;
  const source: Source = {
    read: async () => ({ events: [], more: false, ended: true }),
    now: () => 0,
    close: async () => {},
  };
  const opened = onScreen(noTerminal, io, { source, isAlive: () => true, gpu: false, work: async () => {} });
  await expect(opened).rejects.toBeInstanceOf(TypeError);
  io.error('what went wrong');
  expect(said).toEqual(['what went wrong']);
});
