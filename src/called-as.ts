/** How a person starts medgr2 where this copy of it lies: what messages and help tell them to type has to work there. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Python's messages name the command too: the supervisor hands it on by this variable. */
export const calledAsVariable = 'MEDGR2_CALLED_AS';

/** @param root Folder of package.json, of a checkout or of an installed package. */
export function calledAs(root: string, env: NodeJS.ProcessEnv = process.env): string {
  const told = env[calledAsVariable];
  if (told !== undefined && told !== '') return told;
  const folders = path.resolve(root).split(path.sep);
  const modules = folders.indexOf('node_modules');
  if (modules === -1) return 'npm run -s medgr2 --';
  // Beside the packages of a project lies its package.json; beside those that npm keeps for everyone there is none.
  const project = folders.slice(0, modules).join(path.sep);
  return existsSync(path.join(project, 'package.json')) ? 'npx medgr2' : 'medgr2';
}

/** The command, to be followed by a space and what it shall do: `${medgr2} setup`. */
const here: string | undefined = import.meta.url; // a bundler may leave it out
export const medgr2 = here === undefined ? 'npx medgr2' : calledAs(fileURLToPath(new URL('..', here)));

/** A word that can be pasted into a shell as it is: a path may have blanks. */
export const shellWord = (text: string): string =>
  /^[\p{L}\p{N}_.,:=/@%+-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
