/** The review desk's page as files that a server can hand out: shipped with the package, built on first use in a checkout. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../hash.js';

const page = join(import.meta.dirname, 'page');

/** @returns The folder that holds the page's `index.html`. */
export async function builtPage(): Promise<string> {
  if (existsSync(join(page, 'index.html')) && !existsSync(join(page, 'vite.config.mjs'))) return page;
  const all = join(page, 'dist');
  const built = join(all, await sourceHash());
  if (!existsSync(built)) await buildInto(all, built);
  return built;
}

/** A folder for each state of the sources, there only when it is whole: several processes may need it at once. */
async function buildInto(all: string, built: string): Promise<void> {
  const unfinished = `${built}.${process.pid}`;
  await mkdir(all, { recursive: true });
  // A development dependency: only a checkout gets here.
  const { build } = await import('vite');
  const { NODE_ENV: before } = process.env;
  // Under a test's, React would be the one for development.
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ root: page, logLevel: 'error', build: { outDir: unfinished } });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
  // Another process may have been faster, with the same files.
  await rename(unfinished, built).catch(() => rm(unfinished, { recursive: true }));
  for (const name of await readdir(all))
    if (!name.includes('.') && join(all, name) !== built) await rm(join(all, name), { recursive: true, force: true });
}

/** Of all that the page is made of: its own files, the one beside it that it imports, and the libraries' versions. */
async function sourceHash(): Promise<string> {
  const own = (await readdir(page)).filter((name) => name !== 'dist' && name !== 'README.md').toSorted();
  const paths = [...own.map((name) => join('page', name)), 'review-words.ts', join('..', '..', 'package-lock.json')];
  return sha256(
    (await Promise.all(paths.map((path) => readFile(join(import.meta.dirname, path), 'utf8')))).join('\0'),
  ).slice(0, 16);
}
