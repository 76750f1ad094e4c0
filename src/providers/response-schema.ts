/**
 * zod -> the subset of OpenAPI 3.0 that Gemini accepts as `responseSchema`.
 * What Gemini does not know is dropped, not approximated: the reply is checked with zod anyway.
 */
import type { ResponseSchema } from '@google/generative-ai';
import { z } from 'zod';
import { ProviderError } from '../errors.js';

/** Keys of a schema node that pass as they are; `properties`, `items` and `anyOf` are walked. */
const plainKeys = [
  'type',
  'description',
  'nullable',
  'required',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
] as const;
const stringFormats = new Set(['date-time', 'enum']);

type Node = Readonly<Record<string, unknown>>;

/** @throws ProviderError `unsupported-schema` for what has no OpenAPI form (recursion, transforms, dates). */
export function geminiResponseSchema(schema: z.ZodType): ResponseSchema {
  let openApi: Node;
  try {
    openApi = z.toJSONSchema(schema, { target: 'openapi-3.0', cycles: 'throw', reused: 'inline' }) as Node;
  } catch (cause) {
    throw new ProviderError('unsupported-schema', 'The reply schema cannot be written as an OpenAPI 3.0 schema.', {
      remedy: 'Use plain objects, arrays, strings, numbers, booleans and enums.',
      cause,
    });
  }
  // The SDK's type is a union that a walked tree cannot be proven to be; Gemini itself checks it.
  return supported(openApi) as unknown as ResponseSchema;
}

function supported(node: Node): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of plainKeys) {
    if (node[key] !== undefined && !isSafeIntegerBound(key, node[key])) out[key] = node[key];
  }
  if (node.type === 'string' && node.enum !== undefined) {
    out.enum = node.enum;
    out.format = 'enum';
  }
  if (typeof node.format === 'string' && stringFormats.has(node.format)) out.format = node.format;
  if (node.items !== undefined) out.items = supported(node.items as Node);
  const alternatives = node.anyOf ?? node.oneOf;
  if (Array.isArray(alternatives)) out.anyOf = alternatives.map((alternative) => supported(alternative as Node));
  if (node.properties !== undefined) {
    const properties = Object.entries(node.properties as Record<string, Node>);
    out.properties = Object.fromEntries(properties.map(([name, property]) => [name, supported(property)]));
    // Without it Gemini writes the fields in alphabetical order, the answer before its rationale.
    out.propertyOrdering = properties.map(([name]) => name);
  }
  return out;
}

/** zod bounds every integer by the safe integers, which says nothing to a model. */
function isSafeIntegerBound(key: string, value: unknown): boolean {
  return (key === 'minimum' || key === 'maximum') && Math.abs(value as number) === Number.MAX_SAFE_INTEGER;
}
