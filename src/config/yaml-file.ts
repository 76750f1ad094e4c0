/** YAML that may be anything: damaged, cut short, or made to exhaust memory. What it does not hold is an error with a place. */
import { LineCounter, parseDocument, type Document } from 'yaml';
import { ConfigError, messageOf } from '../errors.js';

/** A configuration is some hundred lines; whatever is larger is none. */
const longestText = 4 * 1024 * 1024;

export interface ReadYaml {
  document: Document;
  /** `file:line:column` of an offset. */
  locate(offset: number): string;
}

/** @throws ConfigError `invalid-config` with every problem of the form. */
export function readYaml(text: string, file: string): ReadYaml {
  const lines = new LineCounter();
  const locate = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (text.length > longestText) throw refusal([`${file} has ${text.length} characters: that is no configuration`]);
  const at = text.search(/[\0\ufffd]/);
  if (at !== -1) {
    const before = text.slice(0, at).split('\n');
    throw refusal([`${file}:${before.length}:${(before.at(-1) ?? '').length + 1} the file is no text: it is damaged`]);
  }
  const document: Document = guarded(file, () => parseDocument(text, { lineCounter: lines }));
  // A tag that nobody knows is a warning to the library, and another value than was meant.
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) throw refusal(wrong.map((error) => `${locate(error.pos[0])} ${error.message.split('\n')[0]}`));
  return { document, locate };
}

/** What the document says. @throws ConfigError where aliases stand for more than any configuration holds. */
export function valueOf(document: Document, file: string): unknown {
  // Aliases are counted, so that a few lines cannot stand for gigabytes.
  return guarded(file, () => document.toJS({ maxAliasCount: 100 }) as unknown);
}

export const parseYaml = (text: string, file: string): unknown => valueOf(readYaml(text, file).document, file);

export function refusal(problems: readonly string[]): ConfigError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new ConfigError(
    'invalid-config',
    `${count} in the configuration; nothing was started\n${problems.join('\n')}`,
  );
}

/** Depth and aliases beyond reason end in errors of the language, which name no file. */
function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ConfigError(
      'invalid-config',
      `${file} cannot be read as a configuration: ${error instanceof RangeError ? 'it is nested too deeply' : messageOf(error)}`,
      {
        cause: error,
        where: file,
        remedy:
          'Write it without deep nesting and nested aliases; a file that medgr2 wrote is damaged: restore it, or remove it.',
      },
    );
  }
}
