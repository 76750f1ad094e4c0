/** A recipe on the screen: the grid of its arms × seeds, figures as they come. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderToString } from 'ink';
import { expect, test } from 'vitest';
import { statusCommand } from '../../src/cli/commands/status-command.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { readSeedEvents } from '../../src/tui/events/seed-events.js';
import { ScreenView } from '../../src/tui/screen.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { initialState, type ScreenState } from '../../src/tui/state/screen-state.js';
import { timeLeft } from '../../src/tui/state/time-left.js';
import { recordedSeeds } from './fixtures/recorded-comparison.js';

const stateOf = (events: readonly TimedEvent[], seeds: readonly number[] = []): ScreenState =>
  events.reduce((state, event) => reduce(state, event), { ...initialState, seeds });

function picture(state: ScreenState, columns: number, rows: number): string[] {
  const view = { state, columns, rows, now: (state.lastEventAt ?? 0) + 1000 };
  const usual = { chosen: null, overlay: null, asked: null, gpus: [], color: false, owns: true, alive: true } as const;
  return renderToString(<ScreenView {...usual} {...view} />, { columns }).split('\n');
}

test('one seed: each arm with its accuracy, interval and what it is above the base', () => {
  const lines = picture(stateOf(recordedSeeds([4], 2).flat()), 80, 24);
  expect(lines[0]).toMatch(/^ medgr2 seed-4 · model 3 of 3 · ● running/);
  expect(lines[1]).toMatch(/^ highest 66\.5 % sft \+12\.5 points against base 54\.0 % · 2 of 3 models measured/);
  const text = lines.join('\n');
  expect(text).toMatch(/model +accuracy +95 % +over base +time/);
  expect(text).toMatch(/sft +66\.5 % +59\.7–72\.7 % +\+12\.5 +1:20/);
  expect(text).toMatch(/SFT \+ GRPO +● GRPO/);
  // An arm that the data has nothing for is told in the beginning, and is none.
  expect(text).not.toContain('none');
  // The panel is that of the stage at work.
  expect(text).toContain('step');
});

test('several seeds: a column for each, mean ± deviation, and the time left by the seeds that are done', () => {
  const state = stateOf(recordedSeeds([4, 7], 2).flat(), [4, 7]);
  const text = picture(state, 120, 40).join('\n');
  expect(text).toMatch(/^ medgr2 grid · model 3 of 3, seed 7 \(of 4, 7\) · ● running/);
  expect(text).toMatch(/model +seed 4 +seed 7 +mean ± sd +over base/);
  expect(text).toMatch(/base +54\.0 % +57\.0 % +55\.5 ± 2\.1 % +–/);
  expect(text).toMatch(/SFT \+ GRPO +79\.0 % +● GRPO +79\.0 % +\+25\.0/);
  // All of GRPO's steps are done, and its test took 20 s at the other seed.
  expect(timeLeft(state, state.lastEventAt ?? 0).run).toBe(20);
});

test('between two seeds the run goes on, and it ends with the last', () => {
  const [first = [], second = []] = recordedSeeds([4, 7]);
  expect(stateOf(first, [4, 7]).status).toBe('running');
  const whole = stateOf([...first, ...second], [4, 7]);
  expect(whole.status).toBe('complete');
  expect(picture(whole, 120, 40).join('\n')).toMatch(/SFT \+ GRPO +80\.5 % █+/);
  // Each seed worked for as long as it says, and none twice.
  expect(whole.earlierSeconds).toBe(460);
  // The same seeds once more find all of it done.
  const again = [...first, ...second, ...first.filter(({ type }) => type === 'run-start' || type === 'run-end')];
  expect(stateOf(again, [4, 7]).status).toBe('complete');
});

test('every size is filled and none overrun, with as many arms and seeds as there may be', () => {
  const seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const state = stateOf(recordedSeeds(seeds, 1).flat(), seeds);
  const { grid } = state;
  const many = Array.from({ length: 30 }, (_, index) => ({
    name: `m${index}`,
    label: `a model with a long name ${index}`,
  }));
  const large: ScreenState = { ...state, grid: grid === null ? null : { ...grid, arms: [...many, ...grid.arms] } };
  for (const [columns, rows] of [
    [20, 6],
    [40, 12],
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const)
    for (const shown of [state, large]) {
      const lines = picture(shown, columns, rows);
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
      // The one at work is in view.
      if (rows >= 24) expect(lines.join('\n')).toMatch(/● SFT/);
    }
});

test('the events of the seeds are read as one run, and status prints the grid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'medgr2-grid-'));
  try {
    const files = recordedSeeds([4, 7], 2);
    for (const [index, seed] of [4, 7].entries()) {
      mkdirSync(join(folder, `seed-${seed}`));
      const text = (files[index] ?? []).map((event) => `${JSON.stringify(event)}\n`).join('');
      writeFileSync(join(folder, `seed-${seed}`, 'events.jsonl'), text);
    }
    // One that has not begun.
    mkdirSync(join(folder, 'seed-9'));
    const reader = readSeedEvents(folder);
    expect((await reader.read()).events).toEqual(files.flat());
    await reader.close();
    const out: string[] = [];
    const io = {
      out: (text: string) => void out.push(text),
      error: () => {},
      env: {},
      signal: new AbortController().signal,
    };
    await statusCommand(folder, false, io);
    expect(out.at(-1)).toMatch(/model +seed 4 +seed 7 +seed 9 +mean ± sd +over base/);
    expect(out.at(-1)).toMatch(/sft +66\.5 % +69\.5 % +○ +68\.0 ± 2\.1 % +\+12\.5/);
    out.length = 0;
    await statusCommand(folder, true, io);
    expect(JSON.parse(out[1] ?? '')).toMatchObject({
      arms: [
        { name: 'base', status: 'done', accuracy: expect.closeTo(0.57) },
        { name: 'sft', status: 'done' },
        { name: 'SFT + GRPO', accuracy: null },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
