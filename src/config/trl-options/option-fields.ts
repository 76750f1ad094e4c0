/** What py/medgr2/trl_options.py tells about the options of the installed TRL. For codegen and its test only. */
import { z } from 'zod';

/** A type in JSON's terms; `object` stands for a Python type that JSON cannot express. */
export type FieldType =
  | { type: 'boolean' | 'integer' | 'number' | 'string' | 'null' | 'any' | 'object' }
  | { type: 'enum'; values: (string | number | boolean)[] }
  | { type: 'array'; items: FieldType[] }
  | { type: 'record'; values: FieldType[] };

const fieldTypeSchema: z.ZodType<FieldType> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.enum(['boolean', 'integer', 'number', 'string', 'null', 'any', 'object']) }),
    z.strictObject({ type: z.literal('enum'), values: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1) }),
    z.strictObject({ type: z.literal('array'), items: z.array(fieldTypeSchema).min(1) }),
    z.strictObject({ type: z.literal('record'), values: z.array(fieldTypeSchema).min(1) }),
  ]),
);

const fieldSchema = z.strictObject({
  name: z.string().regex(/^[a-z]\w*$/i),
  /** Alternatives. */
  types: z.array(fieldTypeSchema).min(1),
  /** TRL's default; null where it is None or there is none. */
  default: z.json(),
  /** TRL's own help text on one line; empty where it has none. */
  help: z.string(),
});
export type OptionField = z.output<typeof fieldSchema>;

export const optionFieldsSchema = z.strictObject({
  versions: z.strictObject({ trl: z.string(), transformers: z.string() }),
  sft: z.array(fieldSchema),
  grpo: z.array(fieldSchema),
});
export type OptionFields = z.output<typeof optionFieldsSchema>;
