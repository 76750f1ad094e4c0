/** The reply's structure for providers that take a JSON Schema, and in words for models that are only told. Pure. */
import { z } from 'zod';

type Node = Record<string, unknown>;

/** JSON Schema with every field required, as strict modes ask; what may be left out may then be null or empty text. */
export function strictJsonSchema(schema: z.ZodType): object {
  return strict(z.toJSONSchema(schema, { target: 'draft-7', cycles: 'throw', reused: 'inline' }) as Node);
}

/** Dropped because strict modes know only the core of JSON Schema; the reply is checked with zod anyway. */
const dropped = new Set(['$schema', 'minLength', 'maxLength', 'minItems', 'maxItems', 'default', 'format', 'pattern']);

function strict(node: Node): Node {
  const out: Node = {};
  for (const [key, value] of Object.entries(node)) if (!dropped.has(key)) out[key] = value;
  if (node['items'] !== undefined) out['items'] = strict(node['items'] as Node);
  const properties = node['properties'] as Record<string, Node> | undefined;
  if (properties === undefined) return out;
  out['properties'] = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, strict(child)]));
  out['required'] = Object.keys(properties);
  out['additionalProperties'] = false;
  return out;
}

/** The fields in the order they are to be written, with what each means: `"question": One question …`. */
export function jsonForm(schema: z.ZodType): string {
  const whole = z.toJSONSchema(schema, { target: 'draft-7' }) as Node;
  const [[name, list] = ['', {}], ...others] = Object.entries(propertiesOf(whole));
  const item = list['items'] as Node | undefined;
  // Several samples in one reply.
  if (others.length === 0 && item?.['type'] === 'object') {
    const what = typeof list['description'] === 'string' ? list['description'] : '';
    return [
      `The JSON object has one field "${name}", a list of objects. ${what}`.trim(),
      'Each of them has these fields, in this order:',
      ...fieldLines(item),
    ].join('\n');
  }
  return ['The JSON object has these fields, in this order:', ...fieldLines(whole)].join('\n');
}

const propertiesOf = (node: Node): Record<string, Node> => (node['properties'] ?? {}) as Record<string, Node>;

const kinds: Readonly<Record<string, string>> = { array: 'list of texts', integer: 'whole number' };

function fieldLines(node: Node): string[] {
  const required = (node['required'] ?? []) as string[];
  return Object.entries(propertiesOf(node)).map(([name, field]) => {
    const kind = kinds[String(field['type'])] ?? 'text';
    const optional = required.includes(name) ? '' : ', may be left out';
    return `- "${name}" (${kind}${optional}): ${typeof field['description'] === 'string' ? field['description'] : ''}`.trim();
  });
}
