/** The command line of a script of this checkout: its opening comment is its usage; what it does not know ends it with 2. */
import { readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf } from './errors.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/** @param most Values that it takes beside its options. */
export function scriptLine<const O extends Options>(
  script: string,
  options: O,
  most = 0,
  given: readonly string[] = process.argv.slice(2),
): Parsed<O> {
  if (given.includes('--help') || given.includes('-h')) {
    process.stdout.write(`${usageOf(script)}\n`);
    process.exit(0);
  }
  let parsed: Parsed<O>;
  try {
    parsed = parseArgs({ args: [...given], options, allowPositionals: true });
  } catch (error) {
    return refuse(script, messageOf(error));
  }
  const extra = parsed.positionals[most];
  return extra === undefined ? parsed : refuse(script, `${extra} is one value too many`);
}

/** A number of at least `least` where one was given, else ends the script. @param name As a person calls it. */
export function scriptNumber(script: string, name: string, text: string, least = 0): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= least && Number.isFinite(number)) return number;
  return refuse(script, `${name} takes a number of ${least} or more, not ${text}`);
}

export function refuse(script: string, problem: string): never {
  process.stderr.write(`${problem}\n\n${usageOf(script)}\n`);
  process.exit(2);
}

/** The first comment of a file, without its marks. */
export function usageOf(script: string): string {
  const comment = /\/\*\*(.*?)\*\//s.exec(readFileSync(script, 'utf8'))?.[1] ?? '';
  return comment.replaceAll(/^\s*\* ?/gm, '').trim();
}
