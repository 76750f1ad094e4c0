/** `--set a.b=c`: one setting changed from the command line, its value read as YAML. */
import { parseDocument, type Document } from 'yaml';
import { ConfigError, messageOf } from '../errors.js';

export interface Override {
  path: string[];
  value: unknown;
  /** As the person wrote it, for messages. */
  text: string;
}

export function parseOverride(text: string): Override {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).split('.');
  if (at < 1 || path.some((part) => part.trim() === ''))
    throw new ConfigError('bad-override', `--set ${text}: expected a setting and a value`, {
      remedy: 'Write it as --set section.name=value, for example --set sft.maxSteps=100.',
    });
  return { path, value: valueOf(text, text.slice(at + 1)), text };
}

function valueOf(text: string, value: string): unknown {
  const refused = (cause: unknown): ConfigError =>
    new ConfigError('bad-override', `--set ${text}: the value is not valid YAML: ${messageOf(cause).split('\n')[0]}`, {
      cause,
      remedy: `A text with signs of YAML's own stands in double quotes, for the shell in single ones: --set '${text.slice(0, text.indexOf('='))}="…"'`,
    });
  try {
    const document = parseDocument(value);
    // What the library only warns of, such as a tag that nobody knows, would be another value than the one that was meant.
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw problem;
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw refused(error);
  }
}

/** Writes an override into the document; text given for the whole `data` section is its path. */
export function applyOverride(document: Document, override: Override): Override {
  const path = isDataPath(override) ? ['data', 'path'] : override.path;
  for (let depth = 1; depth < path.length; depth++) {
    const above: unknown = document.getIn(path.slice(0, depth));
    if (above === undefined) break;
    if (above === null) document.setIn(path.slice(0, depth), document.createNode({}));
    else if (typeof above !== 'object')
      throw new ConfigError(
        'bad-override',
        `--set ${override.text}: ${path.slice(0, depth).join('.')} is a value, not a section`,
      );
  }
  document.setIn(path, document.createNode(override.value));
  return { ...override, path };
}

const isDataPath = (override: Override): boolean =>
  override.path.join('.') === 'data' && typeof override.value === 'string';
