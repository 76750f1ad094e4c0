/** configs/schema.json: the form of a configuration as editors read it, with the comments of the sections as descriptions. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configSchema } from '../../src/config/schema.js';
import { describeSchema, type Described } from './setting-comments.js';

/** As much of JSON Schema as zod makes of a configuration. */
export interface JsonSchema {
  description?: string;
  default?: unknown;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  not?: unknown;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const file = fileURLToPath(new URL('../../src/config/schema.ts', import.meta.url));
  explain(schema, describeSchema(file, 'configSchema'));
  return { ...schema, description: 'A run of medgr2: every setting that is left out has the default given here.' };
}

function explain(schema: JsonSchema, { comment, fields, alternatives }: Described): void {
  // zod writes the reason of a refusal itself.
  if (comment !== undefined && schema.description === undefined) schema.description = comment;
  // No whole number of a setting is that large: a bound that only says what JavaScript can hold helps nobody.
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  const parts = schema.oneOf ?? schema.anyOf ?? [];
  for (const [at, part] of parts.entries()) explain(part, alternatives?.[at] ?? { fields });
  if (schema.items !== undefined) explain(schema.items, { fields, alternatives });
  if (typeof schema.additionalProperties === 'object') explain(schema.additionalProperties, { fields, alternatives });
  for (const [name, property] of Object.entries(schema.properties ?? {})) explain(property, fields?.get(name) ?? {});
}

export const jsonSchemaText = (): string => `${JSON.stringify(configJsonSchema(), null, 1)}\n`;
