/** Where the package's own files are, from a checkout (src/) as from an installed package (dist/). */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../errors.js';

/** Folder of package.json; the parent of src/ or dist/. */
export const packageRoot = rootAround(import.meta.url);

/**
 * @param url Of this file; a bundler leaves it out, or gives its own output's.
 * @throws EnvironmentError where the package's other files are not around it: Python's sources are in no bundle.
 */
export function rootAround(url: string | undefined): string {
  const root = url === undefined ? null : fileURLToPath(new URL('../../../', url));
  if (root !== null && existsSync(path.join(root, 'py', 'medgr2', '__main__.py'))) return root;
  throw new EnvironmentError('bundled', 'medgr2 has been bundled, and its Python sources are not in the bundle.', {
    where: root ?? undefined,
    remedy:
      "Leave it out of the bundle: esbuild --external:medgr2, serverExternalPackages: ['medgr2'] in next.config, ssr.external in Vite, " +
      'externals in webpack. If nothing was bundled, files are lost: install the package again.',
  });
}

/** Folder that Python imports `medgr2` from. */
export const pythonSources = path.join(packageRoot, 'py');

/** pythonia's files of both languages, wherever npm put them. */
export function pythoniaFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('pythonia/package.json');
  return path.join(path.dirname(manifest), 'src', 'pythonia');
}
