/**
 * How modules that a configuration names are read: as ES modules, whatever package.json lies about them, and with
 * `import … from 'medgr2'` this copy of medgr2, wherever they lie.
 */
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packageRoot } from '../../bridge/environment/package-paths.js';

/** URLs of the modules, and of what they import of their own files. */
const theirs = new Set<string>();
let isHooked = false;

/** Errors and types of parts are then those of the run, not of a second copy. */
export function readAsPart(url: string): void {
  theirs.add(url);
  // Node before 22.15 has no such hooks: there medgr2 is found as any package is, and package.json decides.
  if (isHooked || registerHooks === undefined) return;
  isHooked = true;
  registerHooks({
    resolve: (specifier, context, next) => {
      const { parentURL = '' } = context;
      const isTheirs = theirs.has(parentURL);
      const entry = isTheirs && /^medgr2(\/|$)/.test(specifier) ? entryOf(specifier) : null;
      if (entry !== null) return next(pathToFileURL(entry).href, context);
      // By Node itself, which strips types: a loader of the checkout would go by package.json.
      const own = isTheirs && /^\.\.?\//.test(specifier) ? new URL(specifier, parentURL).href : specifier;
      if (isTheirs && own !== specifier && existsSync(fileURLToPath(own))) theirs.add(own);
      if (!theirs.has(own)) return next(specifier, context);
      return { url: own, format: formatOf(own), shortCircuit: true };
    },
  });
}

/** Undefined where the ending says it all. */
const formatOf = (url: string): string | undefined =>
  url.endsWith('.ts') ? 'module-typescript' : url.endsWith('.js') ? 'module' : undefined;

/** The file of an entry point: built where this file is, its source in a checkout. */
function entryOf(specifier: string): string | null {
  const { exports } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    exports: Record<string, { default?: string } | undefined>;
  };
  const built = exports[specifier.replace('medgr2', '.')]?.default;
  if (built === undefined) return null;
  const isSource = import.meta.url.endsWith('.ts');
  return join(packageRoot, isSource ? built.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts') : built);
}
