/** Says whether two outcomes of a stage are the same, without reading gigabytes of weights. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { sha256 } from '../hash.js';

/** Files larger than this count by name and size only, in bytes. */
const hashedUpTo = 16 * 1024 * 1024;
/** Hold times of day or of work, which differ between runs that are otherwise the same. */
const ignored = /(^|\/)(checkpoint-\d+|logs)\/|\.log$|\.bin$|\.pt$|\.pth$/;

/** @param skip Names of files at the top of the folder that do not count. */
export async function fingerprintOf(dir: string, output: unknown, skip: readonly string[]): Promise<string> {
  const names = (await readdir(dir, { recursive: true })).map((name) => name.split(sep).join('/')).toSorted();
  const parts: string[] = [JSON.stringify(output)];
  for (const name of names) {
    if (skip.includes(name) || ignored.test(name)) continue;
    const file = join(dir, name);
    const { size } = await stat(file);
    if ((await stat(file)).isFile())
      parts.push(`${relative(dir, file)} ${size} ${size <= hashedUpTo ? sha256(await readFile(file)) : ''}`);
  }
  return sha256(parts.join('\n'));
}
