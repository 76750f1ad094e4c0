/** The review desk's page as files that a server can hand out: shipped with the package, built on first use in a checkout. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const page = join(import.meta.dirname, 'page');

/** @returns The folder that holds the page's `index.html`. */
export async function builtPage(): Promise<string> {
  if (existsSync(join(page, 'index.html')) && !existsSync(join(page, 'vite.config.mjs'))) return page;
  const built = join(page, 'dist');
  if (!(await isCurrent(built))) {
    // A development dependency: only a checkout gets here.
    const { build } = await import('vite');
    await build({ root: page, logLevel: 'error' });
  }
  return built;
}

/** Newer than all that it is made of: the page's own files, and those beside it that it imports. */
async function isCurrent(built: string): Promise<boolean> {
  const made = await stat(join(built, 'index.html')).catch(() => null);
  if (made === null) return false;
  const own = (await readdir(page)).filter((name) => name !== 'dist').map((name) => join(page, name));
  const beside = ['review-messages.ts', 'review-words.ts'].map((name) => join(import.meta.dirname, name));
  const times = await Promise.all([...own, ...beside].map(async (path) => (await stat(path)).mtimeMs));
  return Math.max(...times) < made.mtimeMs;
}
