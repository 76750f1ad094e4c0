/** Where errors are thrown in the sources: with which code, of which class, with what remedy. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import * as errors from '../../src/errors.js';
import { moduleOf, type Node } from './public-exports.js';

export interface Thrown {
  code: string;
  /** Name of the class; empty where the code stands in a table of meanings. */
  error: string;
  /** As it is written, with `…` for what is only known when it is thrown; empty where it is put together. */
  remedy: string;
}

const classes = new Set(Object.keys(errors).filter((name) => name.endsWith('Error')));
const source = join(packageRoot, 'src');

export function thrownErrors(): Thrown[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  return files.filter((name) => !name.includes('.generated.')).flatMap((name) => thrownIn(join(source, name)));
}

function thrownIn(file: string): Thrown[] {
  const found: Thrown[] = [];
  const visit = (node: Node): void => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    if (node.type === 'NewExpression' && classes.has(node.callee.name)) {
      const remedy = textOf(valueOf(node.arguments[2], 'remedy'));
      for (const code of literalsOf(node.arguments[0])) found.push({ code, error: node.callee.name, remedy });
    }
    // A table of what an exception or a failure of the system means.
    const code = textOf(valueOf(node, 'code'));
    if (code !== '') found.push({ code, error: '', remedy: textOf(valueOf(node, 'remedy')) });
    for (const part of Object.values(node)) visit(part);
  };
  visit(moduleOf(file).body);
  return found;
}

const valueOf = (object: Node, key: string): Node =>
  object?.type === 'ObjectExpression' ? object.properties.find((one: Node) => one.key?.name === key)?.value : undefined;

/** Texts that a code may be: one, or one of two. */
function literalsOf(node: Node): string[] {
  if (node?.type === 'ConditionalExpression') return [...literalsOf(node.consequent), ...literalsOf(node.alternate)];
  return node?.type === 'Literal' && typeof node.value === 'string' ? [node.value] : [];
}

/** A text as it is written; empty where there is none, or more than half of it is not written there. */
function textOf(node: Node): string {
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : '';
  if (node?.type === 'BinaryExpression') {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === '' || right === '' ? '' : left + right;
  }
  if (node?.type !== 'TemplateLiteral') return '';
  const said = node.quasis.map((quasi: Node, at: number) => {
    const value = node.expressions[at];
    return quasi.value.cooked + (value === undefined ? '' : value.name === 'medgr2' ? 'medgr2' : '…');
  });
  return said.join('');
}
