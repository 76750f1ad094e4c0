/** What a script's jobs end with: figures at hand, large outputs read while they are iterated, and the paths beside. Python is this test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, JobEvent } from '../../src/index.js';
import type { JobResult } from '../../src/bridge/contract/contract.js';
import { RunningJob } from '../../src/bridge/jobs/running-job.js';
import type { SupervisorClient } from '../../src/bridge/process/supervisor-calls.js';
import { withJobs } from '../../src/job-spec/script-engine.js';
import { readAnswers, readCompletions, readScores } from '../../src/public/data.js';
import { answerMatch } from '../../src/public/rewards.js';
import { makeSample } from '../helpers/sample.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An engine whose job tells these events and ends with this result. */
function engineThat(result: JobResult, events: readonly JobEvent[] = []): Engine {
  const start = () => {
    const client = { start: async () => {}, cancel: async () => {} } as unknown as SupervisorClient;
    const setup = { id: 'job-1', label: 'job', logPath: '/nowhere/log', spec: {}, module: null, rewardNames: null };
    const job = new RunningJob({ ...setup, readResult: () => result, hooks: {} }, async () => client);
    setImmediate(() => {
      for (const event of events) job.receive({ type: 'event', event });
      job.receive({ type: 'end', ending: { type: 'done', result: {} } });
    });
    return job;
  };
  return withJobs({ start } as unknown as Engine);
}

async function written(name: string, lines: readonly object[]): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

const common = { model: 'phantom', data: 'rows.parquet', outDir: 'out' };
const done = { count: 2, seconds: 1 };

test('scores are numbers in the order of the rows', async () => {
  const scores = await written('scores.jsonl', [
    { id: 'a', score: 7.5 },
    { id: 'b', score: null },
  ]);
  const result = await engineThat({ kind: 'score', scores, ...done }).score(common);
  expect(result).toEqual({ kind: 'score', scores: [7.5, null], path: scores, ...done });
  expect(await readScores(result)).toEqual([7.5, null]);
});

test('scores that cannot be read reject the result, and end no process', async () => {
  const engine = engineThat({ kind: 'score', scores: path.join(folder, 'none.jsonl'), ...done });
  engine.score(common); // nobody awaits it
  await expect(engine.score(common)).rejects.toMatchObject({ code: 'file-unreadable' });
});

test('completions are read as they are iterated, as often as one likes', async () => {
  const line = (index: number) => ({ id: 'a', index, text: `CT ${index}`, finished: true });
  const completions = await written('completions.jsonl', [line(0), line(1), { id: 'a' }]);
  const result = await engineThat({ kind: 'complete', completions, ...done }).complete({ ...common, maxNewTokens: 4 });
  expect(result.path).toBe(completions);
  const firstTwo = async (): Promise<string[]> => {
    const texts: string[] = [];
    for await (const { text } of result.completions) if (texts.push(text) === 2) break; // the broken line was not looked at
    return texts;
  };
  expect([await firstTwo(), await firstTwo()]).toEqual([
    ['CT 0', 'CT 1'],
    ['CT 0', 'CT 1'],
  ]);
  await expect(readCompletions(result.completions)).rejects.toMatchObject({ where: `${completions}:3` });
});

test('answers are iterated, and all of them are read by what the result holds', async () => {
  const line = { id: 'a', text: 'CT', finished: true, responses: [{ logLikelihood: -1, tokens: 2 }] };
  const answers = await written('answers.jsonl', [line, { ...line, id: 'b' }]);
  const result = await engineThat({ kind: 'evaluate', answers, ...done }).evaluate({ ...common, maxNewTokens: 4 });
  expect((await readAnswers(result.answers)).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(await Array.fromAsync(result.answers)).toEqual(await readAnswers(result.path));
});

test('GRPO ends with its way and what was written on it; a job goes on being one', async () => {
  const step = {
    step: 1,
    totalSteps: 2,
    epoch: 0.5,
    loss: 0.25,
    learningRate: 1e-5,
    gradNorm: 1,
    tokens: 9,
    stepSeconds: 2,
    grpo: null,
  };
  const shown = { id: 'a', completion: 'CT', rewards: { answerMatch: 1 }, rewardModelScore: null };
  const trained = { checkpoint: '/out/model', steps: 2, seconds: 1, loss: 0.25, tokens: 9 };
  const engine = engineThat({ kind: 'grpo', ...trained }, [
    { type: 'train-step', ...step },
    { type: 'completions', step: 1, items: [shown] },
  ]);
  const job = engine.grpo({ ...common, samples: [makeSample()], rewards: [answerMatch()] });
  const heard: number[] = [];
  const same = job.on('train-step', (event) => heard.push(event.step));
  expect(same).toBe(job);
  expect(await job).toEqual({ kind: 'grpo', ...trained, history: [step], completions: [{ step: 1, ...shown }] });
  expect(heard).toEqual([1]);
  expect((await Array.fromAsync(job.events)).map(({ type }) => type)).toEqual(['train-step', 'completions']);
});
