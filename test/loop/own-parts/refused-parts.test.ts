/** Parts that cannot be used: refused before anything starts, or told by name where they fail, and never taken for an answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/load.js';
import { ConfigError, RunError } from '../../../src/errors.js';
import {
  checkedEvaluator,
  checkedFilter,
  checkedGrader,
  checkedProvider,
  checkedStrategy,
} from '../../../src/loop/parts/checked-parts.js';
import type { FilterContext, LoopParts, RunParts, StageReport } from '../../../src/loop/parts/loop-parts.js';
import { recordParts } from '../../../src/loop/parts/recorded-parts.js';
import { reportOf } from '../../../src/loop/parts/run-stage.js';
import { settleParts } from '../../../src/loop/parts/settle-parts.js';
import { sift } from '../../../src/loop/parts/sift.js';
import type { RunContext } from '../../../src/loop/run-context.js';
import type { StageContext } from '../../../src/loop/stage.js';
import { grade } from '../../../src/loop/stages/grade.js';
import { ProviderCallError } from '../../../src/providers/call-error.js';
import type { ProviderRequest } from '../../../src/providers/provider.js';
import type { RewardItem } from '../../../src/reward/reward.js';
import type { Sample } from '../../../src/sample.js';
import { makeSample } from '../../helpers/sample.js';
import { echo, settled } from '../../own-parts/parts.js';

const configOf = (...set: string[]) => parseConfig('', { file: 'x.yaml', set });
const settle = (parts: unknown, ...set: string[]): Promise<RunParts> =>
  settleParts(configOf(...set), parts as LoopParts, {});
const filter = (more: object) => ({ filters: [{ ...settled, ...more }] });
const stage = (more: object) => ({ stages: [{ name: 'mine', version: '1', run: () => {}, ...more }] });
const anonymous = [() => [0]][0];
const proxy = (more: object) => ({ provider: Object.assign(Object.create(echo) as object, more) });

class Judge {
  readonly name = 'judge';
  #score = 1;
  get weight(): number {
    return 0.25;
  }
  get timeoutMs(): number {
    return 5;
  }
  score(batch: readonly unknown[]): number[] {
    return batch.map(() => this.#score);
  }
}
const unreadable = (key: string): object =>
  Object.defineProperty({ name: 'mine', version: '1' }, key, { get: () => failing() });

test('a reward of a class keeps what its getters state, and its private fields', async () => {
  const [reward] = (await settle({ rewards: [new Judge()] })).rewards;
  expect(reward).toMatchObject({ name: 'judge', weight: 0.25, timeoutMs: 5 });
  expect(await reward?.score([{} as RewardItem], { signal: context().signal })).toEqual([1]);
});

describe('refused before anything starts', () => {
  test.each<[string, unknown, RegExp, ...string[]]>([
    ['no version', filter({ version: undefined }), /filter "settled" states no version/],
    ['a version that is no text', filter({ version: 2 }), /states no version/],
    ['no name', filter({ name: undefined }), /the filter has the name undefined; expected/],
    ['a name that is no slug', filter({ name: '../up' }), /has the name "..\/up"; expected up to 60 letters/],
    ['the name of a built-in part', filter({ name: 'overlap' }), /"overlap" has the name of a built-in filter/],
    ['two of one name', { filters: [settled, { ...settled }] }, /"settled" stands twice/],
    ['two where there is one', { grader: [{}, {}] }, /the grader can be one only/],
    ['no method', filter({ accept: true }), /"settled" has no method accept/],
    ['nothing at all', { filters: [null] }, /expected an object with name, version and accept/],
    ['a slot that there is not', { filter: settled }, /no parts of the name filter/],
    ['a reward without a name', { rewards: [anonymous] }, /function without a name/],
    [
      'a reward of a weight that is none',
      { rewards: [{ name: 'x', weight: Number.NaN, score: () => [] }] },
      /weight NaN/,
    ],
    [
      'a reward named as the built-in',
      { rewards: [{ name: 'answerMatch', weight: 1, score: () => [] }] },
      /built-in reward/,
    ],
    ['a class in place of an object of it', { rewards: [Judge] }, /reward "Judge" is a class; give an object of it/],
    ['a name that cannot be read', { filters: [unreadable('name')] }, /filter cannot be read: its name throws boom/],
    [
      'a weight that cannot be read',
      { rewards: [unreadable('weight')] },
      /reward cannot be read: its weight throws boom/,
    ],
    ['a place that cannot be read', { stages: [unreadable('after')] }, /stage cannot be read: its after throws boom/],
    ['a stage without a place', stage({}), /has no place/],
    ['a stage with two', stage({ before: 'sft', after: 'sft' }), /has no place/],
    ['a stage beside none', stage({ after: 'filtre' }), /after filtre, which is no stage; did you mean filter\?/],
    [
      'a stage beside one that does not run',
      stage({ after: 'warm-start' }),
      /which this run has not/,
      'rewardModel.warmStartSteps=0',
    ],
    ['a provider that nobody asked for', { provider: echo }, /generation.provider is simulated/],
    ['no provider', {}, /generation.provider is own, and no provider is given/, 'generation.provider=own'],
    ['a provider of no model', proxy({ model: '' }), /names no model/, 'generation.provider=own'],
    [
      'one that does not say where images go',
      proxy({ endpoint: undefined }),
      /where images go/,
      'generation.provider=own',
    ],
    [
      'one elsewhere without consent',
      proxy({ endpoint: 'https://example.org' }),
      /images would be sent to example.org/,
      'generation.provider=own',
    ],
    ['no strategy', {}, /no prompt strategy is left/, 'generation.strategies=[]'],
    [
      'a filter of a comparison',
      filter({}),
      /filter "settled" works in the loop alone, and recipe.kind is zero-shot/,
      'recipe={kind: zero-shot, models: [phantom]}',
    ],
    [
      'an evaluator of a comparison',
      { evaluator: { name: 'mine', version: '1', judge: () => [] } },
      /in the loop alone/,
      'recipe={kind: zero-shot, models: [phantom]}',
    ],
  ])('%s', async (_, parts, message, ...set) => {
    const refusal = settle(parts, ...set);
    await expect(refusal).rejects.toBeInstanceOf(ConfigError);
    await expect(refusal).rejects.toThrow(message);
  });

  test('in code and in the configuration at once', async () => {
    const config = configOf('generation.provider=own');
    const both = { ...config, parts: { ...config.parts, provider: '/mine.ts#echo' } };
    await expect(settleParts(both, { provider: echo }, {})).rejects.toMatchObject({ code: 'part-twice' });
  });
});

const context = (): FilterContext => ({
  cycle: 1,
  tau: 0,
  dataset: [],
  imagePath: ({ image }) => image,
  signal: new AbortController().signal,
});
const grading = () => ({ samples: [makeSample()], seed: 0, skipped: () => {}, signal: new AbortController().signal });
const some = { name: 'mine', version: '1' };
const failing = (): never => {
  throw new Error('boom');
};

describe('told by name where it fails', () => {
  const accepting = (accept: unknown) => async () =>
    checkedFilter({ ...some, accept: accept as () => boolean }).accept(makeSample({ id: 's7' }), context());
  const judging = (judge: unknown) => async () =>
    checkedEvaluator({ ...some, judge: judge as () => [] }).judge(
      [{ sample: makeSample({ id: 's7' }), completion: 'x', finished: true }],
      context(),
    );
  const graded = (text: unknown) => async () =>
    checkedGrader({ ...some, grade: () => text as [] }).grade(makeSample({ id: 's7' }), grading());
  const reported = (given: unknown) => async () =>
    reportOf({ ...some, after: 'score', run: () => {} }, given as StageReport);
  const asked = (prompt: unknown) => async () =>
    checkedStrategy({ ...some, prompt: prompt as () => { system: string; prompt: string } }).prompt({
      questionType: 'lesion grading',
      exemplars: [],
    });
  const answering = (complete: unknown) => async () =>
    checkedProvider(Object.assign(Object.create(echo) as typeof echo, { complete })).complete({} as ProviderRequest);
  const reply = { text: '{}', finish: 'stop', usage: null };

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a filter that throws', accepting(failing), /the filter "mine" failed for sample s7: boom/],
    ['a filter that rejects', accepting(() => Promise.reject(new Error('boom'))), /"mine" failed for sample s7: boom/],
    ['a filter that says a number', accepting(() => Number.NaN), /gave NaN in place of true or false for sample s7/],
    ['a filter that says nothing', accepting(() => {}), /gave undefined in place of/],
    [
      'a filter that changes the sample',
      accepting((sample: Sample) => (sample.score = 9)),
      /failed for sample s7: Cannot assign/,
    ],
    [
      'a filter that changes D_gen',
      async () =>
        checkedFilter({ ...some, accept: (_, { dataset }) => (dataset as Sample[]).push(makeSample()) > 0 }).accept(
          makeSample({ id: 's7' }),
          context(),
        ),
      /failed for sample s7: Cannot add property/,
    ],
    ['an evaluator that throws', judging(failing), /the evaluator "mine" failed: boom/],
    ['an evaluator of another length', judging(() => []), /gave 0 judgements for 1 answers/],
    [
      'an evaluator that says maybe',
      judging(() => [{ predicted: null, correct: 0.5 }]),
      /gave 0.5 in place of correct.* for sample s7/,
    ],
    ['an evaluator that reads a number', judging(() => [{ predicted: 3, correct: true }]), /in place of predicted/],
    ['a grader of no list', graded(undefined), /gave undefined in place of a list of texts for sample s7/],
    [
      'a grade that is none',
      graded([{ kind: 'x', grade: Number.NaN, response: 'y' }]),
      /the grade NaN, which is not in \[-6, 10\]/,
    ],
    ['a grade out of range', graded([{ kind: 'x', grade: 11, response: 'y' }]), /the grade 11/],
    ['a kind that is no name', graded([{ kind: 'x:y', grade: 1, response: 'y' }]), /which is no name/],
    ['a text without words', graded([{ kind: 'x', grade: 1, response: '' }]), /without a response/],
    [
      'a stage that gives the samples themselves',
      reported([makeSample()]),
      /gave a list; expected \{ metrics, samples/,
    ],
    ['a stage of a misspelt report', reported({ sample: [makeSample()] }), /gave "sample"; expected \{ metrics/],
    ['a stage that gives a text', reported('x'), /gave a value of type string; expected/],
    ['a strategy that throws', asked(failing), /the prompt strategy "mine" failed: boom/],
    ['a strategy of a promise', asked(async () => ({ system: '', prompt: 'x' })), /gave no \{ system, prompt \}/],
    ['an image beyond the prompt', asked(() => ({ system: '', prompt: 'x', imageAt: 2 })), /puts the image at 2/],
    ['a provider that throws', answering(failing), /the provider "echo" failed: boom/],
    ['a provider without a text', answering(() => ({ ...reply, text: undefined })), /replied with undefined/],
    [
      'a provider that changes what it is asked',
      answering((request: ProviderRequest) => (request.prompt = 'other')),
      /the provider "echo" failed: Cannot add/,
    ],
    [
      'a provider that ends otherwise',
      answering(() => ({ ...reply, finish: 'done' })),
      /by "done", which is none of stop,/,
    ],
    [
      'a provider of half a token',
      answering(() => ({ ...reply, usage: { inputTokens: 0.5, outputTokens: 1 } })),
      /told no usage/,
    ],
    [
      'a provider of thoughts that are no number',
      answering(() => ({ ...reply, usage: { inputTokens: 1, outputTokens: 1, thinkingTokens: Number.NaN } })),
      /told no usage/,
    ],
  ])('%s', async (_, work, message) => {
    await expect(work()).rejects.toBeInstanceOf(RunError);
    await expect(work()).rejects.toThrow(message);
  });

  test('a grader that makes no text to learn from', async () => {
    const run = {
      config: { ...configOf('filter.threshold=0'), seed: 1 },
      parts: { grader: { ...some, grade: () => [] } },
      gold: null,
      data: { seed: [makeSample()] },
      signal: new AbortController().signal,
    };
    const work = grade(run as unknown as RunContext, []);
    await expect(work.run({ dir: '/nowhere' } as StageContext)).rejects.toThrow(/"mine" made no text that R_φ/);
  });

  test('a provider says itself whether asking again makes sense', async () => {
    const busy = new ProviderCallError('busy', { failure: 'overloaded' });
    await expect(answering(() => Promise.reject(busy))()).rejects.toBe(busy);
  });

  test('a part that never answers keeps the process, and is told once', async () => {
    vi.useFakeTimers();
    const told: string[] = [];
    const stop = new AbortController();
    const slow = { ...some, accept: () => new Promise<boolean>(() => {}) };
    const never = checkedFilter(slow, (message) => told.push(message));
    const sifted = sift([makeSample({ id: 's7' }), makeSample()], [never], { ...context(), signal: stop.signal });
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(180_000);
    stop.abort(new Error('stopped'));
    await expect(sifted).rejects.toThrow('stopped');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    expect(told).toEqual(['the filter "mine" has given no answer for sample s7 for 60 s; the run waits for it']);
  });

  test('what a part is given stays as it was, and the run that is stopped waits for none', async () => {
    const stop = new AbortController();
    const never = checkedFilter({ ...some, accept: () => new Promise<boolean>(() => {}) });
    const sifted = sift([makeSample()], [never], { ...context(), signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(sifted).rejects.toThrow('stopped');
  });
});

test('filters are asked in order, and one that is refused is put before no other', async () => {
  const seen: string[] = [];
  const only = (name: string, kept: string) => ({
    name,
    version: '1',
    accept: async ({ id }: Sample) => {
      seen.push(`${name} ${id}`);
      return id === kept || kept === '';
    },
  });
  const samples = ['a', 'b'].map((id) => makeSample({ id }));
  const { kept, refusedBy } = await sift(samples, [only('first', 'b'), only('second', '')], context());
  expect(kept.map(({ id }) => id)).toEqual(['b']);
  expect([...refusedBy].map(([{ id }, by]) => `${id} ${by}`)).toEqual(['a first']);
  expect(seen.toSorted()).toEqual(['first a', 'first b', 'second b']);
});

describe('a run that goes on', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'medgr2-parts-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const record = async (parts: LoopParts, more: { begun?: boolean; redo?: boolean } = {}) =>
    recordParts(dir, await settle(parts), { begun: true, redo: false, holds: () => {}, told: () => {}, ...more });

  test('is never gone on with without its parts, or with more, unasked', async () => {
    await record({ filters: [settled] }, { begun: false });
    await record({ filters: [{ ...settled, version: '2' }] });
    await expect(record({})).rejects.toThrow('the filter "settled" is not given');
    await expect(record({ filters: [settled, { ...settled, name: 'other' }] })).rejects.toThrow(
      'the filter "other" is new',
    );
    await record({}, { redo: true });
    await expect(record({ filters: [settled] })).rejects.toMatchObject({ code: 'parts-changed' });
  });
});
