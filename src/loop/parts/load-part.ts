/** A part from a module of the person's own, as a configuration names it. The only place that runs code a configuration names. */
import { realpathSync, statSync } from 'node:fs';
import { extname, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, InterruptedError, messageOf } from '../../errors.js';
import { readAsPart } from './part-loader.js';

export type PartEnv = Readonly<Record<string, string | undefined>>;

/** In which environment a part is loaded, and what stops it. */
export interface Loading {
  env: PartEnv;
  signal?: AbortSignal | undefined;
}

/** Milliseconds that the top level of a module gets. */
const longestTopLevel = 60_000;

/** Set to `refuse` (by an image, a cluster) it keeps a configuration from running code. */
export const partsVariable = 'MEDGR2_PARTS';

/**
 * @param reference `FILE#EXPORT`, the file by its real absolute path, as loading the configuration has made it.
 * @param setting Where it stands in the configuration.
 * @throws ConfigError; InterruptedError where the signal aborts.
 */
export async function loadPart(reference: string, setting: string, { env, signal }: Loading): Promise<unknown> {
  const at = reference.lastIndexOf('#');
  const [file, name] = [reference.slice(0, at), reference.slice(at + 1)];
  const choice = env[partsVariable] ?? 'allow';
  if (choice !== 'allow')
    throw new ConfigError(
      'parts-forbidden',
      `${setting} names code of its own (${reference}), and ${partsVariable} is ${choice} here`,
      {
        where: setting,
        remedy: `Set ${partsVariable}=allow where you trust the folder of the configuration, or take ${setting} out.`,
      },
    );
  const problem = problemOf(file);
  if (problem !== null) throw notLoaded(file, problem, setting);
  const { href } = pathToFileURL(file);
  readAsPart(href);
  let module: Record<string, unknown>;
  try {
    module = (await withinTopLevel(import(href), file, signal)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    throw notLoaded(file, wordsOf(error), setting, error);
  }
  if (Object.hasOwn(module, name)) return module[name];
  const exported = Object.keys(module).join(', ');
  throw notLoaded(
    file,
    `it exports no ${name} (${exported === '' ? 'it exports nothing' : `it exports ${exported}`})`,
    setting,
  );
}

/** An await at the top of a module may wait for ever, and by itself would let Node end without a word. */
async function withinTopLevel(
  importing: Promise<unknown>,
  file: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`the await at its top level has not ended within ${longestTopLevel / 1000} s`)),
    longestTopLevel,
  );
  const stop = (): void =>
    late.reject(
      new InterruptedError('interrupted', `stopped while ${file} was loaded`, { remedy: 'Nothing was begun.' }),
    );
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([importing, late.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** A loader's error has its place in the lines below the first; one of Node's, before its message: `/mine/parts.ts:3`. */
function wordsOf(error: unknown): string {
  const said = messageOf(error).split('\n').slice(0, 3).join('; ');
  const [place = ''] = (error instanceof Error ? (error.stack ?? '') : '').split('\n');
  return /^\S*\/.*:\d+$/.test(place) ? `${said} (${place})` : said;
}

function problemOf(file: string): string | null {
  if (!isAbsolute(file))
    return 'its path is not absolute; load the configuration from its file, or give absolute paths';
  try {
    if (!statSync(file).isFile()) return 'it is no file';
    return realpathSync(file) === file ? null : 'it is a link to elsewhere';
  } catch (error) {
    return messageOf(error);
  }
}

function notLoaded(file: string, problem: string, setting: string, cause?: unknown): ConfigError {
  return new ConfigError('part-not-loaded', `${setting}: cannot load ${file}: ${problem}`, {
    cause,
    where: file,
    remedy: remedyOf(file, cause),
  });
}

function remedyOf(file: string, cause: unknown): string | undefined {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (
    code === 'ERR_UNKNOWN_FILE_EXTENSION' ||
    (extname(file).endsWith('ts') && code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
  )
    return `Node ${process.version} does not read TypeScript here: use Node 22.18 or later outside of node_modules, or write the part in JavaScript (.mjs).`;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return 'Node strips types and no more: write it without enums, namespaces and parameter properties.';
  if (code === 'ERR_MODULE_NOT_FOUND')
    return 'Install what it imports beside the configuration, and name files with their ending.';
  return undefined;
}
