/** src/public/README.md: every export of every entry point, with the first sentence of its TSDoc. */
import {
  examplesOf,
  firstSentence,
  moduleOf,
  entryPoints,
  publicExports,
  type PublicExport,
} from './public-exports.js';

export function exportsPage(): string {
  const all = publicExports();
  return [
    '# public: what the package exports',
    'Each file here is an entry point of package.json; `src/index.ts` is `medgr2` itself. They only name what lives elsewhere, may import everything, and ' +
      'nothing imports them. What is not listed is no part of the package’s face and may change in any version. A way of one value: a name is declared with its ' +
      'TSDoc in its room, an entry point names it, and `npm run codegen:config` writes this page, which a test compares; `▸` marks an `@example`, which a test runs.',
    ...entryPoints().flatMap(({ entry, file }) => section(entry, purposeOf(file), all)),
  ]
    .join('\n\n')
    .concat('\n');
}

function section(entry: string, purpose: string, all: readonly PublicExport[]): string[] {
  const own = all.filter((one) => one.entry === entry);
  const values = own.filter(({ kind }) => kind !== 'type');
  const types = own.filter(({ kind }) => kind === 'type');
  return [
    `## ${entry}`,
    purpose,
    table(['name', 'what it is', 'throws'], values),
    table(['type', 'what it is'], types),
  ];
}

function table(head: readonly string[], exports: readonly PublicExport[]): string {
  const rows = exports.toSorted((a, b) => a.name.localeCompare(b.name)).map((one) => cells(one).slice(0, head.length));
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cells({ name, kind, doc }: PublicExport): string[] {
  const mark = examplesOf(doc).length > 0 ? ' ▸' : '';
  const plain = (text: string): string => text.replaceAll('|', '\\|');
  return [`\`${name}${kind === 'function' ? '()' : ''}\`${mark}`, plain(firstSentence(doc)), plain(throwsOf(doc))];
}

/** What its `@throws` say, in one line. */
const throwsOf = (doc: string): string =>
  [...doc.matchAll(/^@throws ([\s\S]*?)(?=^@|$(?![\s\S]))/gm)]
    .map(([, said = '']) => said.replaceAll(/\s+/g, ' ').trim())
    .join(' ');

/** What the comment that opens an entry point says, without its own name. */
function purposeOf(file: string): string {
  const said = moduleOf(file).comments[0]?.value ?? '';
  const plain = said
    .replaceAll(/\s*\n\s*\*?\s*/g, ' ')
    .replace(/^\*\s*/, '')
    .trim();
  const text = plain.replace(/^`[^`]+`: /, '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
