/** test/reference/examples.generated.ts: each `@example` of what is exported as a function, which the compiler reads and a test runs. */
import { relative } from 'node:path';
import { entryPoints, examplesOf, publicExports, type PublicExport } from './public-exports.js';

/** `expression; // → value`, as an assertion. */
const claim = /^(.+); \/\/ → (.+)$/gm;

export function examplesModule(): string {
  const all = publicExports();
  const examples = all.flatMap(({ name, doc }) => examplesOf(doc).map((code) => ({ name, code })));
  const used = all.filter(({ name }) => examples.some(({ code }) => new RegExp(String.raw`\b${name}\b`).test(code)));
  return [
    '/** Written by `npm run codegen:config` from the `@example`s of TSDoc. Those that state a value run without Python. */',
    "import assert from 'node:assert';",
    ...entryPoints().map(({ entry, file }) =>
      importOf(
        file,
        used.filter((one) => one.entry === entry),
      ),
    ),
    '',
    'export const stated: Record<string, () => Promise<void>> = {};',
    'export const compiled: Record<string, () => Promise<void>> = {};',
    ...examples.map(({ name, code }) => {
      const list = code.search(claim) === -1 ? 'compiled' : 'stated';
      const body = code.replaceAll(
        claim,
        (_, said: string, value: string) => `assert.deepStrictEqual(${said}, ${value});`,
      );
      return `\n${list}['${name}'] = async () => {\n${body.replaceAll(/^(?=.)/gm, '  ')}\n};`;
    }),
    '',
  ].join('\n');
}

function importOf(file: string, names: readonly PublicExport[]): string {
  const listed = names.map(({ kind, name }) => `${kind === 'type' ? 'type ' : ''}${name}`).toSorted();
  const from = relative(import.meta.dirname, file).replace(/\.ts$/, '.js');
  return `import { ${listed.join(', ')} } from '${from}';`;
}
