/**
 * A walk through the desk of a run as a reader takes it, with a picture of each step at three widths, light and dark, for a person to
 * look at: `tsx test/review-page/walk.ts RUN FOLDER`. Its verdicts are written into the run.
 */
import { builtPage } from '../../src/review/built-page.js';
import { openDesk } from '../../src/review/review-desk.js';
import { serveReview } from '../../src/review/serve-review.js';
import { inEveryView } from './every-view.js';

const [run, folder = '.medgr2/review-walk'] = process.argv.slice(2);
if (run === undefined) throw new Error('give the folder of a run');
using desk = await openDesk(run, { size: 14 });
const server = await serveReview(desk, { pageDir: await builtPage() });
await inEveryView(folder, async ({ page, colorScheme, width, shot }) => {
  const ready = (): Promise<unknown> => page.locator('.bar[aria-busy="false"]').waitFor();
  const press = async (key: string): Promise<void> => {
    await ready();
    await page.keyboard.press(key);
    await page.waitForTimeout(400); // the same key sooner is taken for one that was pressed twice
  };
  await page.goto(server.url);
  await page.getByLabel('Your name or initials').fill(`${colorScheme} ${width}`);
  await shot('00-gate');
  await page.getByRole('button', { name: 'Start' }).click();
  await ready();
  await shot('01-first', true);
  await press(width === 820 ? 'a' : 'q');
  await page.keyboard.press('c');
  await page.keyboard.type('The rim of the lesion is not seen on this slice; ask for the neighbouring one.');
  await shot('02-comment');
  await page.keyboard.press('Escape');
  await press('a');
  for (const key of ['+', '+', 'Shift+ArrowRight']) await page.keyboard.press(key);
  await shot('03-zoom');
  await page.getByRole('button', { name: 'Window' }).click();
  for (let time = 0; time < 8; time++) await page.keyboard.press('m');
  await shot('04-window');
  await page.keyboard.press('z');
  await press('w');
  await shot('05-wrong');
  await press('0');
  await press('s');
  await press('u');
  await shot('06-undone');
  for (const key of ['s', 'i', 'r', 'a', 'q', 'a', 's', 'a', 'r', 'a', 'q', 'a', 's', 'a']) {
    if ((await page.locator('.finished').count()) > 0) break;
    await press(key);
  }
  await shot('07-finished', true);
  await page.getByRole('link', { name: /Disputed/ }).click();
  await page.waitForTimeout(500);
  await shot('08-disputed', true);
});
await server.close();
