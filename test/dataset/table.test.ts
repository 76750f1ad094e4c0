import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeOverlap } from '../../src/dataset/folders/exact-overlap.js';
import { readSamples, readSampleParts, writeSamples } from '../../src/dataset/tables/sample-table.js';
import { readJsonl, readParquet, writeJsonl, writeParquet, type Columns } from '../../src/dataset/tables/table.js';
import { DataError } from '../../src/errors.js';
import { seededRandom, type Random } from '../../src/random.js';
import { makeSample } from '../helpers/sample.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "medgr2 it's-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const columns = {
  text: 'VARCHAR',
  count: 'BIGINT',
  value: 'DOUBLE',
  flag: 'BOOLEAN',
  list: 'VARCHAR[]',
  numbers: 'DOUBLE[]',
} as const satisfies Columns;
const alphabet = [
  '',
  'a',
  'é',
  '中',
  '🫁',
  '"',
  "'",
  '\\',
  '\n',
  '\t',
  ',',
  '\u0000',
  '\u2028',
  '{"x":1}',
  'NULL',
  'null',
  '1',
  'true',
  ' ',
  '$1',
];

function randomText(random: Random): string {
  return Array.from({ length: random.int(8) }, () => random.pick(alphabet)).join('');
}

function randomRow(random: Random) {
  const maybe = <T>(value: T): T | null => (random.next() < 0.2 ? null : value);
  return {
    text: maybe(randomText(random)),
    count: maybe(random.pick([0, -1, random.int(1e9), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])),
    value: maybe(random.pick([0, -0.1, random.next() * 1e300, 5e-324, 3, random.next()])),
    flag: maybe(random.next() < 0.5),
    list: maybe(Array.from({ length: random.int(3) }, () => randomText(random))),
    numbers: maybe(Array.from({ length: random.int(3) }, () => random.next())),
  };
}

