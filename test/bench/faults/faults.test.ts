/** The fault bench's own parts that need no run: which trials are drawn, what counts as equal, and when a stop is clear. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../../src/dataset/tables/table.js';
import type { AttemptEnd } from './attempt.js';
import { differencesBetween } from './compare.js';
import { damageFile, fileKind, pickFile } from './acts/damage.js';
import { namesOf, unclear, unclearInterrupt } from './judge.js';
import { faultKinds } from './acts/kinds.js';
import { followRemedy } from './remedy.js';
import { outcomeTable } from './table.js';
import { drawTrials, findTrial } from './trials.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-faults-test-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('trials', () => {
  test('are decided by seed and number alone', () => {
    expect(drawTrials(50, 7)).toEqual(drawTrials(50, 7));
    expect(drawTrials(50, 8)).not.toEqual(drawTrials(50, 7));
    expect(drawTrials(200, 7).slice(0, 50)).toEqual(drawTrials(50, 7));
    const [, second] = drawTrials(50, 7);
    expect(findTrial(drawTrials(90, 7), second?.id ?? '')).toEqual(second);
    expect(findTrial(drawTrials(90, 7), '1')).toEqual(second);
  });

  test('two hundred hold every kind about as often as its weight says', () => {
    const counts = Map.groupBy(drawTrials(200, 7), ({ kind }) => kind.name);
    const total = faultKinds.reduce((sum, { weight }) => sum + weight, 0);
    expect(counts.size).toBe(faultKinds.length);
    for (const { name, weight } of faultKinds)
      expect(Math.abs((counts.get(name)?.length ?? 0) - (200 * weight) / total), name).toBeLessThan(2);
  });

  test('the first trials of all kinds fall on many moments', () => {
    const moments = drawTrials(100, 7).map(({ draw }) => Math.floor(draw.moment * 10));
    expect(new Set(moments).size).toBe(10);
    expect(moments.filter((moment) => moment === moments[0]).length).toBeLessThan(30);
  });

  test('names of kinds are unique', () => {
    expect(new Set(faultKinds.map(({ name }) => name)).size).toBe(faultKinds.length);
  });

  test('files take turns by kind, however many of a kind there are', () => {
    const run = join(dir, 'turns');
    mkdirSync(join(run, 'images'), { recursive: true });
    for (let n = 0; n < 50; n++) writeFileSync(join(run, 'images', `seed-000${n}.png`), 'image');
    writeFileSync(join(run, 'ledger.jsonl'), '{}\n{}\n');
    writeFileSync(join(run, 'none.log'), '');
    const picked = drawTrials(
      40,
      1,
      faultKinds.filter(({ name }) => name === 'flip a file after the end'),
    ).map(({ draw }) => fileKind(pickFile(run, 'flip', draw)));
    expect([...new Set(picked)].toSorted()).toEqual(['images/seed-N.png', 'ledger.jsonl']);
    expect(picked.filter((kind) => kind === 'ledger.jsonl').length).toBeGreaterThan(15);
  });
});

describe('results', () => {
  const ledger = (loss: number, time: string): string =>
    `${JSON.stringify({ cycle: 1, stage: 'sft', output: { loss }, time })}\n`;

  /** A folder as a run leaves it, in small. */
  async function runFolder(name: string, id = 'a'): Promise<string> {
    const run = join(dir, name);
    mkdirSync(join(run, 'cycle-1/sft/model'), { recursive: true });
    const header = JSON.stringify({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const weights = Buffer.concat([length, Buffer.from(header), Buffer.from(new Float32Array([1, 2]).buffer)]);
    writeFileSync(join(run, 'cycle-1/sft/model/model.safetensors'), weights);
    await writeParquet(join(run, 'cycle-1/sft/rows.parquet'), [{ id, image: `${run}/images/1.png` }], {
      id: 'VARCHAR',
      image: 'VARCHAR',
    });
    writeFileSync(join(run, 'cycle-1/sft/scores.json'), JSON.stringify({ mean: 0.5, time: name }));
    writeFileSync(join(run, 'ledger.jsonl'), ledger(0.5, name));
    return run;
  }
  const compare = (one: string, other: string): Promise<string[]> =>
    differencesBetween({ dir: one, names: [one] }, { dir: other, names: [other] });

  test('of two folders that did the same are equal, wherever they lie and whenever they were made', async () => {
    expect(await compare(await runFolder('one'), await runFolder('two'))).toEqual([]);
  });

  const changes: [string, string, (run: string) => void][] = [
    [
      'one bit of a weight',
      'model.safetensors differs in 1 tensors: w',
      (run) => {
        const file = join(run, 'cycle-1/sft/model/model.safetensors');
        damageFile(file, 'flip', 0.99);
      },
    ],
    ['a file less', 'scores.json is missing', (run) => rmSync(join(run, 'cycle-1/sft/scores.json'))],
    [
      'a file more',
      'cycle-1/sft.partial/x.json is not in',
      (run) => {
        mkdirSync(join(run, 'cycle-1/sft.partial'));
        writeFileSync(join(run, 'cycle-1/sft.partial/x.json'), '{}');
      },
    ],
    [
      'a figure',
      'scores.json differs at mean',
      (run) => writeFileSync(join(run, 'cycle-1/sft/scores.json'), '{"mean":0.25}'),
    ],
    [
      'a metric',
      'ledger.jsonl, cycle-1/sft, differs at loss',
      (run) => writeFileSync(join(run, 'ledger.jsonl'), ledger(0.25, '')),
    ],
    [
      'a table cut off',
      'rows.parquet cannot be read',
      (run) => damageFile(join(run, 'cycle-1/sft/rows.parquet'), 'truncate', 0.5),
    ],
    [
      'a stage that the ledger lacks',
      'ledger.jsonl lacks cycle-1/sft',
      (run) => writeFileSync(join(run, 'ledger.jsonl'), ''),
    ],
  ];
  test.each(changes)('%s is told', async (name, told, change) => {
    const run = await runFolder(`changed ${name}`);
    change(run);
    expect((await compare(await runFolder(`for ${name}`), run)).join('; ')).toContain(told);
  });

  test('another row is told', async () => {
    const found = await compare(await runFolder('rows'), await runFolder('other rows', 'b'));
    expect(found).toEqual(['cycle-1/sft/rows.parquet differs in row 1']);
  });
});

