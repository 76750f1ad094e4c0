/** The loop's pure parts: which tasks a cycle has, which examples and prompts it picks, what it calls precise. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { differenceLines, differences } from '../../src/loop/folder/settings-differences.js';
import { precisionOf } from '../../src/loop/result/sample-precision.js';
import { answerRewards } from '../../src/bridge/jobs/answer-rewards.js';
import { toRun } from '../../src/loop/folder/run-folder.js';
import { bestExemplars } from '../../src/loop/stages/generator-update.js';
import { preferencePrompts } from '../../src/loop/stages/preferences.js';
import { cycleTasks, freshRounds } from '../../src/loop/generator/cycle-tasks.js';
import { compositeRewards } from '../../src/reward/composite-rewards.js';
import { questionTypes, strategies } from '../../src/sample.js';
import { makeSample } from '../helpers/sample.js';

const pool = Array.from({ length: 6 }, (_, index) => ({
  image: `images/${index}.png`,
  imageHash: `hash-${index}`,
  modality: 'CT' as const,
}));
const tasksOf = (cycle: number, images = 3) => cycleTasks({ pool, strategies, questionTypes, images, cycle, seed: 1 });

describe('tasks of a cycle', () => {
  test('ask about each image once per strategy, in different question types', () => {
    const tasks = tasksOf(1);
    expect(tasks).toHaveLength(9);
    for (const group of Map.groupBy(tasks, (task) => task.imageHash).values()) {
      expect(group.map((task) => task.strategy)).toEqual([...strategies]);
      expect(new Set(group.map((task) => task.questionType)).size).toBe(3);
    }
  });

  test('take new images while there are any, and never the same task again in the next round', () => {
    const [first, second, third] = [tasksOf(1), tasksOf(2), tasksOf(3)];
    const images = new Set([...first, ...second].map((task) => task.imageHash));
    expect(images.size).toBe(6);
    const keys = [...first, ...second, ...third].map((task) => `${task.imageHash} ${task.questionType}`);
    expect(new Set(keys.slice(0, 18)).size).toBe(18);
    expect(tasksOf(2)).toEqual(second);
  });

  test('keep to the question types an image allows', () => {
    const only = pool.map((image) => ({ ...image, questionTypes: [questionTypes[2]] }));
    const given = { pool: only, strategies, images: 6, cycle: 1, seed: 1 };
    const types = cycleTasks({ ...given, questionTypes }).map((task) => task.questionType);
    expect(new Set(types)).toEqual(new Set([questionTypes[2]]));
  });

  test.each([1, 2, 3, 5])('with %i question types: how often an image is asked something new', (types) => {
    const given = {
      pool: pool.slice(0, 1),
      strategies,
      questionTypes: questionTypes.slice(0, types),
      cycle: 1,
      seed: 1,
    };
    const asked = (images: number) =>
      new Set(cycleTasks({ ...given, images }).map(({ strategy, questionType }) => `${strategy} ${questionType}`)).size;
    const rounds = freshRounds(strategies.length, types);
    expect(asked(rounds)).toBe(rounds * strategies.length);
    expect(asked(rounds + 1)).toBe(asked(rounds));
  });

  test('keep to the question types asked for, about images that allow one of them', () => {
    const asked = questionTypes.slice(1, 3);
    const own = [[questionTypes[0]], [questionTypes[2], questionTypes[4]]];
    const some = pool.map((image, index) => ({ ...image, questionTypes: own[index] ?? questionTypes }));
    const tasks = cycleTasks({ pool: some, strategies, questionTypes: asked, images: 5, cycle: 1, seed: 1 });
    expect(tasks).toHaveLength(5 * strategies.length);
    const typesOf = (hash: string) =>
      new Set(tasks.flatMap((task) => (task.imageHash === hash ? task.questionType : [])));
    expect(some.map(({ imageHash }) => typesOf(imageHash).size)).toEqual([0, 1, 2, 2, 2, 2]);
    expect(typesOf('hash-1')).toEqual(new Set([questionTypes[2]]));
    expect(new Set(tasks.map((task) => task.questionType))).toEqual(new Set(asked));
  });
});

test('exemplars are the best of each question type and modality', () => {
  const samples = [3, 9, 5].map((score, index) => makeSample({ id: `s${index}`, score }));
  expect(bestExemplars(samples, 2).map((sample) => sample.id)).toEqual(['s1', 's2']);
});

describe('prompts for preferences', () => {
  const seed = Array.from({ length: 10 }, (_, index) =>
    makeSample({ id: `seed-${index}`, imageHash: `seed-${index}` }),
  );
  const generated = Array.from({ length: 10 }, (_, index) =>
    makeSample({ id: `gen-${index}`, imageHash: `gen-${index}` }),
  );
  const prompts = (from: string, heldOut: string[] = []) =>
    preferencePrompts(
      parseConfig('', { file: 'x.yaml', set: ['preferences.prompts=8', `preferences.from=${from}`] }),
      1,
      {
        dataset: [...seed, ...generated],
        seed,
        heldOut: new Set(heldOut),
      },
    ).map((sample) => sample.id.split('-')[0]);

  test('come from D_gen, from the seed data, or half from each', () => {
    expect(prompts('dataset')).toEqual(Array(8).fill('gen'));
    expect(prompts('seed')).toEqual(Array(8).fill('seed'));
    expect(prompts('both').toSorted()).toEqual([...Array(4).fill('gen'), ...Array(4).fill('seed')]);
  });

  test('leave out the images of the held-out report', () => {
    expect(
      prompts(
        'seed',
        seed.slice(0, 7).map((sample) => sample.imageHash),
      ),
    ).toHaveLength(3);
  });
});

describe('precision', () => {
  const truth = (known: Record<string, string>) => ({
    truth: ({ question }: { question: string }) => known[question] ?? null,
  });
  const samples = [
    makeSample({ question: 'a', answer: 'MRI' }),
    makeSample({ question: 'b', answer: 'CT' }),
    makeSample({ question: 'c' }),
  ];

  test('counts what is known', () => {
    expect(precisionOf(truth({ a: 'MRI', b: 'MRI' }), samples)).toBe(0.5);
  });

  test('is null where nothing is known', () => {
    expect(precisionOf(truth({}), samples)).toBeNull();
  });
});

describe('rewards for a worker', () => {
  const rewards = compositeRewards({ alpha: 0.8, beta: 0.2, scale: 'unit' });
  const answer = answerRewards(rewards, [makeSample({ id: 'a' })]);
  const ask = (id: string) => ({
    type: 'rewards' as const,
    step: 1,
    items: [{ id, completion: '<answer>MRI</answer>', rewardModelScore: 10 }],
  });

  test('come by name, one per completion', async () => {
    expect(await answer(ask('a'), new AbortController().signal)).toEqual({
      scores: { rewardModel: [1], answerMatch: [1] },
      milliseconds: { rewardModel: expect.any(Number), answerMatch: expect.any(Number) },
    });
  });

  test('of an unknown sample are an error that names it', async () => {
    await expect(answer(ask('z'), new AbortController().signal)).rejects.toMatchObject({
      code: 'unknown-sample',
      where: 'z',
    });
  });
});

test('differences name each leaf', () => {
  expect(differences({ a: { b: 1, c: [1] }, d: 2 }, { a: { b: 2, c: [1] } })).toEqual([
    { path: 'a.b', before: '1', after: '2' },
    { path: 'd', before: '2', after: 'nothing' },
  ]);
});

test('paths within the run folder become relative, others stay', () => {
  expect(toRun('/runs/a', '/runs/a/images/x.png')).toBe('images/x.png');
  expect(toRun('/runs/a', 'images/x.png')).toBe('images/x.png');
  expect(toRun('/runs/a', '/data/x.png')).toBe('/data/x.png');
});

test('settings that differ are a short list: within lists by name, long values cut, the rest counted', () => {
  const arm = (name: string, steps: number) => ({ name, sft: { steps } });
  const there = { arms: [arm('a', 1), arm('b', 2)], text: 'x'.repeat(200), seed: 0 };
  const here = { arms: [arm('a', 1), arm('b', 3), arm('c', 4)], text: 'y', seed: 0 };
  expect(differenceLines(differences(there, here))).toEqual([
    'arms.b.sft.steps: 2 there, 3 here',
    'arms.c: not there, {"name":"c","sft":{"steps":4}} here',
    `text: "${'x'.repeat(58)}… there, "y" here`,
  ]);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`k${key}`, key]));
  expect(differenceLines(differences({}, many))).toHaveLength(12);
  expect(differenceLines(differences({}, many)).at(-1)).toBe('… and 29 more');
});
