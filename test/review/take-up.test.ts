/** What experts said, in the next cycle: D_gen, R_φ's lessons, the ledger, and what stays as it was. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import { readJsonl, readParquet } from '../../src/dataset/tables/table.js';
import type { VerdictKind } from '../../src/evaluation/verdicts/reader-verdict.js';
import { readLedger, type LedgerEntry } from '../../src/loop/folder/ledger.js';
import { exportSource } from '../../src/loop/result/export-run.js';
import { applyVerdicts } from '../../src/loop/review/apply-verdicts.js';
import { reviewQueue, scoredCandidates, type ReviewQueue } from '../../src/loop/review/review-queue.js';
import { openVerdicts, readStanding } from '../../src/loop/review/verdict-file.js';
import { verdictsStage } from '../../src/loop/review/verdicts-stage.js';
import { verdictLessons } from '../../src/loop/review/verdict-lessons.js';
import type { RunContext } from '../../src/loop/run-context.js';
import type { StageContext } from '../../src/loop/stage.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import type { Sample } from '../../src/sample.js';
import { readRewardModels } from '../../src/report/data/reward-models.js';
import { readRun } from '../../src/report/data/run-record.js';
import { heldJob } from '../helpers/held-job.js';
import { fakeEngine } from '../loop/fake-engine.js';
import { reviewConfig, reviewedRun, type ReviewedRun } from './reviewed-run.js';

let run: ReviewedRun;
let queue: ReviewQueue;
let samples: Map<string, Sample>;
beforeAll(async () => {
  run = await reviewedRun();
  queue = await reviewQueue(run.runDir, { size: 12 });
  samples = new Map((await scoredCandidates(run.runDir, 1)).map((sample) => [sample.id, sample]));
  cpSync(run.runDir, `${run.runDir}-before`, { recursive: true });
});
beforeEach(() => {
  rmSync(run.runDir, { recursive: true });
  cpSync(`${run.runDir}-before`, run.runDir, { recursive: true });
});
afterAll(() => run[Symbol.dispose]());

function say(at: number, verdict: VerdictKind, reader = 'A', correctedAnswer?: string): Sample {
  const { id, why, probability } = queue.items[at]!;
  using file = openVerdicts(run.runDir);
  const more = correctedAnswer === undefined ? {} : { correctedAnswer };
  const given = { id: crypto.randomUUID(), item: id, reader, verdict, seconds: 1, scoreSeen: false, ...more };
  file.record({ ...given, strategy: why, probability });
  return samples.get(id)!;
}
const places = (part: 'accepted' | 'rejected'): number[] =>
  queue.items.flatMap((item, at) => (item.part === part ? [at] : []));
/** Places of accepted samples, one that the policy was asked about first. */
async function askedFirst(): Promise<[number, number, number, number]> {
  const asked = await readParquet<{ id: string }>(join(run.runDir, 'cycle-1/preferences/preferences.parquet'));
  const isAsked = (at: number): boolean => asked.some(({ id }) => id.startsWith(`cycle-1/${queue.items[at]!.id}#`));
  const all = places('accepted').toSorted((a, b) => Number(isAsked(b)) - Number(isAsked(a)));
  return all as [number, number, number, number];
}
const otherThan = ({ options, answer }: Sample): string => options.find((option) => option !== answer)!;
const entries = (): LedgerEntry[] => [...readLedger(join(run.runDir, 'ledger.jsonl')).entries.values()];
const idsOf = async (path: string) => new Set((await readSamples(join(run.runDir, path))).map(({ id }) => id));

