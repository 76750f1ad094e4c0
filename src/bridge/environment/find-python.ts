/** Which Python medgr2 uses, and whether it will do. Looks only; make-environment.ts makes one. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { medgr2 } from '../../called-as.js';
import { BridgeError } from '../../errors.js';
import { environmentFolder } from './environment-place.js';
import { packageRoot } from './package-paths.js';

/** Oldest Python that torch, TRL and medgr2's own code work with. */
export const oldestPython: readonly [number, number] = [3, 11];

/** The interpreter of the package's own environment, there or not. */
export function environmentPython(root: string = packageRoot): string {
  return path.join(environmentFolder(root), 'bin', 'python');
}

/** MEDGR2_PYTHON, else the package's own environment. Throws a BridgeError when neither is there. */
export function findPython(root: string = packageRoot): string {
  const chosen = process.env['MEDGR2_PYTHON'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const own = environmentPython(root);
  if (existsSync(own)) return own;
  throw new BridgeError('python-missing', `There is no Python environment at ${path.dirname(path.dirname(own))}.`, {
    remedy: `Run \`${medgr2} setup\`, or set MEDGR2_PYTHON to a Python that has the packages of py/requirements.txt.`,
  });
}

/** The version of an interpreter as [major, minor]. Throws a BridgeError when it does not run or is too old. */
export async function checkPython(python: string): Promise<readonly [number, number]> {
  let printed: string;
  try {
    const script = 'import sys; print(sys.version_info.major, sys.version_info.minor)';
    printed = (await promisify(execFile)(python, ['-E', '-c', script])).stdout;
  } catch (cause) {
    throw new BridgeError('python-missing', `${python} does not run.`, {
      cause,
      tried: 'start Python',
      remedy: `Install Python ${oldestPython.join('.')} or newer.`,
    });
  }
  const [major = 0, minor = 0] = printed.trim().split(' ').map(Number);
  if (major < oldestPython[0] || (major === oldestPython[0] && minor < oldestPython[1])) {
    throw new BridgeError(
      'python-version',
      `${python} is Python ${major}.${minor}; medgr2 needs ${oldestPython.join('.')} or newer.`,
      {
        tried: 'start Python',
        remedy: `Install Python ${oldestPython.join('.')} or newer, or set MEDGR2_PYTHON to one.`,
      },
    );
  }
  return [major, minor];
}
