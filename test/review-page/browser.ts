/** The machine's own Chromium, driven by Playwright; null where there is none, and then tests skip with a word. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function executable(): string | null {
  const named = process.env['MEDGR2_CHROMIUM'];
  if (named !== undefined) return named;
  for (const name of names) {
    const { stdout, status } = spawnSync('which', [name], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  // Where `npx playwright install chromium` puts it.
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : null;
}

export const chromiumPath = executable();

export const noChromium = 'no Chromium found: apt-get install chromium, or name one in MEDGR2_CHROMIUM';

export async function openBrowser(): Promise<Browser> {
  if (chromiumPath === null) throw new Error(noChromium);
  // A container's root has no sandbox, and most of them no GPU; the pages are ours.
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-software-rasterizer'],
  });
}
