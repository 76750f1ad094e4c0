/**
 * The variables that a Python of ours is started with. The package's own environment is isolated: what a shell, conda or another
 * project sets for its Pythons changes nothing in it. A Python that the person named (MEDGR2_PYTHON) has the variables of the person.
 */
import path from 'node:path';
import { environmentPython } from './find-python.js';
import { pythonSources } from './package-paths.js';

/**
 * They say where a Python looks for itself and for packages, which one is meant, or how it starts (of some values, not at all:
 * PYTHONHASHSEED, PYTHONMALLOC, PYTHONPLATLIBDIR); and pip's own words for the same. Where byte code goes is the machine's matter.
 */
const redirecting =
  /^(?:PYTHON(?!DONTWRITEBYTECODE$|PYCACHEPREFIX$)\w*|VIRTUAL_ENV|CONDA_PREFIX|PIP_(?:USER|TARGET|PREFIX|ROOT|PYTHON|REQUIRE_VIRTUALENV))$/;

/** Set by us as well, or of no effect on a program. */
const harmless = /^PYTHON(?:UNBUFFERED|SAFEPATH|FAULTHANDLER|NOUSERSITE|STARTUP|BREAKPOINT|IOENCODING|UTF8)$/;

/**
 * @param more Folders to import from beside our own sources.
 * @returns All variables for `spawn`, so without the rest of the process's own.
 */
export function pythonVariables(python: string, more: readonly string[] = [], env = process.env): NodeJS.ProcessEnv {
  const own = isOwn(python, env);
  const inherited = own ? '' : (env['PYTHONPATH'] ?? '');
  const sources = [pythonSources, ...more, ...(inherited === '' ? [] : [inherited])].join(path.delimiter);
  return { ...(own ? isolated(env) : env), PYTHONPATH: sources };
}

/** For making the environment: what is installed goes into it and nowhere else. */
export function isolated(env = process.env): NodeJS.ProcessEnv {
  const left = Object.entries(env).filter(([name]) => !redirecting.test(name));
  return { ...Object.fromEntries(left), PYTHONNOUSERSITE: '1' };
}

/** What may lead a Python of the person's astray, to be read at the end of a remedy; empty where nothing does. */
export function misleading(python: string, env = process.env): string {
  if (isOwn(python, env)) return '';
  const set = Object.keys(env).filter(
    (name) => name.startsWith('PYTHON') && redirecting.test(name) && !harmless.test(name) && env[name] !== '',
  );
  if (set.length === 0) return '';
  const named = set
    .toSorted()
    .map((name) => `${name}=${env[name]}`)
    .join(' and ');
  const [say, them] = set.length === 1 ? ['says', 'it'] : ['say', 'them'];
  return ` ${named} ${say} how this Python starts and where it looks for packages: unset ${them} if that is not meant.`;
}

/** The Python that is taken where a caller names none. */
export const chosenPython = (): string => process.env['MEDGR2_PYTHON'] || environmentPython();

const isOwn = (python: string, env: NodeJS.ProcessEnv): boolean =>
  path.resolve(python) === environmentPython() && (env['MEDGR2_PYTHON'] ?? '') === '';
