/** What exported functions throw, read from the sources: an error's code stands in the TSDoc of its file's exports, or nobody can look for it. */
import { join } from 'node:path';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { moduleOf, type Node, type PublicExport } from '../public-exports.js';

/** `readSampleFile: DataError no-samples` of each error that its file makes on its way and that no export of the file tells of. */
export function untoldErrors(all: readonly PublicExport[]): string[] {
  return all
    .filter(({ kind }) => kind === 'function')
    .flatMap(({ file, declared, name }) => {
      const told = all
        .filter((one) => one.file === file)
        .map(
          ({ doc, declaration }) =>
            `${doc}\n${moduleOf(join(packageRoot, file)).text.slice(declaration.start, declaration.end)}`,
        );
      const docs = told
        .map((text) => text.match(/@throws[\s\S]*?(?=\n(?: \* )?@|\*\/|$(?![\s\S]))/g)?.join('\n') ?? '')
        .join('\n');
      return [...thrownBy(file, declared)]
        .filter((error) => !docs.includes(isCoded(error) ? `\`${error.split(' ')[1]}\`` : error))
        .map((error) => `${name}: ${error}`);
    });
}

const isCoded = (error: string): boolean => error.includes(' ');

/** Within the file: what others throw is theirs to tell. */
function thrownBy(file: string, name: string, seen: Set<string> = new Set()): Set<string> {
  const found = new Set<string>();
  const functions = functionsOf(file);
  const start = functions.get(name);
  if (start === undefined || seen.has(name)) return found;
  seen.add(name);
  visit(start, (node) => {
    if (node.type === 'NewExpression' && node.callee.name?.endsWith('Error')) found.add(errorOf(node));
    if (node.type === 'Identifier' && functions.has(node.name))
      for (const error of thrownBy(file, node.name, seen)) found.add(error);
  });
  return found;
}

/** `DataError no-samples`; of an error that has no code, its class. */
function errorOf({ callee, arguments: [first] }: Node): string {
  const isOurs = !['Error', 'RangeError', 'TypeError', 'SyntaxError'].includes(callee.name);
  return isOurs && typeof first?.value === 'string' ? `${callee.name} ${first.value}` : callee.name;
}

function functionsOf(file: string): Map<string, Node> {
  const statements = moduleOf(join(packageRoot, file)).body.map((statement) => statement.declaration ?? statement);
  return new Map(
    statements.flatMap((statement: Node): [string, Node][] => {
      if (statement.type === 'FunctionDeclaration') return [[statement.id.name, statement]];
      if (statement.type !== 'VariableDeclaration') return [];
      return statement.declarations.map(({ id, init }: Node) => [id.name, init]);
    }),
  );
}

function visit(node: Node, look: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (typeof node.type === 'string') look(node);
  Object.values(node).forEach((child) => visit(child, look));
}
