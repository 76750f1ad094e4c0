/** The loop's order, its files and its memory, with a fake engine; generation runs for real over loopback. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { readParquet } from '../../src/dataset/tables/table.js';
import type { Prediction } from '../../src/evaluation/answer-questions.js';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import { InterruptedError, RunError } from '../../src/errors.js';
import { generateAlone } from '../../src/loop/single-stage/single-stages.js';
import { runEventSchema, type TimedEvent } from '../../src/loop/run-events.js';
import { ledgerEntrySchema } from '../../src/loop/folder/ledger.js';
import { runResultSchema } from '../../src/loop/result/run-result.js';
import { runLoop } from '../../src/loop/run.js';
import { parseReply, questionTypeOfPrompt } from '../../src/prompts/index.js';
import type { Sample } from '../../src/sample.js';
import { readAnswered } from '../../src/providers/simulated/request-counts.js';
import { fakeEngine, fakePeak, type FakeEngine } from './fake-engine.js';

const yaml = `
cycles: 2
data: { source: phantom, seed: 12, test: 10, pool: 8 }
generation: { imagesPerCycle: 4, teacher: { faults: { malformed: 0.1 } } }
filter: { threshold: 0 }
preferences: { prompts: 6, samples: 2 }
`;
const configOf = (...set: string[]) => parseConfig(yaml, { file: 'test.yaml', set });

// Each run writes some seventy tables; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let runDir = '';
let events: TimedEvent[] = [];
beforeEach(() => {
  runDir = join(mkdtempSync(join(tmpdir(), 'medgr2-loop-')), 'run');
  events = [];
});
afterEach(() => rmSync(join(runDir, '..'), { recursive: true, force: true }));

const run = (engine: FakeEngine, config = configOf(), signal?: AbortSignal) =>
  runLoop(config, { runDir, engine, signal, onEvent: (event) => events.push(event) });

const stagesOf = (type: 'stage-start' | 'stage-skip' | 'stage-end'): string[] =>
  events.flatMap((event) => (event.type === type ? [`${event.cycle}/${event.stage}`] : []));

const cycleStages = (cycle: number): string[] =>
  [
    'generate',
    'score',
    'filter',
    'sft',
    'evaluate-sft',
    'grpo',
    'evaluate-grpo',
    'preferences',
    'reward-model',
    'reward-report',
    'generator-update',
  ].map((stage) => `${cycle}/${stage}`);
const allStages = [
  ...['prepare-data', 'evaluate-base', 'grade', 'reward-model', 'reward-report'].map((stage) => `0/${stage}`),
  ...cycleStages(1),
  ...cycleStages(2),
];

describe('a whole run', () => {
  test('goes through Algorithm 1 and leaves the files it promises', async () => {
    const engine = fakeEngine();
    const result = await run(engine);
    expect(stagesOf('stage-end')).toEqual(allStages);
    const { plan } = events.find((event) => event.type === 'run-start') ?? {};
    const planned = [plan?.start ?? [], plan?.cycle ?? [], plan?.last ?? []];
    expect(planned.flatMap((stages, cycle) => stages.map((stage) => `${cycle}/${stage}`))).toEqual(allStages);
    // What a person sees of the answers is what the predictions say.
    const told = events.flatMap((event) => (event.type === 'answers' ? [event] : []));
    expect(told.map(({ cycle, stage }) => `${cycle}/${stage}`)).toEqual(
      [1, 2].flatMap((cycle) => [`${cycle}/evaluate-sft`, `${cycle}/evaluate-grpo`]),
    );
    const before = await readParquet<Prediction>(join(runDir, 'cycle-0/evaluate-base/predictions.parquet'));
    for (const { cycle, stage, items } of told) {
      const now = await readParquet<Prediction>(join(runDir, `cycle-${cycle}/${stage}/predictions.parquet`));
      for (const { sample, isRight, wasRight, ...answers } of items) {
        const at = now.findIndex((row, i) => row.correct === isRight && before[i]?.correct === wasRight);
        expect(sample).toMatchObject({ question: now[at]?.question, answer: now[at]?.answer });
        expect(answers).toEqual({ before: before[at]?.predicted, now: now[at]?.predicted });
        expect(existsSync(join(runDir, sample.image))).toBe(true);
      }
    }
    expect(result.status).toBe('complete');
    expect(result.cycles.map((cycle) => cycle.cycle)).toEqual([1, 2]);
    for (const cycle of result.cycles) {
      expect(cycle.candidates).toBeGreaterThan(0);
      expect(cycle.accepted).toBeLessThanOrEqual(cycle.candidates);
      expect(cycle.rawPrecision).toBeGreaterThanOrEqual(0);
      for (const path of Object.values(cycle.paths).flatMap((known) => known ?? []))
        expect(existsSync(join(runDir, path)), path).toBe(true);
    }
    expect(runResultSchema.parse(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')))).toEqual(result);
    const dataset = await readSamples(join(runDir, 'dataset/d-gen.parquet'));
    expect(dataset).toHaveLength(result.cycles[1]?.datasetSize ?? 0);
    const written = dataset.filter((sample) => sample.provenance.cycle > 0);
    expect(written.length).toBeGreaterThan(0);
    for (const { provenance, score, rewardModelVersion, image } of written) {
      expect(provenance).toMatchObject({ provider: 'simulated', model: 'simulated-teacher' });
      expect(provenance.promptHash).toMatch(/^[0-9a-f]{64}$/);
      expect(score).toBeGreaterThan(0);
      expect(rewardModelVersion).toBe(`reward-model-${provenance.cycle - 1}`);
      expect(image).toMatch(/^images\//);
    }
    expect(existsSync(join(runDir, 'cycle-1/sft.partial'))).toBe(false);
    const entries = readFileSync(join(runDir, 'ledger.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => ledgerEntrySchema.parse(JSON.parse(line)));
    const peakOf = (name: string) => entries.find(({ stage }) => stage === name)?.peakMemory;
    expect([peakOf('sft'), peakOf('grpo'), peakOf('filter')]).toEqual([fakePeak.sft, fakePeak.grpo, undefined]);
  });

  test('tells every event in events.jsonl as it tells the caller', async () => {
    await run(fakeEngine());
    const lines = readFileSync(join(runDir, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TimedEvent);
    expect(lines).toEqual(events);
    // The time left, the headline and GRPO's panel are made of these.
    const work = events.find((event) => event.type === 'work')?.stages ?? [];
    expect(work.map(({ cycle, stage }) => `${cycle}/${stage}`)).toEqual(
      expect.arrayContaining(['0/evaluate-base', '1/grpo', '2/sft']),
    );
    expect(events.flatMap((event) => (event.type === 'comparison' ? `${event.first} → ${event.second}` : []))).toEqual([
      'base → cycle 1 SFT',
      'cycle 1 SFT → cycle 1 GRPO',
      'base → cycle 1 GRPO',
      'base → cycle 2 SFT',
      'cycle 2 SFT → cycle 2 GRPO',
      'base → cycle 2 GRPO',
      'cycle 1 GRPO → cycle 2 GRPO',
    ]);
    const asked = events.find((event) => event.type === 'asked')?.sample;
    expect(existsSync(join(runDir, asked?.image ?? 'none'))).toBe(true);
    const scored = events.flatMap((event) => (event.type === 'scored' ? [event] : []));
    expect(scored.map(({ cycle, stage }) => `${cycle}/${stage}`)).toEqual(['1/score', '2/score']);
    for (const { sample } of scored) expect(existsSync(join(runDir, sample.image))).toBe(true);
    for (const { time, ...event } of lines) {
      expect(new Date(time).toISOString()).toBe(time);
      expect(runEventSchema.parse(event)).toEqual(event);
    }
  });

  test('charges all of its time to its stages, the drawing of the images too', async () => {
    await run(fakeEngine());
    const at = (type: TimedEvent['type']) => Date.parse(events.find((event) => event.type === type)?.time ?? '');
    const ends = events.flatMap((event) =>
      event.type === 'stage-end' ? [{ ...event, at: Date.parse(event.time) }] : [],
    );
    // An event's time is that of its telling, a moment after the stage was charged.
    expect(ends[0]?.seconds).toBeGreaterThan((at('stage-start') - at('run-start')) / 1000);
    const charged = ends.reduce((sum, { seconds }) => sum + seconds, 0);
    const wall = ((ends.at(-1)?.at ?? 0) - at('run-start')) / 1000;
    expect(Math.abs(wall - charged)).toBeLessThan(0.5 + 0.1 * wall);
  });

  test('tells how far the images are, and can be stopped while it draws them', async () => {
    const stop = new AbortController();
    const many = configOf('data.pool=100000');
    const stopped = runLoop(many, {
      runDir,
      engine: fakeEngine(),
      signal: stop.signal,
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'stage-progress') stop.abort();
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
    expect(events.map(({ type }) => type)).toEqual(['run-start', 'stage-progress', 'run-end']);
    expect(events[1]).toMatchObject({ stage: 'prepare-data', total: 100_017 });
  });

  test('trains on what it should: SFT from the base, GRPO from SFT, the reward model from the one before', async () => {
    const engine = fakeEngine();
    await run(engine);
    const models = (kind: string): string[] =>
      engine.calls
        .filter(({ spec }) => spec.kind === kind)
        .map(({ spec }) => spec.model.path.replace(`${runDir}/`, ''));
    expect(models('sft')).toEqual(['phantom', 'phantom']);
    expect(models('grpo')).toEqual(['cycle-1/sft/model', 'cycle-2/sft/model']);
    expect(models('reward-model')).toEqual(['phantom', 'cycle-0/reward-model/model', 'cycle-1/reward-model/model']);
    const grpo = engine.calls.find(({ spec }) => spec.kind === 'grpo')?.spec;
    expect(grpo).toMatchObject({
      rewardModel: { path: join(runDir, 'cycle-0/reward-model/model') },
      rewards: [
        { name: 'rewardModel', weight: 0.8 },
        { name: 'answerMatch', weight: 0.2 },
      ],
    });
  });

  test('start: previous goes on from the last policy, and the last retraining can be left out', async () => {
    const engine = fakeEngine();
    const result = await run(engine, configOf('policy.start=previous', 'rewardModel.retrainAfterLast=false'));
    const sft = engine.calls.filter(({ spec }) => spec.kind === 'sft').map(({ spec }) => spec.model.path);
    expect(sft).toEqual(['phantom', join(runDir, 'cycle-1/grpo/model')]);
    expect(stagesOf('stage-end')).not.toContain('2/reward-model');
    expect(result.cycles[1]?.retrainedRewardModel).toBeNull();
  });
});

test('a loop over OpenAI’s protocol has the samples that Gemini’s would give', async () => {
  const faults = ['malformed', 'empty', 'blocked', 'overloaded'].map((name) => `generation.teacher.faults.${name}=0`);
  const result = await run(fakeEngine(), configOf('cycles=1', 'generation.teacher.protocol=openai', ...faults));
  expect(result).toMatchObject({ status: 'complete', cycles: [{ candidates: 12 }] });
  const candidates = await readSamples(join(runDir, 'cycle-1/generate/candidates.parquet'));
  const gemini = await generateAlone(configOf(...faults), { images: null }, { runDir: `${runDir}-gemini` });
  const written = (samples: Sample[]) => samples.map(({ image: _, ...sample }) => sample);
  expect(written(candidates)).toEqual(written(gemini.samples));
});

describe('a generator of our own', () => {
  const own = () =>
    configOf(
      'generation.provider=local',
      'generation.local.model=phantom',
      'generation.local.warmStartSteps=2',
      'generatorUpdate.method=sft',
    );

  test('learns the trusted samples, then what each cycle accepted, and the next cycle asks what it became', async () => {
    const engine = fakeEngine();
    const result = await run(engine, own());
    const stages = allStages
      .toSpliced(2, 0, '0/generator-warm-start')
      .map((stage) => stage.replace('generator-update', 'generator-sft'));
    expect(stagesOf('stage-end')).toEqual(stages);
    const { plan } = events.find((event) => event.type === 'run-start') ?? {};
    expect(plan?.start).toContain('generator-warm-start');
    expect(plan?.last.at(-1)).toBe('generator-sft');

    const within = (path: string): string => path.replace(`${runDir}/`, '');
    const asked = engine.calls.filter(({ spec }) => spec.outDir.endsWith('generation/job'));
    const trained = engine.calls.filter(({ spec }) => spec.outDir.includes('generator-'));
    const generators = ['cycle-0/generator-warm-start/model', 'cycle-1/generator-sft/model'];
    expect(asked.map(({ spec }) => within(spec.model.path))).toEqual(generators);
    expect(trained.map(({ spec }) => within(spec.model.path))).toEqual(['phantom', ...generators]);
    expect(trained[0]?.spec).toMatchObject({ trl: { max_steps: 2 } });
    expect(result.cycles.map(({ paths }) => paths.generator)).toEqual([generators[1], 'cycle-2/generator-sft/model']);
    expect(existsSync(join(runDir, result.paths?.generator ?? 'none'))).toBe(true);

    // It learns to answer the very prompts it was asked, with samples that its own parser takes.
    const prompts = asked[0]?.rows.map(({ prompt }) => prompt) ?? [];
    const lessons = trained[1]?.rows ?? [];
    expect(lessons).toHaveLength(result.cycles[0]?.accepted ?? 0);
    for (const { prompt, completion = '' } of [...lessons, ...(trained[0]?.rows ?? [])]) {
      const questionType = questionTypeOfPrompt(prompt);
      if (questionType === null) throw new Error('not a prompt of the generator');
      expect(parseReply(completion, { questionType })).toMatchObject({ ok: true });
    }
    for (const { prompt } of lessons) expect(prompts).toContain(prompt);

    const candidates = await Promise.all(
      [1, 2].map((cycle) => readSamples(join(runDir, `cycle-${cycle}/generate/candidates.parquet`))),
    );
    const models = candidates.map((samples) => new Set(samples.map(({ provenance }) => provenance.model)));
    expect(models.map((names) => names.size)).toEqual([1, 1]);
    const [first, second] = models.flatMap((names) => [...names]);
    expect(first).toMatch(/^phantom@[0-9a-f]{12}$/);
    expect(second).not.toBe(first);

    events = [];
    const again = fakeEngine();
    expect(await run(again, own())).toEqual(result);
    expect(again.calls).toEqual([]);
  });

  test('keeps its weights where the update is off', async () => {
    const engine = fakeEngine();
    const config = parseConfig(yaml, {
      file: 'test.yaml',
      set: ['generation.provider=local', 'generation.local.model=phantom', 'generatorUpdate.enabled=false', 'cycles=1'],
    });
    const result = await run(engine, config);
    expect(stagesOf('stage-end')).toContain('1/generator-update');
    expect(result.paths).not.toHaveProperty('generator');
  });
});

describe('a run that goes on', () => {
  test('a finished run does nothing again', async () => {
    const first = await run(fakeEngine());
    events = [];
    const engine = fakeEngine();
    expect(await run(engine)).toEqual(first);
    expect(engine.calls).toEqual([]);
    expect(stagesOf('stage-skip')).toEqual(allStages);
  });

  test.each(['0/reward-model', '1/score', '1/grpo', '2/preferences'])(
    'a failure in %s is continued there',
    async (stage) => {
      const working = (): string => stagesOf('stage-start').at(-1) ?? '';
      const broken = fakeEngine({
        before: () => {
          if (working() === stage) throw new Error('power cut');
        },
      });
      await expect(run(broken)).rejects.toThrow('power cut');
      expect(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8'))).toMatchObject({
        status: 'failed',
        error: 'power cut',
      });
      events = [];
      await run(fakeEngine());
      expect(stagesOf('stage-skip')).toEqual(allStages.slice(0, allStages.indexOf(stage)));
      expect(stagesOf('stage-end')).toEqual(allStages.slice(allStages.indexOf(stage)));
    },
  );

  test('a trainer finds its partial folder again, other stages start over', async () => {
    const attempt = async (kind: string, file: string): Promise<string[] | undefined> => {
      const broken = fakeEngine({
        before: (spec) => {
          if (spec.kind !== kind) return;
          mkdirSync(dirname(join(spec.outDir, file)), { recursive: true });
          writeFileSync(join(spec.outDir, file), '');
          throw new Error('killed');
        },
      });
      await expect(run(broken)).rejects.toThrow('killed');
      const engine = fakeEngine({
        before: (spec) => {
          if (spec.kind === kind) throw new Error('enough');
        },
      });
      await expect(run(engine)).rejects.toThrow('enough');
      return engine.calls.at(-1)?.found;
    };
    expect(await attempt('complete', 'half-done')).not.toContain('half-done');
    expect(await attempt('sft', 'checkpoint')).toContain('checkpoint');
    // Nor does it keep a table that the kill cut off: it would be recorded as part of the stage.
    expect(await attempt('sft', 'rows.parquet.0-1.tmp')).not.toContain('rows.parquet.0-1.tmp');
    expect(await attempt('sft', 'rows.parquet.0-2.tmp/0.jsonl')).not.toContain('rows.parquet.0-2.tmp');
  });

  test('a stage whose folder is taken away is done again, and what is made from it only where it differs', async () => {
    await run(fakeEngine());
    rmSync(join(runDir, 'cycle-2/score'), { recursive: true });
    events = [];
    await run(fakeEngine());
    expect(stagesOf('stage-end')).toEqual(['2/score']);
  });

  test('a folder renamed just before a kill counts as done', async () => {
    await run(fakeEngine());
    const ledger = join(runDir, 'ledger.jsonl');
    writeFileSync(ledger, `${readFileSync(ledger, 'utf8').trim().split('\n').slice(0, -1).join('\n')}\n{"torn`);
    events = [];
    await run(fakeEngine());
    expect(stagesOf('stage-end')).toEqual([]);
  });

  test('no answered request is sent again', async () => {
    const stop = new AbortController();
    const slow = configOf('generation.teacher.latencyMs=20', 'generation.concurrency=1');
    const stopping = runLoop(slow, {
      runDir,
      engine: fakeEngine(),
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'stage-progress' && event.done >= 1) stop.abort();
      },
    });
    await expect(stopping).rejects.toBeInstanceOf(InterruptedError);
    await run(fakeEngine());
    const { answered, repeatedAnswered } = readAnswered(join(runDir, 'generation/teacher-answered.txt'));
    expect(answered).toBeGreaterThan(0);
    expect(repeatedAnswered).toBe(0);
  });
});

describe('stopping', () => {
  test('ends with an error of exit code 130 and a result that says so', async () => {
    const stop = new AbortController();
    const engine = fakeEngine({ before: (spec) => spec.kind === 'sft' && stop.abort() });
    await expect(run(engine, configOf(), stop.signal)).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 });
    expect(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8'))).toMatchObject({ status: 'interrupted' });
    expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  });
});

describe('a run folder', () => {
  test('is refused with other settings, and names them', async () => {
    await run(fakeEngine());
    const error = await run(fakeEngine(), configOf('grpo.maxSteps=7')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({
      code: 'config-changed',
      message: expect.stringContaining('grpo.maxSteps: 60 there, 7 here'),
    });
  });

  test('takes more cycles and another way of working', async () => {
    await run(fakeEngine());
    events = [];
    const result = await run(fakeEngine(), configOf('cycles=3', 'threads=1', 'generation.concurrency=2'));
    expect(result.cycles).toHaveLength(3);
    expect(stagesOf('stage-end').every((stage) => stage.startsWith('3/'))).toBe(true);
  });

  test('is refused while another process works on it', async () => {
    // Either may come first; the other one is refused.
    const both = await Promise.allSettled([run(fakeEngine()), run(fakeEngine())]);
    const refused = both.filter((one) => one.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'run-busy' } }]);
  });

  test('is refused where it is some other folder', async () => {
    mkdirSync(runDir, { recursive: true });
    writeFileSync(join(runDir, 'thesis.txt'), '');
    await expect(run(fakeEngine())).rejects.toMatchObject({ code: 'not-a-run-folder' });
  });

  test('is refused where it holds the runs of several seeds, with the option that goes on with them', async () => {
    for (const seed of [0, 3]) mkdirSync(join(runDir, `seed-${seed}`), { recursive: true });
    const remedy = expect.stringContaining('--seeds 0,3') as string;
    await expect(run(fakeEngine())).rejects.toMatchObject({ code: 'not-a-run-folder', remedy });
  });
});

describe('before anything starts', () => {
  test('a missing key is refused', async () => {
    const config = configOf(
      'generation.provider=gemini',
      'generation.gemini.apiKeyEnv=NO_SUCH_KEY',
      'generation.gemini.baseUrl=http://127.0.0.1:9',
    );
    await expect(run(fakeEngine(), config)).rejects.toMatchObject({ code: 'missing-api-key', exitCode: 2 });
    expect(existsSync(runDir)).toBe(false);
  });
});
