/**
 * A run folder that was damaged, in the middle of a run and after its end, by any change to any of its files: the same
 * command gives what the undisturbed run gave, or stops with an error that names the file and a remedy. Never anything else.
 */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exportSource } from '../../../src/loop/result/export-run.js';
import { Medgr2Error } from '../../../src/errors.js';
import { readRun } from '../../../src/report/data/run-record.js';
import { fakeEngine } from '../fake-engine.js';
import { attempt, configOf, contentOf, Scratch, stagesOf, warningsOf } from './support.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });
const trials = Number(process.env['MEDGR2_DAMAGE_TRIALS'] ?? 10);

const scratch = new Scratch();
const finished = scratch.at('finished');
const halfway = scratch.at('halfway');
let undisturbed: Record<string, string> = {};

beforeAll(async () => {
  const whole = await attempt(finished);
  if (whole.error !== undefined) throw new Error('the run itself failed', { cause: whole.error });
  undisturbed = contentOf(finished);
  const broken = fakeEngine({
    contentOnly: true,
    before: (spec) => {
      if (spec.outDir.includes('cycle-2/sft')) throw new Error('power cut');
    },
  });
  await attempt(halfway, configOf(), {}, broken);
});
afterAll(() => scratch[Symbol.dispose]());

type Damage = (file: string, place: number) => void;
const damages: Record<string, Damage> = {
  'one bit': (file, place) => {
    const bytes = readFileSync(file);
    const at = Math.floor(place * bytes.length);
    if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(place * 8));
    else bytes.fill(1);
    writeFileSync(file, bytes);
  },
  'one bit, with its time kept': (file, place) => {
    const { atime, mtime } = statSync(file);
    damages['one bit']?.(file, place);
    utimesSync(file, atime, mtime);
  },
  truncated: (file, place) => truncateSync(file, Math.floor(place * statSync(file).size)),
  emptied: (file) => truncateSync(file, 0),
  appended: (file) => appendFileSync(file, 'and more\n'),
  deleted: (file) => rmSync(file),
  garbage: (file) => writeFileSync(file, '\0\xff{"a": [1,'),
  'an alias bomb': (file) =>
    writeFileSync(
      file,
      [
        'a: &a [x, x, x, x, x, x, x, x, x]',
        ...'bcdefghi'.split('').map((name, index) => bomb(name, 'abcdefgh'[index] ?? 'a')),
      ].join('\n'),
    ),
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  'a link in a circle': (file) => {
    rmSync(file);
    symlinkSync(file, file);
  },
  'another file': (file) => writeFileSync(file, 'null\n'),
};
const bomb = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]`;

const filesOf = (runDir: string): string[] =>
  readdirSync(runDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(runDir.length + 1))
    .filter((name) => !/^(logs\/|run\.lock)/.test(name))
    .toSorted();

/** Files by kind first, so that a small file of the run is met as often as the many images. */
const anyFile = (runDir: string): fc.Arbitrary<string> => {
  const kinds = [...Map.groupBy(filesOf(runDir), (name) => name.replaceAll(/\d+/g, '0')).values()];
  return fc.constantFrom(...kinds).chain((names) => fc.constantFrom(...names));
};

const anyDamage = fc.record({
  how: fc.constantFrom(...Object.keys(damages)),
  place: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

async function damagedRun(from: string, name: string, how: string, place: number): Promise<string> {
  using copy = new Scratch();
  const runDir = copy.at('run');
  cpSync(from, runDir, { recursive: true, preserveTimestamps: true });
  damages[how]?.(join(runDir, name), place);
  const { error } = await attempt(runDir);
  if (error === undefined) {
    expect(contentOf(runDir), `${name}: ${how}`).toEqual(undisturbed);
    return 'same';
  }
  expect(error, `${name}: ${how}`).toBeInstanceOf(Medgr2Error);
  const { remedy, where, message } = error as Medgr2Error;
  expect(remedy, `${name}: ${how}`).toBeTruthy();
  // The file, or what it belongs to.
  expect(`${where} ${message}`).toContain(copy.path);
  return 'clear stop';
}

test.each([
  ['after its end', () => finished],
  ['in its middle', () => halfway],
])('any file damaged in any way %s', async (_when, from) => {
  const counts: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(anyFile(from()), anyDamage, async (name, { how, place }) => {
      const outcome = await damagedRun(from(), name, how, place);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }),
    {
      numRuns: trials,
      ...(process.env['MEDGR2_SEED'] === undefined ? {} : { seed: Number(process.env['MEDGR2_SEED']) }),
    },
  );
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(trials);
  console.log(`${trials} damages ${_when}: ${JSON.stringify(counts)}`);
});

describe('weights of any size', () => {
  test('that were changed are made again, with a warning that names the file; what follows stays', async () => {
    using copy = new Scratch();
    const runDir = copy.at('run');
    cpSync(finished, runDir, { recursive: true });
    const weights = join(runDir, 'cycle-1/sft/model/weights');
    damages['one bit']?.(weights, 0.5);
    const again = await attempt(runDir);
    expect(stagesOf(again, 'stage-end')).toEqual(['1/sft']);
    expect(warningsOf(again)).toEqual([expect.stringContaining(weights)]);
    expect(contentOf(runDir)).toEqual(undisturbed);
  });

  test('that are large and changed without a trace are found before they are used', async () => {
    using copy = new Scratch();
    const runDir = copy.at('run');
    const large = 17 * 1024 * 1024;
    const engine = (stop: boolean) =>
      fakeEngine({
        contentOnly: true,
        before: (spec) => {
          if (stop && spec.outDir.includes('cycle-1/evaluate-sft')) throw new Error('power cut');
          if (!spec.outDir.includes('cycle-1/sft')) return;
          mkdirSync(join(spec.outDir, 'model'), { recursive: true });
          const weights = join(spec.outDir, 'model', 'large.safetensors');
          writeFileSync(weights, Buffer.alloc(large, 7));
          utimesSync(weights, 1e9, 1e9); // a time that can be given back to the millisecond
        },
      });
    await attempt(runDir, configOf(), {}, engine(true));
    const file = join(runDir, 'cycle-1/sft/model/large.safetensors');
    damages['one bit, with its time kept']?.(file, 0.5);
    const found = await attempt(runDir, configOf(), {}, engine(false));
    expect(found.error).toMatchObject({ code: 'output-damaged', message: expect.stringContaining(file) });
    expect(found.engine.calls).toEqual([]);
    const again = await attempt(runDir, configOf(), {}, engine(false));
    expect(again.error).toBeUndefined();
    expect(stagesOf(again, 'stage-end').slice(0, 2)).toEqual(['1/sft', '1/evaluate-sft']);
    expect(readFileSync(file).equals(Buffer.alloc(large, 7))).toBe(true);
  });
});

describe('a finished run', () => {
  test('whose result is damaged has it again from its ledger, and exports without it', async () => {
    using copy = new Scratch();
    const runDir = copy.at('run');
    cpSync(finished, runDir, { recursive: true });
    for (const text of ['', '{"status": "comp', 'null']) {
      writeFileSync(join(runDir, 'result.json'), text);
      expect((await exportSource(runDir)).about).toMatch(/no evidence/);
      const { error, engine } = await attempt(runDir);
      expect(error).toBeUndefined();
      expect(engine.calls).toEqual([]);
      expect(contentOf(runDir)).toEqual(undisturbed);
    }
  });

  test('whose D_gen was changed is not exported; its command puts it right', async () => {
    using copy = new Scratch();
    const runDir = copy.at('run');
    cpSync(finished, runDir, { recursive: true });
    const dataset = join(runDir, 'dataset/d-gen.parquet');
    damages['one bit']?.(dataset, 0.5);
    await expect(exportSource(runDir)).rejects.toMatchObject({ code: 'output-damaged', where: dataset });
    await attempt(runDir);
    expect(contentOf(runDir)).toEqual(undisturbed);
    expect((await exportSource(runDir)).splits[0]?.samples.length).toBeGreaterThan(0);
  });

  test.each(Object.keys(damages))('can be exported and reported, or says why not: %s', async (how) => {
    for (const name of ['config.yaml', 'environment.json', 'result.json', 'ledger.jsonl', 'events.jsonl']) {
      using copy = new Scratch();
      const runDir = copy.at('run');
      cpSync(finished, runDir, { recursive: true });
      if (name === 'environment.json') writeFileSync(join(runDir, name), '{"medgr2": "0", "python": null}'); // no engine
      damages[how]?.(join(runDir, name), 0.5);
      const exported = await exportSource(runDir).catch((error: unknown) => error);
      if (exported instanceof Error) expect(exported, name).toBeInstanceOf(Medgr2Error);
      try {
        readRun(runDir);
      } catch (error) {
        expect(error, name).toBeInstanceOf(Medgr2Error);
      }
    }
  });

  test('whose ledger is lost goes on from the records in its folders', async () => {
    using copy = new Scratch();
    const runDir = copy.at('run');
    cpSync(finished, runDir, { recursive: true });
    rmSync(join(runDir, 'ledger.jsonl'));
    const { error, engine } = await attempt(runDir);
    expect(error).toBeUndefined();
    expect(engine.calls).toEqual([]);
    expect(existsSync(join(runDir, 'ledger.jsonl'))).toBe(true);
    expect(contentOf(runDir)).toEqual(undisturbed);
  });
});
