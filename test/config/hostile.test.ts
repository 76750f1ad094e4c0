/** A configuration may be anything at all: it is read, or refused with a file and a line; never with an error of the language. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig, parseConfig } from '../../src/config/load.js';
import { ConfigError, Medgr2Error } from '../../src/errors.js';

const trials = Number(process.env['MEDGR2_CONFIG_TRIALS'] ?? 600);
const dir = mkdtempSync(join(tmpdir(), 'medgr2-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const demo = readFileSync(join(import.meta.dirname, '../../configs/demo.yaml'), 'utf8');

/** True where it was read. @throws what is no refusal. */
function read(text: string, set: string[] = []): boolean {
  try {
    parseConfig(text, { file: 'any.yaml', set });
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw new Error(`not refused but broken: ${String(error)}`, { cause: error });
    expect(error.message).toMatch(/any\.yaml|--set/);
    return false;
  }
}

const layers = 'bcdefghijk'.split('');
const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...layers.map(
    (name, index) =>
      `${name}: &${name} [${Array(9)
        .fill(`*${['a', ...layers][index]}`)
        .join(', ')}]`,
  ),
].join('\n');

test.each([
  ['aliases that stand for gigabytes', bomb],
  ['aliases within merges', `${bomb}\n<<: *k\n`],
  ['an alias of itself', 'a: &a [*a]\n'],
  ['an alias of nothing', 'seed: *gone\n'],
  ['ten thousand brackets', '['.repeat(10_000)],
  ['ten thousand maps', 'a: {'.repeat(10_000)],
  ['deep indentation', Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['a character of nothing', `seed: 1\n\0`],
  ['bytes that are no text', 'seed: \ufffd'],
  ['a list', '- a\n- b\n'],
  ['two documents', 'seed: 1\n---\nseed: 2\n'],
  ['a key twice', 'seed: 1\nseed: 2\n'],
  ['a key that is a map', '{a: 1}: 2\n'],
  ['a tag', 'seed: !!js/function "x"\n'],
  ['a key of the language', '__proto__: { seed: 1 }\nconstructor: 1\n'],
  ['megabytes', `seed: "${'x'.repeat(5_000_000)}"`],
])('%s is refused with its file', (_what, text) => {
  expect(read(text)).toBe(false);
});

test('any text, and any change to a good file', () => {
  const anyValue = fc.jsonValue({ maxDepth: 4 });
  const cut = fc.tuple(fc.nat(demo.length), fc.nat(demo.length), fc.string({ unit: 'binary', maxLength: 8 }));
  const changed = cut.map(([a, b, text]) => demo.slice(0, Math.min(a, b)) + text + demo.slice(Math.max(a, b)));
  const flipped = fc
    .tuple(fc.nat(demo.length - 1), fc.nat(0xffff))
    .map(([at, code]) => demo.slice(0, at) + String.fromCharCode(code) + demo.slice(at + 1));
  const section = fc.constantFrom('data', 'policy', 'generation', 'recipe', 'grpo', 'filter', 'executor', 'seed');
  const settings = fc.dictionary(section, anyValue, { maxKeys: 4 }).map((value) => stringify(value));
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    changed,
    flipped,
    settings,
    anyValue.map((value) => stringify(value)),
  );
  let accepted = 0;
  fc.assert(
    fc.property(any, (text) => {
      if (read(text)) accepted += 1;
    }),
    { numRuns: trials },
  );
  const path = fc.array(fc.constantFrom('data', 'policy', 'base', 'sft', 'trl', 'recipe', '0', '__proto__', 'a b'), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(path, fc.string(), (names, value) => void read(demo, [`${names.join('.')}=${value}`])),
    { numRuns: trials / 3 },
  );
  expect(accepted).toBeGreaterThan(0);
  console.log(`${trials + trials / 3} configurations: ${accepted} of the texts were read, the others refused`);
});

test('what is no file is told as such', async () => {
  const circle = join(dir, 'circle.yaml');
  symlinkSync(circle, circle);
  for (const file of [dir, circle, join(dir, 'none.yaml'), '/dev/null/none', 'a\0b'])
    await expect(loadConfig(file)).rejects.toBeInstanceOf(Medgr2Error);
});

test('a file that sets nothing does not train on all defaults', async () => {
  const file = join(dir, 'empty.yaml');
  for (const text of ['', '\n', '# all lost\n', '---\n', 'null', '{}']) {
    writeFileSync(file, text);
    await expect(loadConfig(file), text).rejects.toMatchObject({ code: 'config-empty', exitCode: 2 });
  }
  expect((await loadConfig(file, { set: ['seed=3'] })).seed).toBe(3);
});

test('more cycles than anybody means are refused, not planned for ever', () => {
  expect(read(demo, ['cycles=1000'])).toBe(true);
  expect(read(demo, ['cycles=1000000000'])).toBe(false);
});
