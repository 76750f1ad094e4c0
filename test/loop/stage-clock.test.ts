/** Whose time it is: all of an attempt belongs to a stage, but for pauses and what was finished before. */
import { expect, test } from 'vitest';
import { startStageClock } from '../../src/loop/stage-clock.js';

test('what lies between two stages is charged to the later one', () => {
  let now = 1000;
  const clock = startStageClock(() => now);
  now += 31_000; // drawing, before the first stage
  now += 2500;
  expect(clock.charge()).toBe(33.5);
  now += 20;
  expect(clock.charge()).toBe(0.02);
  expect(clock.charge()).toBe(0);
});

test('a pause and the look at a stage that was finished earlier are charged to none', async () => {
  let now = 0;
  const clock = startStageClock(() => now);
  now += 700;
  clock.restart();
  now += 100;
  await clock.rest(async () => {
    now += 3_600_000;
  });
  await clock.rest(() => undefined);
  now += 50;
  expect(clock.charge()).toBe(0.15);
});
