/** The patient in the path of an image: the first folder below the given one, or what stands where a pattern says. */
import { patientOrNull } from './unnamed-patients.js';

/** `none`, `folder`, or a pattern with `{patient}` in it, such as `site/{patient}/*` or `{patient}_*`. */
export type PatientFrom = string;

export function isPatientFrom(text: string): boolean {
  return text === 'none' || text === 'folder' || text.includes('{patient}');
}

/** @returns The patient as the path has it. */
export function patientInPath(from: PatientFrom): (name: string) => string | null {
  if (from === 'none') return () => null;
  const find =
    from === 'folder' ? (name: string) => firstFolder.exec(plainPath(name))?.[1] : wordInPath(from, 'patient');
  return (name) => patientOrNull(find(name) ?? null);
}

const firstFolder = /^([^/]+)\/./;
const plainPath = (name: string): string => name.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '');

/** @returns What stands in a path where a pattern such as `site/{patient}/*` or `{patient}_*` has the word. */
export function wordInPath(pattern: string, word: string): (name: string) => string | null {
  const expression = patternOf(pattern, word);
  const base = !pattern.includes('/');
  return (name) => {
    const plain = plainPath(name);
    return expression.exec(base ? (plain.split('/').at(-1) ?? '') : plain)?.[1] ?? null;
  };
}

/** `*` and `{other}` stay within a name, `**` does not; what follows a whole pattern is free. */
function patternOf(from: string, word: string): RegExp {
  let seen = false;
  const parts = from.split(/(\{\w+\}|\*\*\/?|\*)/).map((part) => {
    if (part === `{${word}}`) {
      const again = seen;
      seen = true;
      return again ? String.raw`\1` : '([^/]+?)';
    }
    if (part.startsWith('**')) return '(?:.*/)?';
    if (part === '*' || /^\{\w+\}$/.test(part)) return '[^/]*?';
    return part.replaceAll(/[-/\\^$*+?.()|[\]{}]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('')}(?:/.*)?$`);
}
