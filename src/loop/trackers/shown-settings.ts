/** The settings of a run as trackers list them: by their dotted names, those that say how it computes. Pure. */
import type { Config } from '../../config/schema.js';

/** Names of folders, hosts and reasons are the person's own: a tracker may be another's machine. */
const left = /^(?:data|egress|parts|trackers|executor)\b|[pP]ath$|baseUrl$|^generation\.(?:gemini|openai)\./;

/** JSON of name -> number, text or truth value; models by the last part of their path. */
export function shownSettings(config: Config): string {
  const shown: Record<string, unknown> = { 'data.source': config.data.source };
  const visit = (value: unknown, path: string): void => {
    if (left.test(path)) return;
    if (Array.isArray(value)) shown[path] = value.map(String).join(', ');
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`);
    else if (typeof value === 'string') shown[path] = value.startsWith('/') ? value.split('/').at(-1) : value;
    else if (value !== undefined) shown[path] = value;
  };
  visit(config, '');
  return JSON.stringify(shown);
}
