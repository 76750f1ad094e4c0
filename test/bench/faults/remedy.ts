/** Does what a message says, where it says something that needs no judgement: delete this file, remove that line. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** @returns What was done, or null where the remedy is not one of these. */
export function followRemedy(stderr: string, runDir: string): string | null {
  const [, remedy = ''] = /what to do: (.+)/.exec(stderr) ?? [];
  const [, where = ''] = /where: (.+)/.exec(stderr) ?? [];
  if (/\bremove (?:that|this|the) line\b/i.test(remedy)) return removeLine(where, runDir);
  // The sentence may end behind the path, and a path may stand in quotes.
  const [, named] = /\b(?:delete|remove)\b[^/.]*?["'`]?((?:\/|\b[\w-]+\/|\b[\w-]+\.)[^\s"'`,;:]+)/i.exec(remedy) ?? [];
  const target = named === undefined && /\b(?:delete|remove) (?:it|that|this|the)\b/i.test(remedy) ? where : named;
  if (target === undefined) return null;
  for (const path of [target, target.replace(/[.)]+$/, '')].map((name) => resolve(runDir, name))) {
    if (!path.startsWith(resolve(runDir) + sep) || !existsSync(path)) continue;
    rmSync(path, { recursive: true });
    return `deleted ${path}`;
  }
  return null;
}

function removeLine(where: string, runDir: string): string | null {
  const [, name = '', number = ''] = /^(.+):(\d+)$/.exec(where) ?? [];
  const file = resolve(runDir, name);
  if (!existsSync(file) || number === '') return null;
  const lines = readFileSync(file, 'latin1').split('\n');
  lines.splice(Number(number) - 1, 1);
  writeFileSync(file, lines.join('\n'), 'latin1');
  return `removed line ${number} of ${file}`;
}
