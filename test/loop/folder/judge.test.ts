/** The stage `verify`: a judge beside R_φ in whole runs without Python, what it costs, and what becomes of a kill. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { judgeFigures, judgeWords, uselessJudge } from '../../../src/loop/judge/judge-figures.js';
import { judgedTasks } from '../../../src/loop/judge/judged-tasks.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { runLoop } from '../../../src/loop/run.js';
import { makeSample } from '../../helpers/sample.js';
import { fakeEngine } from '../fake-engine.js';

const root = mkdtempSync(join(tmpdir(), 'medgr2-judge-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let runs = 0;

const yaml = `
cycles: 1
data: { source: phantom, seed: 30, test: 10, pool: 12 }
generation: { imagesPerCycle: 12, teacher: { faults: { malformed: 0, empty: 0, blocked: 0, overloaded: 0 } } }
guards: { gold: false, probes: false }
filter: { threshold: -5 }
grpo: { headroom: { questions: 0 } }
verify: { enabled: true }
`;

async function run(
  set: string[] = [],
  { runDir = join(root, `run-${(runs += 1)}`), signal }: { runDir?: string; signal?: AbortSignal } = {},
) {
  const events: TimedEvent[] = [];
  const config = parseConfig(yaml, { file: 'test.yaml', set });
  const result = await runLoop(config, {
    runDir,
    engine: fakeEngine(),
    signal,
    onEvent: (event) => events.push(event),
  });
  return { runDir, result, events };
}

interface Decision {
  id: string;
  decision: string;
  correct: boolean | null;
}
const decisionsOf = (runDir: string) => readParquet<Decision>(join(runDir, 'cycle-1/filter/decisions.parquet'));
const answeredIn = (runDir: string): number =>
  readFileSync(join(runDir, 'verify/judge-answered.txt'), 'utf8').trim().split('\n').length;

describe('a run with a judge', () => {
  test('that never errs accepts what is true and nothing else', async () => {
    const { runDir, result, events } = await run(['verify.simulated.errorRate=0']);
    const [cycle] = result.cycles;
    expect(cycle?.rawPrecision).toBeLessThan(0.9);
    expect(cycle?.acceptedPrecision).toBe(1);
    expect(cycle?.judge).toMatchObject({
      judged: 36,
      unjudged: 0,
      minPoints: 0.6,
      truth: { known: 36, judge: { precision: 1, recall: 1 }, both: { precision: 1 } },
    });
    const decisions = await decisionsOf(runDir);
    for (const { decision, correct } of decisions)
      expect(decision).toMatch(correct ? /accepted|overlap|below-threshold/ : /gate-failed|below-threshold/);
    const verdicts = await readParquet(join(runDir, 'cycle-1/verify/verdicts.parquet'));
    expect(verdicts.map(({ id }) => id)).toEqual(decisions.map(({ id }) => id));
    expect(verdicts[0]).toMatchObject({ provider: 'simulated', model: 'simulated-judge', unjudged: null });
    const end = events.find((event) => event.type === 'stage-end' && event.stage === 'verify');
    expect(end).toMatchObject({ metrics: { judged: expect.any(Number), unjudged: 0, cost: null } });
    // Nothing left this machine.
    expect(existsSync(join(runDir, 'generation/egress.jsonl'))).toBe(false);
  });

  test('that errs is told by what it is worth, and points cut apart from gates', async () => {
    const { result } = await run(['verify.simulated.errorRate=0.3', 'filter.minPoints=0']);
    const worth = result.cycles[0]?.judge?.truth?.judge;
    expect(worth?.precision).toBeGreaterThan(0.5);
    expect(worth?.precision).toBeLessThan(1);
    await expect(
      run([
        'verify.simulated.errorRate=1',
        'dataset.includeSeed=false',
        'data.pool=1',
        'generation.imagesPerCycle=1',
        'generation.strategies=[meta-cognitive]',
        'generation.teacher.errorRate=0',
      ]),
    ).rejects.toMatchObject({
      code: 'nothing-accepted',
      remedy: expect.stringContaining('verdicts.parquet'),
    });
  });

  test('asks in batches, and by either protocol, what it asks one by one', async () => {
    const tables = [];
    for (const set of [[], ['verify.mode=batch'], ['verify.simulated.protocol=openai', 'verify.mode=batch']]) {
      const { runDir } = await run(set);
      tables.push(await readParquet(join(runDir, 'cycle-1/verify/verdicts.parquet')));
    }
    expect(tables[1]).toEqual(tables[0]);
    expect(tables[2]).toEqual(tables[0]);
  });

  test('that was stopped pays nothing twice, and a changed rubric asks anew', async () => {
    const runDir = join(root, 'stopped');
    const controller = new AbortController();
    const stopped = run(['verify.simulated.latencyMs=30', 'verify.concurrency=1'], {
      runDir,
      signal: controller.signal,
    });
    const watch = setInterval(() => {
      if (existsSync(join(runDir, 'verify/judge-answered.txt')) && answeredIn(runDir) >= 3) controller.abort();
    }, 5);
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    clearInterval(watch);
    const before = answeredIn(runDir);
    await run([], { runDir });
    const replies = readFileSync(join(runDir, 'verify/replies.jsonl'), 'utf8').trim().split('\n');
    // At most the one request that was on its way is asked again.
    expect(answeredIn(runDir)).toBeLessThanOrEqual(replies.length + 1);
    expect(before).toBeGreaterThanOrEqual(3);
    const rubric = join(root, 'rubric.yaml');
    writeFileSync(rubric, 'name: own\ngates: [{ name: true-to-image, ask: It is. }]\n');
    await expect(run([`verify.rubric=${rubric}`], { runDir })).rejects.toMatchObject({ code: 'inputs-changed' });
  });

  test('keeps its own budget, and pauses at it', async () => {
    const prices = join(root, 'prices.yaml');
    writeFileSync(
      prices,
      'asOf: "2026-01-01"\nsource: test\ncurrency: USD\nmodels:\n  simulated/simulated-judge: { input: 1, output: 1 }\n  simulated/simulated-teacher: { input: 1, output: 1 }\n',
    );
    const runDir = join(root, 'paused');
    const set = [`generation.prices=${prices}`, 'verify.maxOutputTokens=100', 'verify.maxCost=0.02'];
    await expect(run(set, { runDir })).rejects.toMatchObject({
      code: 'budget-reached',
      remedy: expect.stringContaining('verify.maxCost'),
    });
    const paid = answeredIn(runDir);
    const { result } = await run([...set.slice(0, 2), 'verify.maxCost=10'], { runDir });
    expect(result.status).toBe('complete');
    expect(answeredIn(runDir)).toBe(36);
    expect(paid).toBeLessThan(36);
  });
});

describe('a configuration with a judge', () => {
  const refused = (text: string) => () => parseConfig(text, { file: 'test.yaml' });

  test('elsewhere needs consent, like a generator', () => {
    const text = 'verify: { enabled: true, provider: gemini }';
    expect(refused(text)).toThrow(/egress.allow/);
    expect(refused('verify: { provider: gemini }')).not.toThrow();
    expect(refused(`${text}\negress: { allow: true, reason: agreement 7 }`)).not.toThrow();
  });

  test('names what a provider lacks', () => {
    expect(refused('verify: { enabled: true, provider: openai }')).toThrow(/verify\.openai: provider openai needs/);
  });

  test('names a rubric that cannot be used, before anything starts', async () => {
    const rubric = join(root, 'bad.yaml');
    writeFileSync(rubric, 'name: own\ngates: []\n');
    await expect(run([`verify.rubric=${rubric}`])).rejects.toMatchObject({ code: 'rubric-unusable', where: rubric });
  });
});

test('a text that was written twice about an image is judged once', () => {
  const samples = [makeSample({ id: 'a' }), makeSample({ id: 'b', question: 'Another?' }), makeSample({ id: 'c' })];
  const { tasks, taskOf, sampleAt } = judgedTasks(samples, [], 100);
  expect([tasks.length, taskOf, sampleAt(1).id]).toEqual([2, [0, 1, 0], 'b']);
});

test('agreement is counted, with what is beyond chance', () => {
  const said = [true, true, false, false, null].map((passed) => ({
    passed,
    points: 1,
    failedGates: passed === false ? ['safe'] : [],
  }));
  const decided = [5, -1, 5, -1, 5].map((score, at) => ({ score, correct: at === 0 || at === 2 }));
  expect(judgeFigures(said, decided, { tau: 0, minPoints: 0.5 })).toMatchObject({
    judged: 4,
    unjudged: 1,
    passed: 2,
    both: 1,
    onlyJudge: 1,
    onlyRewardModel: 1,
    neither: 1,
    agreement: 0.5,
    kappa: 0,
    failedGates: { safe: 2 },
    truth: {
      known: 4,
      judge: { passed: 2, precision: 0.5, recall: 0.5 },
      rewardModel: { passed: 2, precision: 1, recall: 1 },
      both: { passed: 1, precision: 1, recall: 0.5 },
    },
  });
});

describe('what is said of a judge', () => {
  const said = (passed: boolean[]) =>
    passed.map((one) => ({ passed: one, points: 1, failedGates: one ? [] : ['safe'] }));
  const figures = (passed: boolean[], correct: (at: number) => boolean | null) =>
    judgeFigures(
      said(passed),
      passed.map((_, at) => ({ score: at % 3, correct: correct(at) })),
      { tau: 0.5, minPoints: 0 },
    );
  const half = Array.from({ length: 40 }, (_, at) => at % 2 === 0);

  test('is one sentence, with the truth where it is known', () => {
    expect(judgeWords(figures(half, (at) => at % 4 === 0))).toMatchInlineSnapshot(
      `"the judge let 20 of 40 pass; it and R_φ agree on 50.0 % (κ 0); right: 50.0 % of what it let pass, 23.1 % of what R_φ did, 46.2 % of what both did"`,
    );
    expect(judgeWords(figures(half, () => null))).not.toContain('right');
  });

  test.each([
    ['none pass', half.map(() => false), () => null, /none of 40 .*40 failed safe/],
    ['all pass', half.map(() => true), () => null, /all of 40/],
    ['those pass that are wrong', half, (at: number) => at % 2 === 1, /no better than chance/],
  ])('is a warning where %s', (_, passed, correct, words) => {
    expect(uselessJudge(figures(passed, correct))).toMatch(words);
  });

  test('is no warning where it tells right from wrong, or nobody knows', () => {
    expect(uselessJudge(figures(half, (at) => at % 2 === 0))).toBeNull();
    expect(uselessJudge(figures(half, () => null))).toBeNull();
  });
});
