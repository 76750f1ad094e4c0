/** The types that public signatures name: a caller who is given one must be able to write it down. */
import { join } from 'node:path';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { importedFile, moduleOf, type Node, type PublicExport } from './public-exports.js';

/** `file name` of types that a module of ours exports, public signatures name, and no entry point has. */
export function unnamedTypes(all: readonly PublicExport[]): string[] {
  const known = new Set(all.map(({ file, declared }) => `${join(packageRoot, file)} ${declared}`));
  const missing = all.flatMap(({ name, file, declaration }) => {
    const named = typesIn(signatureOf(declaration));
    const homes = [...named].map((type) => homeOf(join(packageRoot, file), type)).filter((home) => home !== null);
    return homes.filter((home) => !known.has(home)).map((home) => `${home.replace(`${packageRoot}/`, '')} (${name})`);
  });
  return [...new Set(missing)];
}

/** What a caller sees of a declaration: not what a function does, nor what a class keeps to itself. */
function signatureOf(declaration: Node): Node[] {
  if (declaration.type === 'FunctionDeclaration') return [...declaration.params, declaration.returnType];
  if (declaration.type === 'VariableDeclarator') return [declaration.id.typeAnnotation];
  if (declaration.type !== 'ClassDeclaration') return [declaration];
  return declaration.body.body.flatMap((member: Node) =>
    member.type === 'MethodDefinition' ? signatureOf({ ...member.value, type: 'FunctionDeclaration' }) : [member],
  );
}

function typesIn(nodes: readonly Node[]): Set<string> {
  const named = new Set<string>();
  const visit = (node: Node): void => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    if (node.type === 'TSTypeReference' && node.typeName.type === 'Identifier') named.add(node.typeName.name);
    if (node.type === 'TSInterfaceHeritage' && node.expression.type === 'Identifier') named.add(node.expression.name);
    for (const part of Object.values(node)) visit(part);
  };
  nodes.forEach(visit);
  return named;
}

/** Where a type is declared and exported, as `file name`; null where it is no module's of ours, or its module keeps it. */
function homeOf(file: string, name: string): string | null {
  for (const statement of moduleOf(file).body) {
    if (statement.type === 'ExportNamedDeclaration' && statement.declaration?.id?.name === name)
      return `${file} ${name}`;
    if (statement.type !== 'ImportDeclaration' && statement.type !== 'ExportNamedDeclaration') continue;
    if (!statement.source?.value.startsWith('.')) continue;
    const found = statement.specifiers.find((one: Node) => (one.exported ?? one.local).name === name);
    const there = found?.imported?.name ?? found?.local.name;
    if (found !== undefined) return homeOf(importedFile(file, statement.source.value), there);
  }
  return null;
}