describe('the next cycle', () => {
  test('learns from verdicts: refused samples leave D_gen by name, trusted ones join it, R_φ is trained on both', async () => {
    const [wrong, kept, bad] = await askedFirst();
    const [lost] = places('rejected') as [number];
    const refused = say(wrong, 'wrong-answer', 'A', otherThan(samples.get(queue.items[wrong]!.id)!));
    const trusted = say(kept, 'accept');
    const spoilt = say(bad, 'bad-rationale');
    const found = say(lost, 'accept');
    const before = entries();
    const started: string[] = [];
    const alarmed = new Set<string>();
    const onEvent = (event: TimedEvent) => {
      if (event.type === 'stage-start') started.push(`${event.cycle}/${event.stage}`);
      if (event.type === 'alarm') alarmed.add(`${event.cycle}/${event.stage}`);
    };
    const result = await run.again(reviewConfig('cycles=2'), { withVerdicts: true, onEvent });

    // The fake's R_φ is of no use, and the alarm names the stage that showed it.
    expect(alarmed).toContain('2/verdict-reward-report');
    // What was finished stays as it was, and is not made again.
    expect(started.slice(0, 4)).toEqual(
      expect.arrayContaining(['2/verdicts', '2/verdict-reward-model', '2/verdict-reward-report']),
    );
    expect(started.filter((stage) => !stage.startsWith('2/'))).toEqual([]);
    const after = new Map(entries().map((entry) => [`${entry.cycle}/${entry.stage}`, entry.fingerprint]));
    for (const { cycle, stage, fingerprint } of before) expect(after.get(`${cycle}/${stage}`)).toBe(fingerprint);

    const taken = { verdicts: 4, trusted: 3, corrected: 1, refused: 2, disputed: 0 };
    expect(entries().find(({ stage }) => stage === 'verdicts')?.output).toMatchObject(taken);
    expect(result.cycles.map(({ verdicts }) => verdicts)).toEqual([null, expect.objectContaining(taken)]);
    const was = await idsOf('cycle-1/filter/d-gen.parquet');
    const is = await idsOf('dataset/d-gen.parquet');
    expect([was.has(refused.id), was.has(spoilt.id), was.has(found.id)]).toEqual([true, true, false]);
    expect([refused, spoilt, found, trusted].map(({ id }) => is.has(id))).toEqual([false, false, true, true]);
    expect(is.has(`${refused.id}-corrected`)).toBe(true);
    expect(await readJsonl(join(run.runDir, 'cycle-2/verdicts/rejected.jsonl'))).toMatchObject([
      { id: refused.id, reason: 'wrong-answer', readers: ['A'], correctedAnswer: otherThan(refused) },
      { id: spoilt.id, reason: 'bad-rationale', correctedAnswer: null },
    ]);

    const rows = await readParquet<{
      id: string;
      response: string;
      grade: bigint;
      pair: string | null;
      chosen: boolean | null;
    }>(join(run.runDir, 'cycle-2/verdict-reward-model/rows.parquet'));
    const graded = (text: string) => rows.filter(({ response }) => response === text).map(({ grade }) => Number(grade));
    const full = ({ rationale, answer }: Sample) => `<think>${rationale}</think><answer>${answer}</answer>`;
    expect(graded(full(trusted))).toContain(10);
    expect(graded(full(found))).toContain(10);
    expect(graded(full(refused))).toContain(-6);
    expect(graded(full(spoilt))).toContain(0);
    const pair = rows.filter((row) => row.pair?.endsWith(`${refused.id}:corrected`));
    expect(pair.map(({ response, chosen }) => [response, chosen])).toEqual(
      expect.arrayContaining([
        [`<answer>${otherThan(refused)}</answer>`, true],
        [`<answer>${refused.answer}</answer>`, false],
      ]),
    );
    // Completions that were graded by a refused answer are no lessons any more.
    const asked = await readParquet<{ id: string }>(join(run.runDir, 'cycle-1/preferences/preferences.parquet'));
    expect(asked.some(({ id }) => id.startsWith(`cycle-1/${refused.id}#`))).toBe(true);
    expect(rows.filter(({ id }) => id.startsWith(`cycle-1/${refused.id}#`))).toEqual([]);
    // The candidates of the cycle were scored by it, or by the one before where it was refused.
    const [scored] = await readSamples(join(run.runDir, 'cycle-2/score/scored.parquet'));
    const isRefused = result.promotions.some(({ refused: models }) => models.includes('reward-model-2-verdicts'));
    expect(scored?.rewardModelVersion).toBe(isRefused ? 'reward-model-1' : 'reward-model-2-verdicts');

    // Given again, with more said meanwhile: nothing is made again, and the cycle keeps what it took.
    const [, , , more] = await askedFirst();
    say(more, 'bad-question');
    const other = refused.options.find((option) => option !== otherThan(refused) && option !== refused.answer)!;
    say(wrong, 'wrong-answer', 'A', other);
    started.length = 0;
    for (const withVerdicts of [true, false]) await run.again(reviewConfig('cycles=2'), { withVerdicts, onEvent });
    expect(started).toEqual([]);
    const third = await run.again(reviewConfig('cycles=3'), { withVerdicts: true });
    expect(third.cycles[2]?.verdicts).toMatchObject({ verdicts: 5, refused: 3 });
    expect((await idsOf('dataset/d-gen.parquet')).has(queue.items[more]!.id)).toBe(false);
    // What stands no longer is neither kept nor learned again.
    const corrected = await readSamples(join(run.runDir, 'dataset/d-gen.parquet'));
    expect(corrected.filter(({ id }) => id === `${refused.id}-corrected`)).toMatchObject([{ answer: other }]);
    const learned = await readParquet<{ id: string }>(join(run.runDir, 'cycle-3/verdict-reward-model/rows.parquet'));
    expect(learned.filter(({ id }) => id.startsWith('verdicts-2/'))).toEqual([]);
    expect(new Set(learned.map(({ id }) => id)).size).toBe(learned.length);
    const reported = (await readRewardModels(readRun(run.runDir))).map(({ cycle, ofVerdicts }) => [cycle, ofVerdicts]);
    expect(reported).toEqual([
      [0, false],
      [1, false],
      [2, true],
      [2, false],
      [3, true],
      [3, false],
    ]);
  });

  test('goes on with what it took up where it was killed in between, also without being asked again', async () => {
    const refused = say(places('accepted')[0]!, 'bad-question');
    const before = ({ outDir }: { outDir: string }): void => {
      if (outDir.includes('verdict-reward-model')) throw new Error('killed');
    };
    const engine = fakeEngine({ contentOnly: true, before });
    const again = run.again(reviewConfig('cycles=2'), { withVerdicts: true, engine });
    await expect(again).rejects.toThrow('killed');
    say(places('accepted')[1]!, 'bad-question');
    const result = await run.again(reviewConfig('cycles=2'));
    expect(result.cycles[1]?.verdicts).toMatchObject({ verdicts: 1, refused: 1 });
    const is = await idsOf('dataset/d-gen.parquet');
    expect([is.has(refused.id), is.has(queue.items[places('accepted')[1]!]!.id)]).toEqual([false, true]);
  });

  test('that is rolled back leaves what was refused out of the D_gen that is given out', async () => {
    const refused = say(places('accepted')[0]!, 'bad-question');
    const engine = fakeEngine({ contentOnly: true });
    // In the second cycle nothing is above τ.
    const start: typeof engine.start = (spec, hooks) => {
      const job = engine.start(spec, hooks);
      const { outDir } = spec as { outDir: string };
      if (!outDir.includes('cycle-2/score')) return job;
      const spoilt = async () => {
        const done = await job.result;
        const file = join(outDir, 'scores.jsonl');
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"score":[-.\d]+/g, '"score":-6'));
        return done;
      };
      return heldJob(job.id, spoilt(), job.events);
    };
    const config = reviewConfig('cycles=2', 'guards.acceptance=rollback');
    const result = await run.again(config, { withVerdicts: true, engine: { ...engine, start } });
    expect(result.cycles.map(({ rolledBack }) => rolledBack)).toEqual([false, true]);
    const was = await idsOf('cycle-1/filter/d-gen.parquet');
    was.delete(refused.id);
    expect(await idsOf('dataset/d-gen.parquet')).toEqual(was);
    // It is none that a filter stage wrote, and goes out all the same.
    expect(result.cycles[1]?.datasetSize).toBe(was.size);
    const [exported] = (await exportSource(run.runDir)).splits;
    expect(new Set(exported?.samples.map(({ id }) => id))).toEqual(was);
  });

  test('takes nothing up unless it is asked to, and says so where no cycle is left', async () => {
    say(places('accepted')[0]!, 'wrong-answer');
    const told: string[] = [];
    const onEvent = (event: TimedEvent) => void (event.type === 'warning' && told.push(event.message));
    await run.again(reviewConfig(), { withVerdicts: true, onEvent });
    expect(told).toEqual([expect.stringMatching(/the last, has begun: add one with --set cycles=2/)]);
    const result = await run.again(reviewConfig('cycles=2'));
    expect(result.cycles[1]?.verdicts).toBeNull();
  });

  test('is told beforehand by applyVerdicts, which changes nothing', async () => {
    const sample = say(places('accepted')[0]!, 'unusable-image');
    const before = readFileSync(join(run.runDir, 'ledger.jsonl'), 'utf8');
    const lessons = await applyVerdicts(run.runDir);
    expect(lessons).toMatchObject({
      trusted: [],
      refused: [{ id: sample.id, reason: 'unusable-image' }],
      disputed: [],
    });
    expect(readFileSync(join(run.runDir, 'ledger.jsonl'), 'utf8')).toBe(before);
  });
});

