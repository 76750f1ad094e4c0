/**
 * Where the package's own Python environment is. In a checkout (or an image of ours): `.venv` beside package.json. Installed
 * by npm: in the user's cache, because `npm ci` would delete two gigabytes with node_modules, and projects can share them.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { sha256 } from '../../hash.js';

/**
 * The environment's folder, there or not. One for each list of pinned packages, so that projects with different versions of
 * medgr2 leave each other alone.
 * @param root folder that holds `py/`.
 */
export function environmentFolder(root: string, env: NodeJS.ProcessEnv = process.env): string {
  if (!isInstalled(root)) return path.join(root, '.venv');
  const pinned = sha256(readFileSync(path.join(root, 'py', 'requirements.txt')));
  return path.join(cacheFolder(env), `python-${pinned.slice(0, 10)}`);
}

/** File that whoever makes the environment holds meanwhile. */
export function setupLock(root: string): string {
  return isInstalled(root) ? `${environmentFolder(root)}.lock` : path.join(root, '.medgr2', 'setup.lock');
}

function isInstalled(root: string): boolean {
  return path.resolve(root).split(path.sep).includes('node_modules');
}

function cacheFolder({ XDG_CACHE_HOME: chosen }: NodeJS.ProcessEnv): string {
  if (chosen !== undefined && path.isAbsolute(chosen)) return path.join(chosen, 'medgr2');
  const caches = process.platform === 'darwin' ? path.join('Library', 'Caches') : '.cache';
  return path.join(homedir(), caches, 'medgr2');
}
