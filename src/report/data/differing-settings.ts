/** Configurations as flat settings, to find those in which runs differ. Pure. */
import { parse } from 'yaml';

/** Each setting that differs with its value in every configuration, as text; undefined where it is not set. */
export function differingSettings(configs: readonly (string | null)[]): Map<string, (string | undefined)[]> {
  const flat = configs.map((text) => flatten(safeParse(text)));
  const keys = [...new Set(flat.flatMap((settings) => [...settings.keys()]))];
  const rows = keys.map((key) => [key, flat.map((settings) => settings.get(key))] as const);
  return new Map(rows.filter(([, values]) => new Set(values).size > 1).map(([key, values]) => [key, [...values]]));
}

function safeParse(text: string | null): unknown {
  try {
    return text === null ? {} : (parse(text, { logLevel: 'error' }) as unknown);
  } catch {
    return {};
  }
}

/** `a.b` -> its value as text; lists are values. */
function flatten(value: unknown, path: readonly string[] = []): Map<string, string> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value).flatMap(([key, item]) => [...flatten(item, [...path, key])]));
  return new Map([[path.join('.'), typeof value === 'string' ? value : JSON.stringify(value)]]);
}
