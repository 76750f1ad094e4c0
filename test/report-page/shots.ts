/**
 * Pictures of a report for a person to look at, at 1280 and 400 px, light and dark, cut into pieces that can be read:
 * `npm run screenshot:report -- REPORT.html [FOLDER]`, by default into .medgr2/report-shots. Exits 1 where a page is wider
 * than its window.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuse, scriptLine } from '../../src/script-line.js';
import { openBrowser } from '../review-page/browser.js';

/** Widths, and the height of a piece. */
const views = [
  [1280, 1800],
  [400, 2600],
] as const;

const [report, folder = '.medgr2/report-shots'] = scriptLine(import.meta.filename, {}, 2).positionals;
if (report === undefined) refuse(import.meta.filename, 'a report is needed');
mkdirSync(folder, { recursive: true });
const browser = await openBrowser();
for (const [width, piece] of views)
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(pathToFileURL(resolve(report)).href);
    const { height, wide } = await page.evaluate(() => ({
      height: document.documentElement.scrollHeight,
      wide: document.documentElement.scrollWidth,
    }));
    if (wide > width) process.exitCode = 1;
    // Images are loaded as they come near.
    for (let y = 0; y < height; y += 600) {
      await page.evaluate((top) => scrollTo(0, top), y);
      await page.waitForTimeout(30);
    }
    const pieces = Math.ceil(height / piece);
    for (let at = 0; at < pieces; at++)
      await page.screenshot({
        path: join(folder, `${width}-${colorScheme}-${at + 1}.png`),
        fullPage: true,
        clip: { x: 0, y: at * piece, width, height: Math.min(piece, height - at * piece) },
      });
    const fits = wide > width ? `${wide - width} px wider than its window` : 'fits its window';
    process.stdout.write(`${width} px, ${colorScheme}: ${height} px high, ${fits}, ${pieces} pieces\n`);
    await page.close();
  }
await browser.close();
