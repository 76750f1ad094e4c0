/**
 * The README's picture: the screen of a recorded run, at the moment in the middle of a stage.
 * `npm run screenshot -- RUN [STAGE] [CYCLE] [FILE] [COLUMNSxROWS]`, by default the last GRPO into .github/screen.svg.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuse, scriptLine, scriptNumber } from '../../src/script-line.js';
import { ansiToSvg } from './ansi-svg.js';
import { drawScreen } from './draw-screen.js';
import { momentsOf, recordedEvents } from './recorded-moments.js';

const [run, stage = 'grpo', cycleText, file = '.github/screen.svg', size = '110x40'] = scriptLine(
  import.meta.filename,
  {},
  5,
).positionals;
if (run === undefined) refuse(import.meta.filename, 'a run is needed');
if (process.env['FORCE_COLOR'] === undefined)
  refuse(import.meta.filename, 'set FORCE_COLOR=3: a picture without colours is no use');
const [columns = 110, rows = 40] = size
  .split('x')
  .map((text) => scriptNumber(import.meta.filename, 'COLUMNSxROWS, such as 110x40,', text, 1));

const events = await recordedEvents(run);
const moment = momentsOf(events).findLast(
  (one) => one.stage === stage && (cycleText === undefined || one.cycle === Number(cycleText)),
);
if (moment === undefined) refuse(import.meta.filename, `${run} tells of no ${stage} that ended`);
const text = await drawScreen(run, events.slice(0, moment.until + 1), { columns, rows });
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, ansiToSvg(text, columns));
process.stdout.write(`${file}: ${stage} of cycle ${moment.cycle}, ${columns} × ${rows}\n`);
