/** The report in a browser: axe finds nothing, words in drawings are read, and no page is wider than its window. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeReport } from '../../src/report/write-report.js';
import { chromiumPath, noChromium, openBrowser } from '../review-page/browser.js';
import { faintWords } from './figure-contrast.js';
import { writeComparison } from '../report/recorded-comparison.js';
import { addTrainSteps, recordRun } from '../report/recorded-run.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** All four views, or two that have each of both. */
const long = process.env['MEDGR2_TEST_REPORT'] === '1';
const views = (['light', 'dark'] as const)
  .flatMap((colorScheme) => [1280, 400].map((width) => ({ colorScheme, width })))
  .filter((_, index) => long || index === 0 || index === 3);

describe.skipIf(chromiumPath === null)(`the report (${chromiumPath ?? noChromium})`, () => {
  let root = '';
  let browser: Browser;
  let pages: Record<string, string> = {};
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'medgr2-pages-'));
    const run = join(root, 'run');
    await recordRun(run);
    addTrainSteps(run, [0.25, 0.5, 0.75]);
    const recipe = join(root, 'recipe');
    writeComparison(recipe, 0, 14);
    const seeds = [1, 2].map((seed) => join(root, `seeds/seed-${seed}`));
    for (const [index, dir] of seeds.entries()) writeComparison(dir, index + 1, 12 + 4 * index);
    const write = async (name: string, folders: string[]): Promise<string> =>
      (await writeReport(folders, { out: join(root, `${name}.html`) })).file;
    pages = {
      loop: await write('loop', [run]),
      recipe: await write('recipe', [recipe]),
      seeds: await write('seeds', [join(root, 'seeds')]),
    };
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(root, { recursive: true, force: true });
  });

  test.each(['loop', 'recipe', 'seeds'])('of %s', async (name) => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(pages[name] ?? '').href);
    for (const { colorScheme, width } of views) {
      const view = `${name}, ${colorScheme}, ${width}`;
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      // What can be opened counts, too.
      await page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })");
      await page.evaluate(axe);
      const found = await page.evaluate(
        'axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))',
      );
      expect(found, view).toEqual([]);
      expect(await page.evaluate(`(${faintWords.toString()})()`), view).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wider, view).toBeLessThanOrEqual(0);
      const unmarked = await page.evaluate(() =>
        [...document.querySelectorAll('.drawing')].flatMap((drawing) =>
          drawing.scrollWidth > drawing.clientWidth && getComputedStyle(drawing).backgroundImage === 'none'
            ? [drawing.ariaLabel]
            : [],
        ),
      );
      expect(unmarked, `${view}: drawings that go on at the side, and do not show it`).toEqual([]);
    }
    await page.close();
  });
});
