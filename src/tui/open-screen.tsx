/** Puts the screen on a terminal, and takes it off again without a trace. */
import { render } from 'ink';
import { openFeed, type Feed, type Source } from './events/feed.js';
import { Screen, type ScreenActions } from './screen.js';

export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

export interface OpenScreen {
  feed: Feed;
  /** Resolves when the screen is off the terminal. */
  close(): Promise<void>;
}

export interface ScreenOptions {
  actions: ScreenActions;
  /** Whether to ask nvidia-smi of this machine. */
  gpu: boolean;
  /** Whether a process works on the run. */
  isAlive: () => boolean;
}

export function openScreen(terminal: Terminal, source: Source, options: ScreenOptions): OpenScreen {
  const feed = openFeed(source);
  const color = terminal.stdout.hasColors(256);
  const ink = render(<Screen feed={feed} color={color} {...options} />, {
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 15,
    exitOnCtrlC: false,
    interactive: true,
  });
  // A defect of the screen must not end the run; the run's own errors are told by those who wait for it.
  const gone = ink.waitUntilExit().catch(() => {});
  return {
    feed,
    close: async () => {
      ink.unmount();
      await gone;
      await feed.close();
    },
  };
}
