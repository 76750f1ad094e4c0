/**
 * The page in a real browser, by keyboard, against a server of its interface. With MEDGR2_TEST_REVIEW=1 also the long ones:
 * fingers, and thousands of samples while the server is killed again and again.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { builtPage } from '../../src/review/built-page.js';
import { chromiumPath, noChromium, openBrowser } from './browser.js';
import { greyPng, TestDesk, type DeskOptions } from './test-desk.js';

/** The slower ones, too. */
const long = process.env['MEDGR2_TEST_REVIEW'] === '1';

type Point = readonly [number, number];

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(chromiumPath === null)(`the page (${chromiumPath ?? noChromium})`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let desk: TestDesk;
  /** What a strict policy, a script or React complained of. */
  let complaints: string[] = [];
  let lastKey = '';

  beforeAll(async () => {
    await builtPage();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    complaints = [];
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(30_000);
  });
  afterEach(async () => {
    await context.close();
    await desk.kill();
    if (complaints.length > 0) throw new Error(`the browser complains: ${complaints.join('; ')}`);
  });

  const serve = async (options?: DeskOptions): Promise<void> => {
    desk = await new TestDesk(options).start();
  };

  async function open(reader: string | null = 'AB'): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // A dead server is what some of these tests are about.
      if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
        complaints.push(message.text());
    });
    await page.goto(desk.address);
    if (reader === null) return page;
    await page.getByLabel('Your name or initials').fill(reader);
    await page.keyboard.press('Enter');
    return page;
  }

  const shows = (page: Page, number: number): Promise<void> =>
    page.getByRole('heading', { name: `Which finding does image ${number} show?` }).waitFor();

  /** Presses a key once the sample and its image are there. */
  async function press(page: Page, number: number, key: string): Promise<void> {
    await shows(page, number);
    await page.locator('.bar[aria-busy="false"]').waitFor();
    // The same key at once is taken for one that was pressed twice.
    if (key === lastKey) await page.waitForTimeout(320);
    lastKey = key;
    await page.keyboard.press(key);
  }

  test('twenty samples are judged by keyboard, with a reload in the middle; the score is hidden until then', async () => {
    await serve({ samples: 20 });
    const page = await open();
    const keys = ['a', 'q', 'r', 'i', 's'];
    for (let number = 1; number <= 20; number++) {
      if (number === 8) {
        await page.reload();
        await shows(page, 8);
        expect(await page.locator('.facts').first().textContent()).toContain('hidden until you have judged');
      }
      await press(page, number, keys[number % keys.length] ?? 'a');
    }
    await page.getByRole('heading', { name: '16 samples of the queue are judged, 4 skipped' }).waitFor();
    await vi.waitFor(() => expect(desk.verdicts).toHaveLength(20));
    const kinds = desk.verdicts.map(({ verdict }) => verdict);
    expect(kinds.slice(0, 5)).toEqual(['bad-question', 'bad-rationale', 'unusable-image', 'skip', 'accept']);
    expect(desk.verdicts.map(({ item }) => item)).toEqual(Array.from({ length: 20 }, (_, at) => `sample-${at + 1}`));
    expect(desk.verdicts.filter(({ scoreSeen }) => scoreSeen)).toEqual([]);
    await page.getByText('sample 20, scored 0.0').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('0.0, from −6 (wrong) to 10 (right)').waitFor();
    // What was skipped can be judged as if it had not been seen.
    await page.goto(page.url().replace(/#.*$/, '#/item/sample-19'));
    await page.reload();
    await shows(page, 19);
    expect(await page.locator('.facts').first().textContent()).toContain('hidden until you have judged');
  });

  test('a wrong answer asks for the right one; comment, undo and a second thought go to the server as such', async () => {
    await serve({ sample: (item, at) => (at === 1 ? { ...item, options: [] } : item) });
    const page = await open();
    await press(page, 1, 'c');
    await page.keyboard.type('a wall is seen');
    await page.keyboard.press('Escape');
    await page.keyboard.press('w');
    await page.getByRole('button', { name: 'Effusion' }).waitFor();
    await page.keyboard.press('2');
    await press(page, 2, 'w');
    await page.getByLabel('The right answer').fill('an abscess, not a cyst');
    await page.keyboard.press('Enter');
    await shows(page, 3);
    await page.keyboard.press('u');
    await press(page, 2, 'a');
    await shows(page, 3);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await press(page, 1, 'q');
    await vi.waitFor(() => expect(desk.verdicts).toHaveLength(4));
    expect(desk.verdicts).toMatchObject([
      { item: 'sample-1', verdict: 'wrong-answer', correctedAnswer: 'Effusion', comment: 'a wall is seen' },
      { item: 'sample-2', verdict: 'wrong-answer', correctedAnswer: 'an abscess, not a cyst' },
      { item: 'sample-2', verdict: 'accept' },
      { item: 'sample-1', verdict: 'bad-question', comment: 'a wall is seen', scoreSeen: true },
    ]);
    expect([...desk.undone]).toEqual([desk.verdicts[1]?.id, desk.verdicts[0]?.id]);
  });

  test('verdicts for a dead server are kept, also over a closed tab, and arrive once when it is back', async () => {
    await serve({ samples: 6 });
    const first = await open();
    const third = first.waitForResponse((response) => response.url().endsWith('api/images/sample-3'));
    await press(first, 1, 'a');
    await vi.waitFor(() => expect(desk.verdicts).toHaveLength(1));
    await (await third).finished();
    await desk.kill();
    await press(first, 2, 'a');
    await press(first, 3, 'q');
    await first.getByText('2 verdicts of yours are kept in this browser and sent again').waitFor();
    await first.getByText('2 not saved yet').waitFor();
    await first.close();

    await desk.start();
    const second = await open(null);
    await shows(second, 4);
    await vi.waitFor(() => expect(desk.verdicts).toHaveLength(3));
    await second.getByText('3 judged').waitFor();
    expect(await second.getByText('kept in this browser').count()).toBe(0);
    expect(desk.verdicts.map(({ item, verdict }) => `${item} ${verdict}`)).toEqual([
      'sample-1 accept',
      'sample-2 accept',
      'sample-3 bad-question',
    ]);
  });

  test('of five thousand samples the page holds one; what the server refuses is told with its remedy, and judged again', async () => {
    await serve({ samples: 5000 });
    const image = Promise.withResolvers<void>();
    desk.imagesReady = image.promise;
    const page = await open();
    await shows(page, 1);
    // Nobody judges an image that is not there yet.
    await page.keyboard.press('a');
    image.resolve();
    await page.locator('canvas').waitFor();
    await page.getByText('Nothing is judged yet').waitFor();
    expect(await page.locator('*').count()).toBeLessThan(250);
    expect(desk.requests.filter((request) => request.startsWith('GET api/items/')).length).toBeLessThan(5);
    desk.refusal = { status: 409, message: 'the run was taken up meanwhile', remedy: 'Load the page again.' };
    await press(page, 1, 'a');
    await page.getByText('Not taken: “Accept” for sample sample-1.').waitFor();
    await page.getByText('The run was taken up meanwhile. Load the page again.').waitFor();
    desk.refusal = null;
    await page.getByRole('button', { name: 'I have seen it' }).click();
    await page.keyboard.press('ArrowLeft');
    await press(page, 1, 'a');
    await vi.waitFor(() => expect(desk.verdicts).toMatchObject([{ item: 'sample-1', verdict: 'accept' }]));
  });

  // With the real server it is in real-desk.test.ts.
  test.runIf(long)('two readers at once: each has the own queue, and where they differ both are shown', async () => {
    await serve();
    const one = await open('AB');
    const other = await browser.newContext();
    const page = await other.newPage();
    await page.goto(desk.address);
    await page.getByLabel('Your name or initials').fill('Dr. C & D');
    await page.keyboard.press('Enter');
    await Promise.all([press(one, 1, 'a'), press(page, 1, 'q')]);
    await Promise.all([press(one, 2, 'a'), press(page, 2, 'a')]);
    await vi.waitFor(() => expect(desk.verdicts).toHaveLength(4));
    await page.getByRole('link', { name: 'Disputed (1)' }).click();
    await page.getByText('Disputed sample 1 of 1').waitFor();
    await shows(page, 1);
    expect(await page.locator('.said li p:first-child').allTextContents()).toEqual([
      'AB Accept',
      'Dr. C & D Bad question',
    ]);
    await page.getByRole('button', { name: 'Judge it again' }).click();
    await press(page, 1, 'a');
    await page.getByRole('link', { name: 'Disputed (0)' }).waitFor();
    await other.close();
  });

  test('16 bits are windowed: the pixels on the screen are what the window makes of the file’s', async () => {
    await serve({
      image: () => greyPng(64, 8, 16, (x) => 1000 + 20 * x),
      sample: (item) => ({ ...item, image: { ...item.image, width: 64, height: 8, bits: 16 } }),
    });
    const page = await open();
    await shows(page, 1);
    await page.locator('canvas').waitFor();
    const grey = (at: number): Promise<number> =>
      page
        .locator('canvas')
        .evaluate(
          (canvas: HTMLCanvasElement, x) => canvas.getContext('2d')?.getImageData(x, 4, 1, 1).data[0] ?? -1,
          at,
        );
    // From 1000 to 2260: the whole of what is there.
    await vi.waitFor(async () => expect(await grey(63)).toBe(255));
    expect(await grey(0)).toBe(0);
    expect(await grey(32)).toBe(Math.round((255 * 32) / 63));
    await page.getByRole('button', { name: 'Window' }).click();
    await page.getByRole('button', { name: 'As the model reads it' }).click();
    await vi.waitFor(async () => expect(await grey(63)).toBe(Math.round((2260 * 255) / 65_535)));
    const frame = (await page.locator('.frame').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(frame.x + 200, frame.y + 200);
    await page.mouse.down();
    await page.mouse.move(frame.x + 200, frame.y + 100, { steps: 4 });
    await page.mouse.up();
    await vi.waitFor(async () => expect(await grey(63)).toBeGreaterThan(40));
    await page.keyboard.press('z');
    await vi.waitFor(async () => expect(await grey(32)).toBe(Math.round((255 * 32) / 63)));
    await page.keyboard.press('+');
    await page.keyboard.press('Shift+ArrowRight');
    const moved = await page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.style.transform);
    expect(moved).toMatch(/translate\(-\d.* scale\(1\.5\)/);
  });

  test('axe finds nothing, light and dark, wide and narrow; nothing comes from elsewhere; Tab reaches all', async () => {
    await serve({ notice: 'Phantoms are no patients.', sample: (item) => ({ ...item, context: 'A report.' }) });
    const page = await open(null);
    const origins = new Set<string>();
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    const findings: string[] = [];
    const check = async (view: string): Promise<void> => {
      await page.getByRole('heading', { level: 1 }).waitFor();
      // By the debugger, which no policy holds; the page itself may run no script but its own.
      await page.evaluate(axe);
      const found = await page.evaluate(
        'axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))',
      );
      findings.push(...(found as string[]).map((violation) => `${view}: ${violation}`));
    };
    await page.getByLabel('Your name or initials').fill('AB');
    await check('gate');
    await page.keyboard.press('Enter');
    await press(page, 1, 'a');
    await page.getByText('sample 1, scored').waitFor();
    const views = (['light', 'dark'] as const).flatMap((colorScheme) =>
      [1280, 400].map((width) => ({ colorScheme, width })),
    );
    // All four, or two that have each of both.
    for (const { colorScheme, width } of long ? views : [views[0], views[3]].flatMap((view) => view ?? [])) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      await check(`judge ${colorScheme} ${width}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wider, `${width}`).toBeLessThanOrEqual(0);
    }
    await page.keyboard.press('w');
    await check('correction');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await check('keys');
    await page.getByLabel(/One key is enough/).uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    const reached = new Set<string>();
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement?.textContent?.trim().slice(0, 12) ?? ''));
    }
    for (const name of ['To the sampl', 'Accept A', 'Skip S', 'Window', 'All keys ?', 'What the ver'])
      expect(reached).toContain(name);
    // One letter was not enough.
    await shows(page, 2);
    expect(desk.verdicts).toHaveLength(1);
    await page.getByRole('link', { name: /Disputed/ }).click();
    await page.getByText('No sample is disputed').waitFor();
    await check('disputed');
    expect(findings).toEqual([]);
    expect([...origins]).toEqual([new URL(desk.address).origin]);
  });

  test.runIf(long)('fingers: one scrolls the page, two enlarge the image, one then moves or windows it', async () => {
    await serve();
    await context.close();
    context = await browser.newContext({ viewport: { width: 400, height: 700 }, hasTouch: true, isMobile: true });
    const page = await open();
    await shows(page, 1);
    await page.locator('canvas').waitFor();
    const devtools = await context.newCDPSession(page);
    const { x, y, width, height } = (await page.locator('.frame').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    /** From the middle of the image by steps of `fingers`, in pixels. */
    const drag = async (start: readonly Point[], step: (at: number) => readonly Point[]): Promise<void> => {
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: readonly Point[]) =>
        devtools.send('Input.dispatchTouchEvent', {
          type,
          touchPoints: points.map(([dx, dy], id) => ({ x: x + width / 2 + dx, y: y + height / 2 + dy, id })),
        });
      await touch('touchStart', start);
      for (let at = 1; at <= 10; at++) await touch('touchMove', step(at));
      await touch('touchEnd', []);
    };
    const seen = () =>
      page.locator('canvas').evaluate((canvas: HTMLElement) => [scrollY, canvas.style.transform] as const);
    await drag([[0, 0]], (at) => [[0, -10 * at]]);
    await vi.waitFor(async () => expect((await seen())[0]).toBeGreaterThan(50));
    await page.evaluate(() => scrollTo(0, 0));
    await drag(
      [
        [-30, 0],
        [30, 0],
      ],
      (at) => [
        [-30 - 6 * at, 0],
        [30 + 6 * at, 0],
      ],
    );
    const enlarged = (await seen())[1];
    expect(enlarged).toMatch(/scale\(3\)$/);
    await drag([[0, 0]], (at) => [[5 * at, 5 * at]]);
    const [scrolled, moved] = await seen();
    expect(scrolled).toBe(0);
    expect(moved).toMatch(/scale\(3\)$/);
    expect(moved).not.toBe(enlarged);
    await page.getByRole('button', { name: 'Window' }).tap();
    await drag([[0, 0]], (at) => [[0, -5 * at]]);
    expect((await seen())[1]).toBe(moved);
    expect(Number(await page.locator('.sliders output').first().textContent())).toBeLessThan(115);
  });

  test.runIf(long)(
    'four hundred of five thousand samples, the others judged before, with a server that is killed again and again: none is lost, none twice',
    { timeout: 1_800_000 },
    async () => {
      const [all, last] = [5000, 400];
      await serve({ samples: all });
      for (let number = 1; number <= all - last; number++) desk.judgeBefore(`sample-${number}`, 'AB');
      const page = await open();
      const keys = ['a', 'q', 'r', 'i', 's'];
      // How long a key keeps the page from painting what it leads to, by the browser's own clock.
      await page.evaluate(() => {
        const took: number[] = [];
        Object.assign(globalThis, { took });
        document.addEventListener('keydown', () => {
          const pressed = performance.now();
          requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - pressed)));
        });
      });
      for (let at = 1; at <= last; at++) {
        if (at % 50 === 20) await desk.kill();
        if (at % 50 === 21) await desk.start();
        await press(page, all - last + at, keys[at % keys.length] ?? 'a');
      }
      await vi.waitFor(() => expect(desk.counting('AB').size).toBe(all), { timeout: 60_000 });
      expect(desk.verdicts).toHaveLength(all);
      expect(new Set(desk.verdicts.map(({ id }) => id)).size).toBe(all);
      const took = (await page.evaluate<number[]>('took')).toSorted((a, b) => a - b);
      const share = (of: number): number => Math.round(took[Math.floor(of * (took.length - 1))] ?? 0);
      process.stdout.write(`a key to the next picture: median ${share(0.5)} ms, 99 % within ${share(0.99)} ms\n`);
      expect(share(0.5)).toBeLessThan(250);
    },
  );
});
