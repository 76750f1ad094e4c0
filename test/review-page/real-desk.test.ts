/**
 * Page and server together, on a run of the loop: what a reader presses is what stands in verdicts.jsonl. With
 * MEDGR2_TEST_REVIEW=1 also the command itself, ended by kill -9.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { builtPage } from '../../src/review/built-page.js';
import { openDesk } from '../../src/review/review-desk.js';
import { serveReview } from '../../src/review/serve-review.js';
import { reviewedRun, type ReviewedRun } from '../review/reviewed-run.js';
import { chromiumPath, noChromium, openBrowser } from './browser.js';

const size = 12;

describe.skipIf(chromiumPath === null)(`page and server (${chromiumPath ?? noChromium})`, () => {
  let browser: Browser;
  let run: ReviewedRun;
  beforeAll(async () => {
    [browser, run] = await Promise.all([openBrowser(), reviewedRun()]);
  });
  afterAll(async () => {
    await browser.close();
    run[Symbol.dispose]();
  });

  const verdicts = () =>
    readFileSync(join(run.runDir, 'verdicts.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; item: string; reader: string; verdict: string; undo?: string });
  const ofReader = (reader: string) => verdicts().filter((verdict) => verdict.reader === reader);

  async function open(url: string, reader: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    await page.getByLabel('Your name or initials').fill(reader);
    await page.keyboard.press('Enter');
    return page;
  }

  async function arrive(page: Page, number: number): Promise<void> {
    await page.locator('.how-far').getByText(`Sample ${number} of ${size}`).waitFor();
    await page.locator('canvas').waitFor();
  }

  async function press(page: Page, number: number, key: string): Promise<void> {
    await arrive(page, number);
    // The same key at once is taken for one that was pressed twice.
    await page.waitForTimeout(320);
    await page.keyboard.press(key);
  }

  async function serve() {
    const desk = await openDesk(run.runDir, { size });
    const server = await serveReview(desk, { pageDir: await builtPage() });
    return {
      desk,
      url: server.url,
      end: async () => {
        await server.close();
        desk[Symbol.dispose]();
      },
    };
  }

  test('a queue is judged by two readers while the server goes and comes back: each verdict stands once on disk', async () => {
    let server = await serve();
    const { items } = server.desk.queue('AB');
    expect(items).toHaveLength(size);
    const [one, two] = await Promise.all([open(server.url, 'AB'), open(server.url, 'Dr. C')]);
    await press(two, 1, 'q');
    await press(one, 1, 'a');
    // The picture on the screen is that of the file.
    const shown = await server.desk.image(items[1]?.id ?? '');
    const { data, info } = await sharp(shown.bytes).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    const spot = Math.floor((info.width * info.height) / 2 + info.width / 3);
    await arrive(one, 2);
    await vi.waitFor(async () => {
      const pixel = await one
        .locator('canvas')
        .evaluate(
          (canvas: HTMLCanvasElement, at) => [
            ...(canvas.getContext('2d')?.getImageData(at % canvas.width, Math.floor(at / canvas.width), 1, 1).data ??
              []),
          ],
          spot,
        );
      const colours = Array.from(
        { length: 3 },
        (_, at) => data[spot * info.channels + Math.min(at, info.channels - 1)],
      );
      expect(pixel.slice(0, 3)).toEqual(colours);
    });
    for (let number = 2; number <= 6; number++) await press(one, number, 'a');
    await vi.waitFor(() => expect(ofReader('AB')).toHaveLength(6));
    await arrive(one, 7);
    await server.end();
    await one.keyboard.press('r');
    await one.getByText('1 verdict of yours is kept in this browser').waitFor();
    const before = server.url;
    server = await serve();
    expect(server.url).toBe(before);
    for (let number = 8; number <= size; number++) await press(one, number, 'a');
    await one.getByRole('heading', { name: `All ${size} samples of the queue are judged` }).waitFor();
    await one.keyboard.press('u');
    await press(one, size, 's');
    await vi.waitFor(() => expect(ofReader('AB')).toHaveLength(size + 2));
    const given = ofReader('AB').filter(({ undo }) => undo === undefined);
    expect(given.map(({ item }) => item)).toEqual([...items.map(({ id }) => id), items.at(-1)?.id]);
    expect(given.map(({ verdict }) => verdict)).toEqual([
      ...Array.from({ length: 6 }, () => 'accept'),
      'bad-rationale',
      ...Array.from({ length: 5 }, () => 'accept'),
      'skip',
    ]);
    expect(ofReader('AB').find(({ undo }) => undo !== undefined)?.undo).toBe(given.at(-2)?.id);
    await one.getByText('What the verdicts say so far').click();
    await one.getByText('95 % interval').first().waitFor();
    await one.getByRole('link', { name: 'Disputed (1)' }).click();
    await one.getByText('Disputed sample 1 of 1').waitFor();
    expect(await one.locator('.said b').allTextContents()).toEqual(expect.arrayContaining(['AB', 'Dr. C']));
    await server.end();
  });

  test.runIf(process.env['MEDGR2_TEST_REVIEW'] === '1')(
    'kill -9 of the command loses nothing',
    { timeout: 300_000 },
    async () => {
      const start = async (): Promise<{ child: ChildProcess; url: string }> => {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx/esm', 'src/cli/main.ts', 'review', run.runDir, '--size', String(size), '--json'],
          { cwd: resolve(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'inherit'] },
        );
        const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
        return { child, url: (JSON.parse(line) as { url: string }).url };
      };
      const { child: first, url } = await start();
      let child = first;
      const page = await open(url, 'killed');
      for (let number = 1; number <= size; number++) {
        await press(page, number, 'a');
        // While the verdict is on its way.
        if (number % 4 === 0) {
          child.kill('SIGKILL');
          await once(child, 'close');
          ({ child } = await start());
        }
      }
      await vi.waitFor(() => expect(ofReader('killed')).toHaveLength(size), { timeout: 60_000 });
      expect(new Set(ofReader('killed').map(({ item }) => item)).size).toBe(size);
      child.kill('SIGINT');
      await once(child, 'close');
    },
  );
});
