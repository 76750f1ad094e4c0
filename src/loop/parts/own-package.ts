/** `import … from 'medgr2'` in a module that a configuration names is this copy of medgr2, wherever the module lies. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../bridge/environment/package-paths.js';

let isDone = false;

/** Once for the process. Errors and types of parts are then those of the run, not of a second copy. */
export function resolveOurselves(): void {
  // Node before 22.15 has no such hooks: there medgr2 is found as any package is.
  if (isDone || registerHooks === undefined) return;
  isDone = true;
  registerHooks({
    resolve: (specifier, context, next) => {
      const entry = /^medgr2(\/|$)/.test(specifier) ? entryOf(specifier) : null;
      return entry === null ? next(specifier, context) : next(pathToFileURL(entry).href, context);
    },
  });
}

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
