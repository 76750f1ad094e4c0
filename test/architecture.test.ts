/** The house rules that a machine can check: imports go one way, no cycles, small files with names of their own, rooms that explain themselves, one process.exit. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** Folders (or files at the top of src) by rank: a file may import from its own rank and from lower ones. */
const ranks: readonly (readonly string[])[] = [
  [
    'errors',
    'error-codes',
    'sample',
    'json-text',
    'mean',
    'random',
    'hash',
    'format',
    'awake',
    'disk',
    'terminal-text',
    'locks',
    'script-line',
    'file-kind',
    'called-as',
  ],
  ['config', 'prompts', 'reward', 'grading', 'phantom'],
  ['dataset', 'providers', 'bridge'],
  ['job-spec', 'generation', 'evaluation'],
  ['loop'],
  ['report', 'review'],
  ['tui', 'cli'],
  ['index', 'public'],
];

/** Names that stand twice on purpose: the section of the configuration and the stage that it sets; a folder's public face. */
const declaredTwins = new Set([
  'data.ts',
  'evaluation.ts',
  'filter.ts',
  'generator-update.ts',
  'grpo.ts',
  'preferences.ts',
  'reward-model.ts',
  'sft.ts',
  'index.ts',
]);

/** Pure by contract: no files, no network, no clock, no randomness but the seeded one. */
const pure = [
  'prompts',
  'reward',
  'config/trl-options',
  ...[
    'spec-from-config',
    'rows/job-rows',
    'rows/reward-rows',
    'rows/script-rows',
    'checks/enough-rows',
    'checks/image-tokens',
    'checks/image-token-budget',
  ].map((name) => join('job-spec', `${name}.ts`)),
  // All of evaluation but answer-questions.ts and sampled/sample-answers.ts, which run jobs.
  ...[
    'answer-report',
    'auroc',
    'bootstrap',
    'class-metrics',
    'mcnemar',
    'answer-metrics',
    'reward-model-quality',
    'filter-threshold',
    'transitions',
    'paired-difference',
    'sampled/sampled-figures',
    'sampled/sampled-report',
    'sampled/headroom-verdict',
    'verdicts/agreement',
    'verdicts/estimate',
    'verdicts/estimates',
    'verdicts/queue-design',
    'verdicts/reader-verdict',
  ].map((name) => join('evaluation', `${name}.ts`)),
  // All of what finds and decides; what measures, tells and reads events is not.
  ...[
    'alarm',
    'answer-bias',
    'dataset-guards',
    'gold',
    'gold-figures',
    'policy-guards',
    'probe-figures',
    'promotion',
    'reward-model-guards',
  ].map((name) => join('loop', 'guards', `${name}.ts`)),
  'grading/held-out.ts',
  'grading/probes.ts',
  'sample.ts',
  'json-text.ts',
  'mean.ts',
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
      // A list is as long as what it lists.
      .filter(({ file }) => !file.includes('.generated.') && file !== 'error-codes.ts');
    expect(sizes.filter(({ lines }) => lines > 250)).toEqual([]);
    const sorted = sizes.map(({ lines }) => lines).toSorted((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(110);
  });

  test('have a name of their own, but for declared pairs', () => {
    const places = Map.groupBy(files, (file) => basename(file));
    const twins = [...places].filter(([name, among]) => among.length > 1 && !declaredTwins.has(name));
    expect(twins.map(([, among]) => among.join(', '))).toEqual([]);
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

describe('folders', () => {
  const python = join(root, 'py', 'medgr2');
  const modules = readdirSync(python, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'));
  const folders = (names: readonly string[]): [string, number][] =>
    [...Map.groupBy(names, (name) => dirname(name))].map(([folder, within]) => [folder, within.length]);

  test('have fifteen files at most, and are no more than two deep', () => {
    const full = [...folders(files), ...folders(modules.filter((name) => basename(name) !== '__init__.py'))];
    expect(full.filter(([folder, count]) => count > 15 || folder.split('/').length > 2)).toEqual([]);
  });

  test('of tests have fifteen files at most', () => {
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.(tsx?|mjs|py)$/.test(name) && basename(name) !== 'conftest.py',
    );
    expect(folders(tests).filter(([, count]) => count > 15)).toEqual([]);
  });

  test('hold more than one file', () => {
    expect(folders(files).filter(([, count]) => count < 2)).toEqual([]);
  });

  test('at the top explain themselves', () => {
    const tops = [...new Set(files.filter((file) => file.includes('/')).map(folderOf))].map((name) =>
      join(source, name),
    );
    expect([...tops, python].filter((folder) => !existsSync(join(folder, 'README.md')))).toEqual([]);
  });

  test('of Python have small modules with names of their own', () => {
    const named = modules.filter((name) => basename(name) !== '__init__.py');
    expect(named.filter((name) => readFileSync(join(python, name), 'utf8').split('\n').length > 251)).toEqual([]);
    const twins = [...Map.groupBy(named, (name) => basename(name)).values()].filter((among) => among.length > 1);
    expect(twins).toEqual([]);
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