it('keeps the order of rows that take several of the files that DuckDB reads, and leaves none of these', async () => {
  const path = join(dir, 'parts.parquet');
  const rows = function* () {
    for (let n = 0; n < 9_000; n++)
      yield { text: n % 3_000 === 7 ? 'long '.repeat(300_000) : `é ${n} `.repeat(150), n };
  };
  await writeParquet(path, rows(), { text: 'VARCHAR', n: 'BIGINT' });
  const read = await readParquet<{ text: string; n: number }>(path);
  expect(read.map(({ n }) => n)).toEqual(Array.from({ length: 9_000 }, (_, n) => n));
  expect(read.filter(({ text }) => text.length === 1_500_000).map(({ n }) => n)).toEqual([7, 3_007, 6_007]);
  await writeParquet(join(dir, 'no-rows.parquet'), [], { n: 'BIGINT' });
  expect(await readParquet(join(dir, 'no-rows.parquet'))).toEqual([]);
  expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

describe('Parquet', () => {
  it('gives back what was written', async () => {
    for (let round = 0; round < 5; round++) {
      const random = seededRandom('table', round);
      const rows = Array.from({ length: random.int(60) }, () => randomRow(random));
      const path = join(dir, `round ${round}.parquet`);
      await writeParquet(path, rows, columns);
      expect(await readParquet(path)).toEqual(rows);
    }
  });

  it('keeps big texts, missing fields and the order of many rows', async () => {
    const path = join(dir, 'sub', 'big.parquet');
    const rows = Array.from({ length: 20_000 }, (_, count) => ({
      count,
      text: count === 7 ? 'long '.repeat(400_000) : 'x',
    }));
    await writeParquet(path, rows, { count: 'BIGINT', text: 'VARCHAR', value: 'DOUBLE' });
    const back = await readParquet<(typeof rows)[number]>(path);
    expect(back.map((row) => row.count)).toEqual(rows.map((row) => row.count));
    expect(back[7]?.text.length).toBe(2_000_000);
    expect(back[0]).toEqual({ count: 0, text: 'x', value: null });
    expect(await readdir(join(dir, 'sub'))).toEqual(['big.parquet']);
  });

  it('writes a table without rows', async () => {
    const path = join(dir, 'empty.parquet');
    await writeParquet(path, [], columns);
    expect(await readParquet(path)).toEqual([]);
    await writeParquet(join(dir, 'blank.parquet'), [{}], columns);
    expect(await readParquet(join(dir, 'blank.parquet'))).toEqual([
      { text: null, count: null, value: null, flag: null, list: null, numbers: null },
    ]);
  });

  it.each([
    [{ other: 1 }, 'no column'],
    [{ value: Number.NaN }, 'DOUBLE'],
    [{ count: 1.5 }, 'BIGINT'],
    [{ text: 3 }, 'VARCHAR'],
    [{ list: 'a' }, 'no list'],
    [{ list: [1] }, 'VARCHAR'],
  ])('refuses %o', async (row, message) => {
    const failure = writeParquet(join(dir, 'bad.parquet'), [{}, row], columns);
    await expect(failure).rejects.toBeInstanceOf(DataError);
    await expect(failure).rejects.toMatchObject({
      message: expect.stringContaining(message),
      where: expect.stringContaining('row 2'),
    });
  });

  it('names a file that cannot be read', async () => {
    await expect(readParquet(join(dir, 'none.parquet'))).rejects.toMatchObject({ code: 'table-failed' });
  });

  it('mends half an emoji', async () => {
    const path = join(dir, 'half.parquet');
    await writeParquet(path, [{ text: '\ud83e' }], { text: 'VARCHAR' });
    expect(await readParquet(path)).toEqual([{ text: '\ufffd' }]);
  });
});

describe('samples', () => {
  it('keeps samples whole, provenance included', async () => {
    const path = join(dir, 'samples.parquet');
    const samples = [
      makeSample(),
      makeSample({
        id: 'b',
        options: [],
        score: 9.25,
        rewardModelVersion: 'cycle-1',
        provenance: { provider: 'gemini', model: 'm', strategy: 'meta-cognitive', promptHash: 'ff', cycle: 2 },
      }),
    ];
    await writeSamples(path, samples);
    expect(await readSamples(path)).toEqual(samples);
    await writeSamples(path, []);
    expect(await readSamples(path)).toEqual([]);
  });

  it('names a row that is no sample', async () => {
    const path = join(dir, 'wrong.parquet');
    await writeParquet(path, [{ id: 'x' }], { id: 'VARCHAR' });
    await expect(readSamples(path)).rejects.toMatchObject({ code: 'sample-invalid', where: `${path} row 1` });
  });

  it('removes what D_gen has and what repeats', () => {
    const [a, same, other, known] = [
      makeSample({ id: 'a' }),
      makeSample({ id: 'same', question: 'which imaging method was used', answer: 'mri.' }),
      makeSample({ id: 'other', answer: 'CT' }),
      makeSample({ id: 'known', imageHash: 'b' }),
    ];
    const { kept, removed } = removeOverlap([a, same, other, known], [{ ...known, answer: 'MRI ' }]);
    expect(kept.map((sample) => sample.id)).toEqual(['a', 'other']);
    expect(removed.map((sample) => sample.id)).toEqual(['same', 'known']);
  });
});

describe('samples in parts', () => {
  it('are all samples in their order, never all at once, and the row that is none is named by its place', async () => {
    const path = join(dir, 'many.parquet');
    const samples = Array.from({ length: 5000 }, (_, n) => makeSample({ id: `s${n}` }));
    await writeSamples(path, samples);
    const parts: string[][] = [];
    for await (const part of readSampleParts(path)) parts.push(part.map(({ id }) => id));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flat()).toEqual(samples.map(({ id }) => id));
    await writeSamples(path, [...samples.slice(0, 4500), makeSample({ id: '' })]);
    await expect(readSamples(path)).rejects.toMatchObject({ where: `${path} row 4501` });
  });
});

describe('a Parquet file that is written anew', () => {
  it('is read anew, also at the same place, of the same size, within the same second', async () => {
    const path = join(dir, 'anew.parquet');
    for (let i = 0; i < 60; i++) {
      // What one column has more, the other has less: other places of all pages in a file of one size.
      const [longer, shorter] = [`${100 + i}${'xy'.repeat(i % 3)}`, `z${'z'.repeat(4 - 2 * (i % 3))}`];
      await writeParquet(`${path}.made`, [{ longer, shorter }], { longer: 'VARCHAR', shorter: 'VARCHAR' });
      await writeFile(path, await readFile(`${path}.made`));
      expect(await readParquet(path)).toEqual([{ longer, shorter }]);
    }
  });
});

describe('JSONL', () => {
  it('gives back what was written', async () => {
    const path = join(dir, 'rows.jsonl');
    await writeJsonl(path, [{ a: 1, b: ['é\n'] }, {}]);
    expect(await readJsonl(path)).toEqual([{ a: 1, b: ['é\n'] }, {}]);
  });

  it('is read line by line, wherever a piece of the file ends', async () => {
    const path = join(dir, 'long.jsonl');
    const rows = Array.from({ length: 40_000 }, (_, n) => ({ n, text: `é\u2028${'ü'.repeat(n % 200)}` }));
    await writeFile(path, `\ufeff${rows.map((row) => JSON.stringify(row)).join('\r\n')}`);
    expect(await readJsonl(path)).toEqual(rows);
  });

  it('names the line that is wrong', async () => {
    const path = join(dir, 'broken.jsonl');
    await writeFile(path, '{"a":1}\r\n\n{"a":');
    await expect(readJsonl(path)).rejects.toMatchObject({ code: 'jsonl-malformed', where: `${path}:3` });
    await writeFile(path, '{}\n[]\n');
    await expect(readJsonl(path)).rejects.toMatchObject({ code: 'jsonl-not-object', where: `${path}:2` });
    await expect(readJsonl(join(dir, 'none'))).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});
