/**
 * The README's picture: the screen of a recorded run, at the moment in the middle of a stage.
 * `npm run screenshot -- RUN [STAGE] [CYCLE] [FILE] [COLUMNSxROWS]`, by default the last GRPO into .github/screen.svg.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderToString } from 'ink';
import type { TimedEvent } from '../../src/loop/events.js';
import { lineTeller } from '../../src/tui/lines.js';
import { readEvents } from '../../src/tui/follow.js';
import { reduce } from '../../src/tui/reduce.js';
import { ScreenView } from '../../src/tui/screen.js';
import { initialState } from '../../src/tui/state.js';
import { ansiToSvg } from './ansi-svg.js';
import { refuse, scriptLine } from '../../src/script-line.js';

const [run, stage = 'grpo', cycleText, file = '.github/screen.svg', size = '110x34'] = scriptLine(
  import.meta.filename,
  {},
  5,
).positionals;
if (run === undefined) refuse(import.meta.filename, 'a run is needed');
if (process.env['FORCE_COLOR'] === undefined)
  refuse(import.meta.filename, 'set FORCE_COLOR=3: a picture without colours is no use');
const [columns = 110, rows = 34] = size.split('x').map(Number);

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
const state = events.slice(0, until + 1).reduce((before, event) => reduce(before, event, tell(event)), initialState);
const text = renderToString(
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
  { columns },
);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, ansiToSvg(text, columns));
process.stdout.write(`${file}: ${stage} of cycle ${cycle}, ${columns} × ${rows}\n`);
