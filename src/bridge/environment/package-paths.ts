/** Where the package's own files are, from a checkout (src/) as from an installed package (dist/). */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of package.json; the parent of src/ or dist/. */
export const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Folder that Python imports `medgr2` from. */
export const pythonSources = path.join(packageRoot, 'py');

/** pythonia's files of both languages, wherever npm put them. */
export function pythoniaFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('pythonia/package.json');
  return path.join(path.dirname(manifest), 'src', 'pythonia');
}

/** PYTHONPATH with our sources first, further folders, and what the person has set. */
export function pythonPath(more: readonly string[] = []): string {
  const inherited = process.env['PYTHONPATH'];
  return [pythonSources, ...more, ...(inherited ? [inherited] : [])].join(path.delimiter);
}
