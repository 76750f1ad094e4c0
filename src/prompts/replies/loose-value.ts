/** The values of loosely written JSON: numbers stay as they are written, objects keep the order of their names. */
/** A number as it is written: `1.50` is not `1.5` where it names a size. */
export class NumberText {
  constructor(readonly text: string) {}
}

export type Loose = string | boolean | null | NumberText | Loose[] | Map<string, Loose>;

/** The same values give the same text, whatever the order of names. */
export function canonical(value: Loose): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  const members = [...value].map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.toSorted().join(',')}}`;
}
