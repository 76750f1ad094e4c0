/** The settings that `--set` takes, by their dotted names; TRL's own options are too many to offer. */
import { keysAt, takesPlainValue } from '../../config/known-keys.js';
import { configSchema } from '../../config/schema.js';

export function settingNames(path: readonly string[] = []): string[] {
  return keysAt(configSchema, path, undefined).flatMap((key) => {
    if (key === 'trl') return [];
    const own = [...path, key];
    const below = settingNames(own);
    return below.length === 0 || takesPlainValue(configSchema, own) ? [own.join('.'), ...below] : below;
  });
}
