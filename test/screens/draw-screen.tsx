/** What the screen shows of recorded events, as text with its colours. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { render } from 'ink';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { lineTeller } from '../../src/tui/event-lines.js';
import { ScreenView, type ScreenViewProps } from '../../src/tui/screen.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { initialState } from '../../src/tui/state/screen-state.js';

/** What ink draws on: the newest picture stays. */
class Sheet extends EventEmitter {
  readonly isTTY = true;
  text = '';
  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    super();
  }
  write(text: string): boolean {
    this.text = text;
    return true;
  }
}

/** @param run Where the folder lies now: its images do, too. */
export async function drawScreen(
  run: string,
  events: readonly TimedEvent[],
  view: Pick<ScreenViewProps, 'columns' | 'rows'> & Partial<ScreenViewProps>,
): Promise<string> {
  const tell = lineTeller();
  const told = events.reduce((before, event) => reduce(before, event, tell(event)), initialState);
  const sheet = new Sheet(view.columns, view.rows);
  const ink = render(
    <ScreenView
      state={{ ...told, runDir: run }}
      now={Date.parse(events.at(-1)?.time ?? '')}
      chosen={null}
      overlay={null}
      asked={null}
      gpus={[]}
      color
      owns
      alive
      {...view}
    />,
    { stdout: sheet as unknown as NodeJS.WriteStream, debug: true, patchConsole: false },
  );
  // Images are decoded off the drawing path.
  await sleep(400);
  const text = sheet.text.trimEnd();
  // It clears the sheet.
  ink.unmount();
  return text;
}