test('samples on images that the report of R_φ holds out leave and join D_gen, and R_φ learns nothing of them', async () => {
  const [one, two, three] = places('accepted') as [number, number, number];
  const [refused, trusted] = [say(one, 'bad-question'), say(two, 'accept')];
  say(three, 'bad-question');
  const given = { config: reviewConfig(), parts: { grader: null }, runDir: run.runDir, arm: null, data: {} };
  const stage = verdictsStage(given as unknown as RunContext, {
    cycle: 2,
    verdicts: readStanding(run.runDir),
    samples: async () => samples,
    heldOut: new Set([refused.imageHash, trusted.imageHash]),
    from: [],
  });
  const dir = join(run.runDir, 'held-out');
  mkdirSync(dir);
  expect(await stage.run({ dir } as StageContext)).toMatchObject({ trusted: 1, refused: 2, rows: 1 });
  expect((await readJsonl<{ id: string }>(join(dir, 'rejected.jsonl'))).map(({ id }) => id)).toContain(refused.id);
});

describe('lessons', () => {
  const of = (reader: string, verdict: VerdictKind, correctedAnswer?: string) => ({
    id: crypto.randomUUID(),
    item: queue.items[0]!.id,
    reader,
    verdict,
    at: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    scoreSeen: false,
    strategy: 'disagreement' as const,
    probability: 0.5,
    ...(correctedAnswer === undefined ? {} : { correctedAnswer }),
  });

  test('are of what most readers say; a tie teaches nothing, and neither do two corrections', () => {
    const tie = verdictLessons([of('A', 'accept'), of('B', 'wrong-answer')], samples);
    expect(tie).toMatchObject({ trusted: [], refused: [], rows: [], disputed: [queue.items[0]!.id] });
    const most = verdictLessons(
      [of('A', 'accept'), of('B', 'accept'), of('C', 'skip'), of('D', 'bad-question')],
      samples,
    );
    expect(most).toMatchObject({ trusted: [{ id: queue.items[0]!.id }], refused: [], disputed: [] });
    const apart = verdictLessons([of('A', 'wrong-answer', 'x'), of('B', 'wrong-answer', 'y')], samples);
    expect(apart).toMatchObject({ trusted: [], refused: [{ correctedAnswer: null }], rows: [{ grade: -6 }] });
    expect(verdictLessons([of('A', 'accept')], new Map()).trusted).toEqual([]);
  });

  test('are none of a verdict on what the sample was before it was made anew', () => {
    const [{ id, seen }] = queue.items as [ReviewQueue['items'][number]];
    const anew = new Map([[id, { ...samples.get(id)!, rationale: 'Something else.' }]]);
    const given = [{ ...of('A', 'accept'), seen }];
    expect(verdictLessons(given, samples)).toMatchObject({ trusted: [{ id }], outdated: [] });
    expect(verdictLessons(given, anew)).toMatchObject({ trusted: [], refused: [], rows: [], outdated: [id] });
  });
});
