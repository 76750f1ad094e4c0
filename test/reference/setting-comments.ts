/** The comments of the configuration's sections, by setting: each stands once, beside the setting in src/config/sections/. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseSync, type Program } from 'oxc-parser';

/** What a schema's source says of it and of its parts. */
export interface Described {
  comment?: string | undefined;
  fields?: Map<string, Described> | undefined;
  /** Of a union, in the order of the source. */
  alternatives?: Described[] | undefined;
}

interface Source {
  file: string;
  text: string;
  program: Program;
  comments: readonly { type: string; value: string; start: number; end: number }[];
}

/** An AST node of whatever kind: only what is asked of it is looked at. */
// oxlint-disable-next-line typescript/no-explicit-any
type Node = any;

const sources = new Map<string, Source>();

function sourceOf(file: string): Source {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, 'utf8');
  const { program, comments } = parseSync(file, text);
  const source = { file, text, program, comments };
  sources.set(file, source);
  return source;
}

/** @returns What the schema that a file declares under this name says; empty where it cannot be followed. */
export function describeSchema(file: string, name: string): Described {
  const source = sourceOf(file);
  for (const statement of source.program.body as Node[]) {
    if (statement.type === 'ImportDeclaration') {
      const imported = statement.specifiers.find((one: Node) => one.local.name === name);
      if (imported === undefined || !statement.source.value.startsWith('.')) continue;
      const target = resolve(dirname(file), statement.source.value.replace(/\.js$/, '.ts'));
      return describeSchema(target, imported.imported?.name ?? name);
    }
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    const found = declaration.declarations.find((one: Node) => one.id.name === name);
    if (found === undefined) continue;
    return { comment: commentBefore(source, statement.start), ...describe(found.init, source) };
  }
  return {};
}

function describe(node: Node, source: Source): Described {
  switch (node?.type) {
    case 'Identifier':
      return describeSchema(source.file, node.name);
    case 'ObjectExpression':
      return { fields: fieldsOf(node, source) };
    case 'ArrowFunctionExpression':
      return describe(node.body, source);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'ParenthesizedExpression':
      return describe(node.expression, source);
    case 'MemberExpression':
      return describe(node.object, source);
    case 'CallExpression':
      return describeCall(node, source);
    default:
      return {};
  }
}

function describeCall({ callee, arguments: given }: Node, source: Source): Described {
  // A function that makes a schema of the shape it is given, or one of its own.
  if (callee.type === 'Identifier') {
    const made = describeSchema(source.file, callee.name);
    return made.fields === undefined ? describe(given[0], source) : made;
  }
  if (callee.type !== 'MemberExpression') return {};
  const method = callee.property.name;
  if (callee.object.name === 'z') {
    if (method === 'union') return alternatives(given[0], source);
    if (method === 'discriminatedUnion') return alternatives(given[1], source);
    if (method === 'record') return describe(given[1], source);
    return ['strictObject', 'object', 'array'].includes(method) ? describe(given[0], source) : {};
  }
  const before = describe(callee.object, source);
  if (method !== 'extend') return before;
  const more = describe(given[0], source).fields ?? [];
  return { ...before, fields: new Map([...(before.fields ?? []), ...more]) };
}

const alternatives = (list: Node, source: Source): Described => ({
  alternatives: (list?.elements ?? []).map((one: Node) => describe(one, source)),
});

function fieldsOf({ properties }: Node, source: Source): Map<string, Described> {
  const fields = new Map<string, Described>();
  for (const property of properties) {
    if (property.type === 'SpreadElement') {
      for (const [key, value] of describe(property.argument, source).fields ?? []) fields.set(key, value);
      continue;
    }
    const own = describe(property.value, source);
    const comment = commentBefore(source, property.start);
    fields.set(property.key.name ?? property.key.value, comment === undefined ? own : { ...own, comment });
  }
  return fields;
}

/** The doc comment right before a place; a line comment may stand between. */
function commentBefore({ text, comments }: Source, start: number): string | undefined {
  const before = comments.findLast(({ type, value, end }) => type === 'Block' && value.startsWith('*') && end <= start);
  if (before === undefined || !/^\s*(?:\/\/[^\n]*\n\s*)*$/.test(text.slice(before.end, start))) return undefined;
  return before.value
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .filter((line) => !line.startsWith('@'))
    .join(' ')
    .trim();
}
