/**
 * The README's picture: the screen of a recorded run, at the moment in the middle of a stage.
 * `npm run screenshot -- RUN [STAGE] [CYCLE] [FILE] [COLUMNSxROWS]`, by default the last GRPO into .github/screen.svg.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { render } from 'ink';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { lineTeller } from '../../src/tui/event-lines.js';
import { readEvents } from '../../src/tui/events/follow-file.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { ScreenView } from '../../src/tui/screen.js';
import { initialState } from '../../src/tui/state/screen-state.js';
import { ansiToSvg } from './ansi-svg.js';
import { refuse, scriptLine } from '../../src/script-line.js';

const [run, stage = 'grpo', cycleText, file = '.github/screen.svg', size = '110x40'] = scriptLine(
  import.meta.filename,
  {},
  5,
).positionals;
if (run === undefined) refuse(import.meta.filename, 'a run is needed');
if (process.env['FORCE_COLOR'] === undefined)
  refuse(import.meta.filename, 'set FORCE_COLOR=3: a picture without colours is no use');
const [columns = 110, rows = 40] = size.split('x').map(Number);

const reader = readEvents(join(run, 'events.jsonl'));
const events: TimedEvent[] = [];
for (let more = true; more;) {
  const read = await reader.read();
  events.push(...read.events);
  ({ more } = read);
}
await reader.close();

const cycles = events.flatMap((event) => (event.type === 'stage-end' && event.stage === stage ? [event.cycle] : []));
const cycle = cycleText === undefined ? Math.max(...cycles) : Number(cycleText);
const within = events.flatMap((event, index) =>
  event.type === 'job' && event.stage === stage && event.cycle === cycle && event.event.type === 'train-step'
    ? [index]
    : [],
);
const end = events.findIndex((event) => event.type === 'stage-end' && event.stage === stage && event.cycle === cycle);
// Two thirds into a trainer's steps; the end of a stage without any.
const until = within.at(Math.floor(within.length * 0.66)) ?? end - 1;
const tell = lineTeller();
const told = events.slice(0, until + 1).reduce((before, event) => reduce(before, event, tell(event)), initialState);
// Where it lies now: its images do, too.
const state = { ...told, runDir: run };

/** What ink draws on: the newest picture stays. */
class Sheet extends EventEmitter {
  readonly isTTY = true;
  readonly columns = columns;
  readonly rows = rows;
  text = '';
  write(text: string): boolean {
    this.text = text;
    return true;
  }
}
const sheet = new Sheet();
const ink = render(
  <ScreenView
    {...{ state, columns, rows }}
    now={Date.parse(events[until]?.time ?? '')}
    chosen={null}
    overlay={null}
    asked={null}
    gpus={[]}
    color
    owns
    alive
  />,
  { stdout: sheet as unknown as NodeJS.WriteStream, debug: true, patchConsole: false },
);
// Images are decoded off the drawing path.
await sleep(1000);
const text = sheet.text.trimEnd();
ink.unmount();
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, ansiToSvg(text, columns));
process.stdout.write(`${file}: ${stage} of cycle ${cycle}, ${columns} × ${rows}\n`);
