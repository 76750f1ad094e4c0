/** Numbers that exported interfaces hold without a word on what they count, or in which unit. */
import { join } from 'node:path';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { docBefore, moduleOf, type Node, type PublicExport } from '../public-exports.js';

/** `Usage.inputTokens` of each; a comment over several that follow each other is one's that stands before the first alone. */
export function unexplainedNumbers(all: readonly PublicExport[]): string[] {
  return all
    .filter(({ declaration }) => declaration.type === 'TSInterfaceDeclaration')
    .flatMap(({ name, file, declaration }) => {
      const source = moduleOf(join(packageRoot, file));
      return (declaration.body.body as Node[])
        .filter(({ type, typeAnnotation }) => {
          const text = source.text.slice(typeAnnotation?.start ?? 0, typeAnnotation?.end ?? 0);
          return type === 'TSPropertySignature' && /\bnumber\b/.test(text);
        })
        .filter(({ start }) => docBefore(source, start) === '')
        .map(({ key }) => `${name}.${key.name}`);
    });
}
