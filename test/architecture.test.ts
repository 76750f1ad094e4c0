/** The house rules that a machine can check: imports go one way, no cycles, small files, named exports, one process.exit. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** Folders (or files at the top of src) by rank: a file may import from its own rank and from lower ones. */
const ranks: readonly (readonly string[])[] = [
  ['errors', 'sample', 'random', 'hash', 'format', 'awake', 'disk', 'terminal-text', 'script-line', 'file-kind'],
  ['trl', 'config', 'prompts', 'reward', 'grading', 'phantom'],
  ['dataset', 'providers', 'bridge'],
  ['training', 'generation', 'evaluation'],
  ['sdk'],
  ['loop'],
  ['report'],
  ['tui', 'cli'],
  ['index'],
];

/** Pure by contract: no files, no network, no clock, no randomness but the seeded one. */
const pure = [
  'prompts',
  'reward',
  'training',
  'trl',
  // All of evaluation but evaluate.ts, which runs a job.
  ...[
    'answer-report',
    'auroc',
    'bootstrap',
    'classes',
    'mcnemar',
    'metrics',
    'reward-report',
    'threshold',
    'transitions',
  ].map((name) => join('evaluation', `${name}.ts`)),
  'sample.ts',
  'random.ts',
];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .toSorted();

const folderOf = (file: string): string => (file.split('/')[0] ?? file).replace(/\.tsx?$/, '');
const rankOf = (folder: string): number => ranks.findIndex((rank) => rank.includes(folder));
const text = (file: string): string => readFileSync(join(source, file), 'utf8');

/** Relative imports of a file, as paths below src. Type-only imports count: they bind a reader just as well. */
function importsOf(file: string): string[] {
  const pattern = /(?:import|export)\s[^'"`;]*?from\s*'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)|^import\s*'(\.[^']+)'/gm;
  return [...text(file).matchAll(pattern)].flatMap(([, from, lazy, bare]) => {
    const path = from ?? lazy ?? bare ?? '';
    if (!/\.jsx?$/.test(path)) return [];
    const target = relative(source, join(source, dirname(file), path)).replace(/\.js$/, '.ts');
    return [files.includes(target) ? target : target.replace(/\.ts$/, '.tsx')];
  });
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));

describe('imports', () => {
  test('every folder has a rank', () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => rankOf(folder) === -1)).toEqual([]);
  });

  test('every relative import leads to a file', () => {
    const lost = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => !imports.has(target)).map((target) => `${file} -> ${target}`),
    );
    expect(lost).toEqual([]);
  });

  test('go down the ranks only', () => {
    const upward = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => rankOf(folderOf(target)) > rankOf(folderOf(file)))
        .map((target) => `${file} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test('make no cycle between files', () => {
    expect(cycleIn(imports)).toEqual([]);
  });

  test('make no cycle between folders', () => {
    const folders = new Map<string, string[]>();
    for (const [file, targets] of imports) {
      const others = targets.map(folderOf).filter((folder) => folder !== folderOf(file));
      folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), ...others]);
    }
    expect(cycleIn(folders)).toEqual([]);
  });
});

describe('files', () => {
  test('are small', () => {
    const sizes = files
      .map((file) => ({ file, lines: text(file).split('\n').length }))
      .filter(({ file }) => !file.includes('.generated.'));
    expect(sizes.filter(({ lines }) => lines > 250)).toEqual([]);
    const sorted = sizes.map(({ lines }) => lines).toSorted((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(110);
  });

  test('open with their purpose', () => {
    expect(files.filter((file) => !/^(#!.*\n)?\/\*\*/.test(text(file)))).toEqual([]);
  });

  test('have named exports only', () => {
    expect(files.filter((file) => /^export default/m.test(text(file)))).toEqual([]);
  });

  // The command, and the scripts of a checkout.
  test('end the process in one place only', () => {
    expect(files.filter((file) => /process\.exit\(/.test(text(file)))).toEqual(['cli/main.ts', 'script-line.ts']);
  });

  test('that are pure stay so', () => {
    const impure = files
      .filter((file) => !file.includes('.generated.'))
      .filter((file) => pure.some((part) => file === part || file.startsWith(`${part}/`)))
      .filter((file) =>
        /from 'node:(?!path)|Math\.random|Date\.now|new Date\(\)|performance\.now|process\./.test(text(file)),
      );
    expect(impure).toEqual([]);
  });
});

/** One cycle as the names along it, or an empty list. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle.length > 0) return cycle;
    }
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
