/**
 * Pictures of the screen for a person to look at: each stage of a recorded run once (in the last cycle that has it), the
 * help, an image and the end, at three sizes, dark and light. `npm run screenshot:all -- RUN [FOLDER]`, by default into
 * .medgr2/screens: an SVG each, and a PNG for each size and theme of a page full where there is a Chromium.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { refuse, scriptLine } from '../../src/script-line.js';
import { wordsOf } from '../../src/loop/stage-names.js';
import type { ScreenViewProps } from '../../src/tui/screen.js';
import { chromiumPath, noChromium, openBrowser } from '../review-page/browser.js';
import { ansiToSvg, themes } from './ansi-svg.js';
import { drawScreen } from './draw-screen.js';
import { momentsOf, recordedEvents } from './recorded-moments.js';

/** Columns, rows, and how many pictures of that size a person can read on one page, in so many columns. */
const sizes = [
  [80, 24, 6, 2],
  [120, 40, 2, 1],
  [200, 60, 1, 1],
] as const;

const [run, folder = '.medgr2/screens'] = scriptLine(import.meta.filename, {}, 2).positionals;
if (run === undefined) refuse(import.meta.filename, 'a run is needed');
if (process.env['FORCE_COLOR'] === undefined)
  refuse(import.meta.filename, 'set FORCE_COLOR=3: a picture without colours is no use');

interface Shot {
  name: string;
  until: number;
  more?: Partial<ScreenViewProps>;
}
const events = await recordedEvents(run);
const moments = momentsOf(events);
const last = moments.filter(
  (one, at) => moments.findLastIndex(({ stage, arm }) => stage === one.stage && arm === one.arm) === at,
);
const middle = last.find(({ stage }) => stage === 'generate') ?? last[0];
if (middle === undefined) refuse(import.meta.filename, `${run} tells of no stage that ended`);
const shots: Shot[] = [
  ...last.map(({ cycle, stage, arm, until }) => ({
    name: `${wordsOf(stage).name} of cycle ${cycle}${arm === undefined ? '' : `, ${arm}`}`,
    until,
  })),
  { name: 'the help', until: middle.until, more: { overlay: 'help' } },
  { name: 'an image', until: middle.until, more: { overlay: 'image' } },
  { name: 'the end', until: events.length - 1 },
];

async function drawPages(
  browser: Browser,
  pictures: readonly { name: string; svg: string }[],
  name: string,
  { columns, aPage, beside }: { columns: number; aPage: number; beside: number },
): Promise<void> {
  for (let from = 0; from < pictures.length; from += aPage) {
    const page = await browser.newPage({ viewport: { width: beside * Math.ceil(columns * 8.4 + 60), height: 800 } });
    const shown = pictures.slice(from, from + aPage);
    await page.setContent(
      `<div style="display:grid;grid-template-columns:repeat(${beside},auto)">${shown.map((one) => `<div><p>${name}: ${one.name}</p>${one.svg}</div>`).join('')}</div>`,
    );
    await page.screenshot({ path: join(folder, `${name}-page-${from / aPage + 1}.png`), fullPage: true });
    await page.close();
  }
}

mkdirSync(folder, { recursive: true });
const browser = chromiumPath === null ? null : await openBrowser();
for (const [columns, rows, aPage, beside] of sizes) {
  const texts = [];
  for (const { name, until, more } of shots)
    texts.push({ name, text: await drawScreen(run, events.slice(0, until + 1), { columns, rows, ...more }) });
  for (const theme of Object.keys(themes) as (keyof typeof themes)[]) {
    const pictures = texts.map(({ name, text }) => ({ name, svg: ansiToSvg(text, columns, theme) }));
    pictures.forEach(({ name, svg }, at) =>
      writeFileSync(join(folder, `${columns}x${rows}-${theme}-${at + 1}-${name.replaceAll(/\W+/g, '-')}.svg`), svg),
    );
    if (browser !== null) await drawPages(browser, pictures, `${columns}x${rows}-${theme}`, { columns, aPage, beside });
  }
}
await browser?.close();
process.stdout.write(`${folder}: ${shots.length} moments, ${sizes.length} sizes, dark and light\n`);
if (browser === null) process.stdout.write(`no PNG: ${noChromium}\n`);
