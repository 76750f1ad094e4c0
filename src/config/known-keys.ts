/** Reads from a zod schema which keys it knows at a path: for suggestions, never for checking. */
import { z } from 'zod';

/** @returns Known keys of the object at `path`; empty where the schema knows none there. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const { nodes, at } = nodesAt(schema, path, value);
  return [...new Set(nodes.flatMap((node) => objectsOf(node, at)).flatMap((node) => allowedKeys(node)))];
}

/** Whether something else than an object may stand at `path`, too: a number for `filter.threshold`. */
export const takesPlainValue = (schema: z.ZodType, path: readonly PropertyKey[]): boolean =>
  nodesAt(schema, path, undefined).nodes.some(isPlain);

function isPlain(node: z.core.$ZodType): boolean {
  if (node instanceof z.core.$ZodObject) return false;
  if (node instanceof z.core.$ZodUnion) return node._zod.def.options.some(isPlain);
  const inner = (node._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner === undefined || isPlain(inner);
}

/** The schemas that may hold at `path`, and what stands there. */
function nodesAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown) {
  let nodes: z.core.$ZodType[] = [schema];
  let at: unknown = value;
  for (const key of path) {
    nodes = nodes.flatMap((node) => objectsOf(node, at)).flatMap((node) => childOf(node, key));
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return { nodes, at };
}

/** Without keys that are known only to be refused. */
const allowedKeys = (node: z.core.$ZodObject): string[] =>
  Object.entries(node._zod.def.shape).flatMap(([key, child]) =>
    child instanceof z.core.$ZodOptional && child._zod.def.innerType instanceof z.core.$ZodNever ? [] : [key],
  );

/** The objects a value may be matched against: wrappers opened, a tagged union narrowed by its tag. */
function objectsOf(node: z.core.$ZodType, value: unknown): z.core.$ZodObject[] {
  if (node instanceof z.core.$ZodObject) return [node];
  if (node instanceof z.core.$ZodUnion) {
    const objects = node._zod.def.options.flatMap((option) => objectsOf(option, value));
    const tag = (node._zod.def as { discriminator?: string }).discriminator;
    if (tag === undefined) return objects;
    const tagged = objects.filter((object) => {
      const tagSchema = object._zod.def.shape[tag];
      const tagValue =
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[tag] : undefined;
      return tagSchema !== undefined && z.safeParse(tagSchema, tagValue).success;
    });
    return tagged.length > 0 ? tagged : objects;
  }
  const inner = (node._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return inner === undefined ? [] : objectsOf(inner, value);
}

const childOf = (node: z.core.$ZodObject, key: PropertyKey): z.core.$ZodType[] => {
  const child = node._zod.def.shape[String(key)];
  return child === undefined ? [] : [child];
};
