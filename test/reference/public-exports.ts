/** What the package exports, read from the sources: each name with its entry point, declaration and TSDoc. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync, type Comment } from 'oxc-parser';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';

/** An AST node of whatever kind: only what is asked of it is looked at. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Node = any;

export interface PublicExport {
  /** As it is imported: `medgr2/rewards`. */
  entry: string;
  name: string;
  kind: 'function' | 'class' | 'value' | 'type';
  /** Where it is declared, from the package's root, and its name there. */
  file: string;
  declared: string;
  /** TSDoc without its stars; empty where there is none. */
  doc: string;
  declaration: Node;
}

const source = join(packageRoot, 'src');

/** Entry points as package.json names them, and the file of each: `dist/public/rewards.js` is made of `src/public/rewards.ts`. */
export function entryPoints(): { entry: string; file: string }[] {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  const { name, exports } = JSON.parse(text) as { name: string; exports: Record<string, { default: string }> };
  return Object.entries(exports).map(([path, target]) => ({
    entry: join(name, path),
    file: join(source, target.default.replace('./dist/', '').replace(/\.js$/, '.ts')),
  }));
}

export const publicExports = (): PublicExport[] =>
  entryPoints().flatMap(({ entry, file }) => exportsOf(file).map((one) => ({ entry, ...one })));

export interface Module {
  body: Node[];
  text: string;
  comments: readonly Comment[];
}
const modules = new Map<string, Module>();

export function moduleOf(file: string): Module {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, 'utf8');
  const { program, comments } = parseSync(file, text);
  const made = { body: program.body as Node[], text, comments };
  modules.set(file, made);
  return made;
}

/** The file that a relative import leads to. */
export const importedFile = (from: string, path: string): string =>
  resolve(dirname(from), path.replace(/\.js$/, '.ts'));

type Found = Omit<PublicExport, 'entry'>;

function exportsOf(file: string): Found[] {
  return moduleOf(file).body.flatMap((statement): Found[] => {
    if (statement.type === 'ExportAllDeclaration') return exportsOf(importedFile(file, statement.source.value));
    if (statement.type !== 'ExportNamedDeclaration') return [];
    if (statement.declaration) return declared(file, statement);
    return statement.specifiers.map(({ local, exported }: Node) => ({
      ...find(file, local.name, statement.source?.value),
      name: exported.name,
    }));
  });
}

/** What a name stands for: in the file that is named, or in the one that the name was imported from. */
function find(file: string, name: string, from: string | undefined): Found {
  if (from !== undefined) {
    const found = exportsOf(importedFile(file, from)).find((one) => one.name === name);
    if (found === undefined) throw new Error(`${relative(packageRoot, file)}: ${from} does not export ${name}`);
    return found;
  }
  for (const statement of moduleOf(file).body) {
    if (statement.type !== 'ImportDeclaration') continue;
    const imported = statement.specifiers.find((one: Node) => one.local.name === name);
    if (imported !== undefined) return find(file, imported.imported.name, statement.source.value);
  }
  throw new Error(`${relative(packageRoot, file)} exports ${name}, which it does not declare`);
}

function declared(file: string, statement: Node): Found[] {
  const { declaration } = statement;
  const each: Node[] = declaration.type === 'VariableDeclaration' ? declaration.declarations : [declaration];
  return each.map((one) => ({
    name: one.id.name,
    declared: one.id.name,
    kind: kinds[declaration.type as keyof typeof kinds] ?? 'type',
    file: relative(packageRoot, file),
    doc: docBefore(moduleOf(file), statement.start),
    declaration: one,
  }));
}

const kinds = { FunctionDeclaration: 'function', ClassDeclaration: 'class', VariableDeclaration: 'value' } as const;

/** The doc comment right before a declaration. What opens a file belongs to the file: a blank line follows it, or it is all there is. */
export function docBefore({ text, comments }: Module, start: number): string {
  const before = comments.findLast(({ type, value, end }) => type === 'Block' && value.startsWith('*') && end <= start);
  if (before === undefined || !/^\n\s*(?:\/\/[^\n]*\n\s*)*$/.test(text.slice(before.end, start))) return '';
  if (/\n\n/.test(text.slice(before.end, start))) return '';
  return before.value
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** Text of a doc before its tags; of a doc that has nothing but tags, what the first says. */
export function firstSentence(doc: string): string {
  const plain = doc.split(/^@/m)[0]?.trim() ?? '';
  const said =
    plain === '' ? (/^@(?:returns|throws|param \S+) ([\s\S]*?)(?=^@|$(?![\s\S]))/m.exec(doc)?.[1] ?? '') : plain;
  return (said.replaceAll(/\s+/g, ' ').split(/(?<=[^.][.])\s(?=[A-Z`])/)[0] ?? '').trim();
}

/** The code of each `@example` of a doc. */
export const examplesOf = (doc: string): string[] =>
  [...doc.matchAll(/^@example\n([\s\S]*?)(?=^@|$(?![\s\S]))/gm)].map(([, code = '']) => code.trimEnd());