describe('a stop', () => {
  const end = (stderr: string, code: number | null = 1): AttemptEnd => ({
    code,
    stderr,
    events: [],
    seconds: 1,
    hung: false,
    left: 0,
  });
  const clear =
    'error (stage-damaged): cycle-1/sft/model/model.safetensors was changed\n  what to do: delete cycle-1/sft\n';

  test('is clear with a typed error, its code, the thing and a remedy', () => {
    expect(unclear(end(clear), { names: namesOf('cycle-1/sft/model/model.safetensors') })).toBeNull();
    expect(unclear(end('interrupted', 130), {})).toMatch(/exit code 130/);
    expect(unclear(end('error: boom\n  what to do: report it, this is a defect of medgr2'), {})).toMatch(/defect/);
    expect(unclear(end('error (x): boom\n'), {})).toMatch(/no remedy/);
    expect(unclear(end(clear), { names: namesOf('cycle-1/grpo/model/model.safetensors') })).toMatch(/names none of/);
    expect(unclear({ ...end(clear), hung: true }, {})).toMatch(/did not end/);
    expect(unclear(end(clear, null), {})).toMatch(/signal/);
  });

  test('by a person says how to go on', () => {
    expect(unclearInterrupt(end('the run was stopped: Give the same command again to continue it.', 130))).toBeNull();
    expect(unclearInterrupt(end(clear, 1))).toMatch(/expected 130/);
    expect(unclearInterrupt(end('stopped', 130))).toMatch(/how to go on/);
  });

  const remedies: [string, string][] = [
    ['delete RUN/cycle-1/sft.', 'cycle-1/sft'],
    ['Delete `cycle-1/sft` and give the same command again.', 'cycle-1/sft'],
    ['Remove RUN/run.lock if it is surely gone.', 'run.lock'],
  ];
  test.each(remedies)('is followed where it says %s', (remedy, gone) => {
    const run = join(dir, 'remedy');
    mkdirSync(join(run, 'cycle-1/sft'), { recursive: true });
    writeFileSync(join(run, 'run.lock'), '{}');
    const kept = join(dir, 'kept');
    cpSync(run, kept, { recursive: true });
    expect(followRemedy(`error (x): y\n  what to do: ${remedy.replace('RUN', run)}\n`, run)).toContain(gone);
    expect(() => readFileSync(join(run, gone))).toThrow(/ENOENT/);
  });

  test('removes the line that it names, and nothing outside the run', () => {
    const run = join(dir, 'lines');
    mkdirSync(run);
    writeFileSync(join(run, 'ledger.jsonl'), 'one\ntwo\nthree\n');
    followRemedy(`error (x): y\n  where: ${run}/ledger.jsonl:2\n  what to do: Remove that line: its stage …\n`, run);
    expect(readFileSync(join(run, 'ledger.jsonl'), 'utf8')).toBe('one\nthree\n');
    expect(followRemedy('error (x): y\n  what to do: delete /etc/hosts\n', run)).toBeNull();
  });
});

test('the table counts by fault and sums up', () => {
  const outcome = { configuration: 'full', detail: '', seconds: 9, attempts: 2 };
  const table = outcomeTable(
    [
      { ...outcome, id: '000', kind: 'kill Node', result: 'same', beyond: 4 },
      { ...outcome, id: '001', kind: 'kill Node', result: 'else', beyond: 6 },
    ],
    ['kill Node', 'Ctrl-C'],
  );
  expect(table).toContain('| kill Node | 2 | 1 | 0 | 1 | 0 | 6.0 (at most 6.0) |');
  expect(table).toContain('| all | 2 | 1 | 0 | 1 | 0 |');
  expect(table).not.toContain('Ctrl-C');
});
