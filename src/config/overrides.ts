/** `--set a.b=c`: one setting changed from the command line, its value read as YAML. */
import { parse, type Document } from 'yaml';
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
  try {
    return { path, value: parse(text.slice(at + 1)) as unknown, text };
  } catch (error) {
    throw new ConfigError(
      'bad-override',
      `--set ${text}: the value is not valid YAML: ${messageOf(error).split('\n')[0]}`,
      {
        cause: error,
      },
    );
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
