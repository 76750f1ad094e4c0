/** The queue and the verdicts of a run, in its folder. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statusCommand } from '../../src/cli/commands/status-command.js';
import { summaryOf as summaryText } from '../../src/cli/print/summary-text.js';
import { readParquet } from '../../src/dataset/tables/table.js';
import { reviewQueue, type ReviewQueue } from '../../src/loop/review/review-queue.js';
import { percentWithin } from '../../src/format.js';
import { exportSource } from '../../src/loop/result/export-run.js';
import { writeReport } from '../../src/report/write-report.js';
import { reviewOrNull, reviewSummary } from '../../src/loop/review/review-summary.js';
import { openVerdicts, readVerdicts, verdictDamage, type NewVerdict } from '../../src/loop/review/verdict-file.js';
import { reviewConfig, reviewedRun, type ReviewedRun } from './reviewed-run.js';

let run: ReviewedRun;
let queue: ReviewQueue;
beforeAll(async () => {
  run = await reviewedRun();
  queue = await reviewQueue(run.runDir, { size: 15 });
});
afterAll(() => run[Symbol.dispose]());

const verdictOn = (at: number, reader: string, more: Partial<NewVerdict> = {}): NewVerdict => {
  const { id, why, probability } = queue.items[at]!;
  const given = { id: crypto.randomUUID(), item: id, reader, verdict: 'accept' as const };
  return { ...given, seconds: 3, scoreSeen: false, strategy: why, probability, ...more };
};
const file = () => join(run.runDir, 'verdicts.jsonl');
const fresh = () => rmSync(file(), { force: true });

describe('a queue of a run', () => {
  test('is of the candidates that the filter decided on, and written once', async () => {
    const decisions = await readParquet<{ id: string; decision: string }>(
      join(run.runDir, 'cycle-1/filter/decisions.parquet'),
    );
    const count = (name: string) => decisions.filter(({ decision }) => decision === name).length;
    expect(queue.candidates).toEqual({ accepted: count('accepted'), rejected: count('below-threshold') });
    expect(queue.items).toHaveLength(15);
    expect(await reviewQueue(run.runDir)).toEqual(queue);
    expect(await reviewQueue(run.runDir, { size: 15, cycle: 1 })).toEqual(queue);
    await expect(reviewQueue(run.runDir, { size: 20 })).rejects.toMatchObject({ code: 'queue-fixed' });
    await expect(reviewQueue(run.runDir, { cycle: 2 })).rejects.toMatchObject({
      code: 'nothing-to-review',
      remedy: 'Choose one of these cycles: 1.',
    });
  });

  test('is of no run that compares models, which no going on would change', async () => {
    const other = `${run.runDir}-arms`;
    mkdirSync(other);
    const config = readFileSync(join(run.runDir, 'config.yaml'), 'utf8');
    const arms = config.replace(/recipe:\n {2}kind: loop\n/, 'recipe:\n  kind: transfer\n');
    writeFileSync(join(other, 'config.yaml'), arms);
    await expect(reviewQueue(other)).rejects.toMatchObject({
      code: 'nothing-to-review',
      remedy: 'Give the folder of a run of the loop.',
    });
    rmSync(other, { recursive: true });
  });

  test('of candidates that were made again since is refused, and its verdicts count no more', async () => {
    const copy = `${run.runDir}-copy`;
    cpSync(run.runDir, copy, { recursive: true });
    try {
      using verdicts = openVerdicts(copy);
      verdicts.record(verdictOn(0, 'A'));
      const ledger = join(copy, 'ledger.jsonl');
      const lines = readFileSync(ledger, 'utf8').trim().split('\n');
      const filter = JSON.parse(lines.find((line) => line.includes('"stage":"filter"'))!) as Record<string, unknown>;
      delete filter['check'];
      writeFileSync(ledger, `${[...lines, JSON.stringify({ ...filter, fingerprint: 'other' })].join('\n')}\n`);
      await expect(reviewQueue(copy)).rejects.toMatchObject({ code: 'queue-stale' });
      expect(reviewSummary(copy)).toMatchObject({ judged: 1, precision: null, cycles: [] });
      const told: string[] = [];
      reviewOrNull(copy, (message) => told.push(message));
      expect(told).toEqual([expect.stringMatching(/count in no share: 1 of 1;/)]);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});

describe('verdicts.jsonl', () => {
  test('holds each verdict once, and nothing is taken out of it', () => {
    fresh();
    using verdicts = openVerdicts(run.runDir);
    const first = verdictOn(0, 'A');
    const written = verdicts.record(first);
    expect(verdicts.record(first)).toEqual(written);
    expect(() => verdicts.record({ ...verdictOn(1, 'A'), id: first.id })).toThrow('is of another verdict');
    expect(() => verdicts.undo({ id: crypto.randomUUID(), undo: first.id, reader: 'B' })).toThrow('B has given no');
    const undo = { id: crypto.randomUUID(), undo: first.id, reader: 'A' };
    verdicts.undo(undo);
    verdicts.undo(undo);
    expect(verdicts.standing()).toEqual([]);
    expect(readFileSync(file(), 'utf8').trim().split('\n')).toHaveLength(2);
    expect(statSync(file()).mode & 0o077).toBe(0);
  });

  test('takes one name however it was typed, and none that would spoil a line', () => {
    fresh();
    using verdicts = openVerdicts(run.runDir);
    for (const reader of ['Be\u0301', 'B\u00e9', '__proto__', '\u05e9\u05dc\u05d5\u05dd'])
      verdicts.record(verdictOn(0, reader));
    expect(verdicts.standing().map(({ reader }) => reader)).toEqual([
      'B\u00e9',
      '__proto__',
      '\u05e9\u05dc\u05d5\u05dd',
    ]);
    for (const reader of ['a\nb', '\u001b[2J', '\u202eA', '\u200e', 'x'.repeat(10_000)])
      expect(() => verdicts.record(verdictOn(1, reader))).toThrow('that is no verdict: reader: ');
    expect(readVerdicts(run.runDir).lines).toHaveLength(4);
  });

  test('loses a torn last line and nothing else, and passes over what is no verdict', () => {
    fresh();
    {
      using verdicts = openVerdicts(run.runDir);
      verdicts.record(verdictOn(0, 'A'));
    }
    appendFileSync(file(), '{"id":"torn');
    expect(readVerdicts(run.runDir).lines).toHaveLength(1);
    {
      using verdicts = openVerdicts(run.runDir);
      verdicts.record(verdictOn(1, 'A'));
    }
    appendFileSync(file(), '{"no":"verdict"}\n');
    expect(readVerdicts(run.runDir)).toMatchObject({ lines: [{}, {}], damagedLines: [3] });
    expect(verdictDamage(run.runDir)).toMatch(/is damaged in line 3: what stood there does not count/);
    const told: string[] = [];
    reviewOrNull(run.runDir, (message) => told.push(message));
    expect(told).toEqual([verdictDamage(run.runDir)]);
  });

  test('has one writer at a time', () => {
    fresh();
    using writer = openVerdicts(run.runDir);
    expect(writer.lines).toEqual([]);
    expect(() => openVerdicts(run.runDir)).toThrow('another process takes verdicts on the run');
  });

  test('says what the run came to', () => {
    fresh();
    expect(reviewSummary(run.runDir)).toBeNull();
    using verdicts = openVerdicts(run.runDir);
    for (let at = 0; at < 15; at++) {
      verdicts.record(verdictOn(at, 'A', at % 5 === 0 ? { verdict: 'wrong-answer' } : {}));
      verdicts.record(verdictOn(at, 'B', at % 5 === 0 ? { verdict: 'bad-question' } : {}));
    }
    const summary = reviewSummary(run.runDir);
    expect(summary).toMatchObject({ readers: ['A', 'B'], judged: 15, disputed: 3, kappa: { n: 15 } });
    const accepted = queue.items.map((item, at) => ({ ...item, at })).filter(({ part }) => part === 'accepted');
    const weight = (some: typeof accepted) => some.reduce((sum, { probability }) => sum + 1 / probability, 0);
    const share = weight(accepted.filter(({ at }) => at % 5 !== 0)) / weight(accepted);
    expect(summary?.precision?.value).toBeCloseTo(share, 9);
    expect(summary?.cycles).toMatchObject([{ cycle: 1, judged: 15, precision: summary?.precision }]);
  });

  test('is told by status, report, data card and the next result', async () => {
    const precision = reviewSummary(run.runDir)?.precision;
    const figure = percentWithin(precision?.value, precision);
    const printed: string[] = [];
    const io = { out: (text: string) => printed.push(text), error: () => {}, env: {}, signal: AbortSignal.any([]) };
    await statusCommand(run.runDir, false, io);
    expect(printed.join('\n')).toContain(`precision of D_gen: ${figure}`);
    await statusCommand(run.runDir, true, io);
    expect(JSON.parse(printed.at(-1)!)).toMatchObject({ review: reviewSummary(run.runDir) });
    const { tables } = await exportSource(run.runDir);
    expect(tables.flatMap(({ rows }) => rows)).toContainEqual(['precision of D_gen', figure]);
    const { file: page } = await writeReport([run.runDir], { images: false });
    expect(readFileSync(page, 'utf8')).toContain(figure);
    const stored = readFileSync(join(run.runDir, 'result.json'), 'utf8');
    writeFileSync(join(run.runDir, 'result.json'), stored.replace('"rolledBack": false', '"rolledBack": true'));
    expect(reviewSummary(run.runDir)).toMatchObject({ judged: 15, precision: null, cycles: [] });
    const result = await run.again(reviewConfig());
    expect(result.review).toEqual(reviewSummary(run.runDir));
    expect(summaryText(result, run.runDir)).toContain(`precision of D_gen: ${figure}`);
  });
});
