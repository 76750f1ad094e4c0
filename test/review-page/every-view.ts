/** The desk's page at three widths, light and dark, for scripts that take pictures of it. */
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { openBrowser } from './browser.js';

/** A page of its own, and what takes a picture of it. */
export interface View {
  page: Page;
  colorScheme: 'light' | 'dark';
  /** Pixels of CSS. */
  width: number;
  shot(name: string, fullPage?: boolean): Promise<unknown>;
}

/** Calls `work` for each view, one after the other; pictures go into the folder, and what the page complains of to the terminal. */
export async function inEveryView(folder: string, work: (view: View) => Promise<void>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const browser = await openBrowser();
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [width, height] of [
      [1280, 800],
      [820, 1180],
      [400, 860],
    ] as const) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme });
      page.on('console', (message) => console.log(message.type(), message.text()));
      page.on('pageerror', (error) => console.log('ERROR', error));
      const shot = (name: string, fullPage = false) =>
        page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage });
      await work({ page, colorScheme, width, shot });
      await page.close();
    }
  await browser.close();
}
