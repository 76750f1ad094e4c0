/** What a person sees of a recorded run: a picture for each stage, at three sizes, and the keys. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { render, cleanup } from 'ink-testing-library';
import { renderToString } from 'ink';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { StageName, TimedEvent } from '../../src/loop/run-events.js';
import type { Feed } from '../../src/tui/events/feed.js';
import { LineChart } from '../../src/tui/parts/line-chart.js';
import { GeneratePanel } from '../../src/tui/panels/generate-panel.js';
import { ImageView } from '../../src/tui/images/image-view.js';
import { lineTeller } from '../../src/tui/event-lines.js';
import { reduce } from '../../src/tui/state/reduce.js';
import { Screen, ScreenView, type ScreenViewProps } from '../../src/tui/screen.js';
import { modalities, questionTypes } from '../../src/sample.js';
import { initialState, type ScreenState } from '../../src/tui/state/screen-state.js';
import { stageWords, wordsOf } from '../../src/loop/stage-names.js';
import { writePictures } from '../helpers/pictures.js';
import { recordedRun, untilWithin } from './fixtures/recorded-run.js';

afterEach(cleanup);
// Drawing is quick; a machine with other work is not.
vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 60_000 };

function stateOf(events: readonly TimedEvent[]): ScreenState {
  const tell = lineTeller();
  // The time of day in the lines depends on where the test runs.
  return events.reduce(
    (state, event) => reduce(state, event, tell(event)?.replaceAll(/^\d\d:\d\d:\d\d/gm, '12:00:00') ?? null),
    initialState,
  );
}

const usual = { chosen: null, overlay: null, asked: null, gpus: [], color: false, owns: true, alive: true } as const;

function picture(
  events: readonly TimedEvent[],
  columns: number,
  rows: number,
  more: Partial<ScreenViewProps> = {},
): string {
  const now = Date.parse(events.at(-1)?.time ?? '') + 2000;
  return renderToString(<ScreenView {...usual} {...{ state: stateOf(events), now, columns, rows }} {...more} />, {
    columns,
  });
}

const shown: readonly [StageName, number][] = [
  ['prepare-data', 0],
  ['reward-model', 0],
  ['reward-report', 1],
  ['generate', 1],
  ['filter', 2],
  ['sft', 2],
  ['grpo', 2],
  ['evaluate-grpo', 2],
];

test('a generator that learns shows its own loss', () => {
  const learning = untilWithin(2, 'sft').map((event) =>
    'stage' in event && event.stage === 'sft' ? { ...event, stage: 'generator-sft' as const } : event,
  );
  const seen = picture(learning, 120, 40);
  expect(seen).toContain(stageWords['generator-sft'].name);
  expect(seen).toContain('loss of the generator, cycle 2');
  expect(seen).toMatch(/step\s+\d+ of \d+/);
});

describe.each([
  [80, 24],
  [120, 40],
])('at %d × %d', (columns, rows) => {
  test.each(shown)('%s of cycle %d', (stage, cycle) => {
    expect(picture(untilWithin(cycle, stage), columns, rows)).toMatchSnapshot();
  });

  test('the end', () => {
    expect(picture(recordedRun(), columns, rows)).toMatchSnapshot();
  });
});

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
  [40, 12],
  [20, 6],
])('a terminal of %d × %d is filled and never overrun', (columns, rows) => {
  for (const [stage, cycle] of shown)
    for (const overlay of [null, 'help', 'image'] as const) {
      const lines = picture(untilWithin(cycle, stage), columns, rows, { overlay }).split('\n');
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
});

test('an alarm stands beside the keys at every width, once however often it is told', () => {
  const events = untilWithin(1, 'sft');
  const time = events.at(-1)?.time ?? '';
  const alarm: TimedEvent = {
    type: 'alarm',
    guard: 'answerBias',
    cycle: 1,
    stage: 'filter',
    message: 'the generator gives option A in 100 % of 90 answers, where 30 % would be right',
    figures: { share: 1 },
    action: 'warn',
    time,
  };
  for (const [columns, rows] of [
    [40, 12],
    [80, 24],
    [120, 40],
  ] as const) {
    const lines = picture([...events, alarm, alarm], columns, rows).split('\n');
    expect(lines.at(-1)).toMatch(/⚠ answer bias in cycle 1 ·.* \? help$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  }
  expect(stateOf([...events, alarm, alarm]).alarms).toHaveLength(1);
  const refused: TimedEvent = {
    type: 'promotion',
    cycle: 1,
    what: 'policy',
    promoted: 'cycle-1/sft',
    refused: ['cycle-1/grpo'],
    reasons: ['worse'],
    time,
  };
  expect(picture([...events, alarm, refused], 120, 40)).toMatch(/⚠ promotion in cycle 1 and 1 more ·/);
  expect(stateOf([...events, { ...refused, refused: [] }]).alarms).toEqual([]);
});

test('the newcomer reads what happens, and the estimate owns up to what it does not know', () => {
  const early = picture(untilWithin(1, 'sft'), 120, 40);
  expect(early).toContain('The policy learns from the accepted samples.');
  expect(early).toContain('left ?');
  expect(picture(untilWithin(2, 'sft'), 120, 40)).toMatch(/left ≈ \d+:\d\d/);
});

test('the second line tells the story: base, now, how sure, and what SFT and GRPO did of it', () => {
  const second = (events: readonly TimedEvent[], columns = 120): string =>
    picture(events, columns, 40).split('\n')[1]?.trim() ?? '';
  expect(second(untilWithin(0, 'evaluate-base'))).toBe('The base is not measured yet.');
  expect(second(untilWithin(1, 'sft'))).toBe('base 54.0 % · 180 questions · no policy was trained yet');
  // Before it was compared there is no interval; the newest policy counts.
  expect(second(untilWithin(1, 'grpo'))).toBe(
    'base 54.0 → 58.0 % now +4.0 points · 180 questions · SFT +4.0 · cycle 1 SFT',
  );
  expect(second(recordedRun())).toBe(
    'base 54.0 → 64.0 % now +10.0 points (+7.0 to +13.0) · 180 questions · SFT +6.0, GRPO +4.0 · cycle 2 GRPO',
  );
  expect(second(recordedRun(), 60)).toBe('base 54.0 → 64.0 % now +10.0 points (+7.0 to +13.0)');
  const promotion: TimedEvent = {
    type: 'promotion',
    cycle: 2,
    what: 'policy',
    promoted: 'cycle-2/sft',
    refused: ['cycle-2/grpo'],
    reasons: [],
    time: recordedRun().at(-1)?.time ?? '',
  };
  expect(second([...recordedRun(), promotion])).toMatch(/60\.0 % now \+6\.0 points .* SFT \+6\.0 · cycle 2 SFT$/);
  // The base has a line of its own, and stands in no other's column.
  expect(picture(recordedRun(), 120, 40)).toMatch(/base {3}accuracy 54\.0 % before any training +\d+:\d\d/);
});

test('every modality and question type of an evaluation is there by its whole name, with its change', () => {
  const names = [...modalities.filter((name) => name !== 'unknown'), ...questionTypes];
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const)
    for (const events of [untilWithin(2, 'evaluate-grpo'), recordedRun()]) {
      const text = picture(events, columns, rows);
      for (const name of names) expect(text, text).toMatch(new RegExp(`${name} +\\d+ % .*[+−±]`));
    }
  expect(picture(untilWithin(2, 'sft'), 200, 60)).toMatch(
    /cycle 1 GRPO accuracy \d\d\.\d % \+\d\.\d points against base/,
  );
  // Where they do not fit, it says so.
  expect(picture(recordedRun(), 60, 16)).toMatch(/… \d more/);
});

test('at 80 columns no sentence about a stage is cut, and every reason for a drop is told', () => {
  for (const { about } of Object.values(stageWords)) expect(about.length).toBeLessThanOrEqual(76);
  // Panels that close up have no row of its own for it.
  for (const stage of ['grade', 'headroom'] as const) expect(stageWords[stage].about.length).toBeLessThanOrEqual(45);
  for (const [stage, cycle] of shown)
    expect(picture(untilWithin(cycle, stage), 80, 24)).toContain(wordsOf(stage).about);
  expect(picture(untilWithin(1, 'generate'), 80, 24)).toContain('21 not-json, 14 answer-not-in-options');
  expect(picture(recordedRun(), 80, 24, { chosen: 'reward model' })).toContain('held-out score by grade (cycle 1)');
});

test('scores land in the histogram around τ while candidates are scored, and the filter cuts what is there', () => {
  const before = untilWithin(2, 'score');
  const time = before.at(-1)?.time ?? '';
  const counts = Array.from({ length: 32 }, (_, bin) => (bin < 8 ? 5 : bin > 24 ? 10 : bin === 19 ? 4 : 0));
  const scores: TimedEvent = {
    type: 'job',
    cycle: 2,
    stage: 'score',
    job: 'a',
    event: { type: 'scores', counts },
    time,
  };
  const text = picture([...before, scores], 120, 40);
  expect(text).toMatch(/cycle +2[^]*scored so far +114[^]*threshold τ +3\.60[^]*above τ +70–74 \(61–65 %\)/);
  expect(picture([...before, scores], 80, 24)).toMatch(/61–65 %\) /);
  expect(text).toMatch(/│ +10 +│[^]*│ +-6 +score by R_φ +10 +/);
});

test('a candidate that was just scored stands beside the histogram, and its place below it', () => {
  const before = untilWithin(2, 'score');
  const [time, at] = [before.at(-1)?.time ?? '', { cycle: 2, stage: 'score' as const }];
  const counts = Array.from({ length: 32 }, () => 3);
  const scored = (score: number): TimedEvent[] => [
    ...before,
    { type: 'job', ...at, job: 'a', event: { type: 'scores', counts, newest: [{ id: 'a', score }] }, time },
    {
      type: 'scored',
      ...at,
      sample: { image: '0.png', modality: 'CT', questionType: 'lesion grading', question: 'How big?', answer: '2 cm' },
      score,
      time,
    },
  ];
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const) {
    const text = picture(scored(7.25), columns, rows);
    expect(text).toMatch(/▴ newest 7\.25 above τ/);
    expect(text).toMatch(/How big\?[^]*→ 2 cm/);
    expect(text).toMatch(/│ +τ +▴ /);
  }
  const below = picture(scored(-4), 120, 40);
  expect(below).toMatch(/▴ newest -4 below τ/);
  expect(below).toMatch(/│ +▴ +τ /);
  // A score beyond the grades lands in the last bin.
  expect(picture(scored(14.5), 120, 40)).toMatch(/▴ newest 14\.50 above τ/);
});

test('GRPO shows what was asked and its key beside the completion, with its image where there is room', async () => {
  const events = untilWithin(2, 'grpo');
  const sample = {
    image: '0.png',
    modality: 'CT',
    questionType: 'lesion grading',
    question: 'Where is it?',
    answer: 'left',
  };
  const asked: TimedEvent = { type: 'asked', cycle: 2, stage: 'grpo', sample, time: events.at(-1)?.time ?? '' };
  expect(picture([...events, asked], 80, 24)).toMatch(/answer upper left · key left/);
  expect(picture([...events, asked], 120, 40)).toMatch(/asked Where is it\? \(CT\).*\n.* think /);
  const dir = mkdtempSync(join(tmpdir(), 'medgr2-asked-'));
  await writePictures(dir, 1);
  const state = { ...stateOf([...events, asked]), runDir: dir };
  const screen = render(<ScreenView {...usual} {...{ state, now: 0, columns: 120, rows: 40 }} />);
  await vi.waitFor(() => expect(screen.lastFrame()).toMatch(/[░▒▓█]{4}.* +(asked|think|answer) /), patient);
  rmSync(dir, { recursive: true });
});

test('a curve of one height names it once, and no values that nothing has', () => {
  const chart = (points: readonly (readonly [number, number])[]): string =>
    renderToString(<LineChart title="loss" curves={[{ points }]} width={40} height={9} totalSteps={10} />);
  for (const points of [
    [[1, 0.148]],
    [
      [1, 0.148],
      [2, 0.148],
    ],
  ] as [number, number][][])
    expect(chart(points).match(/[\d.-]+(?=│)/g)).toEqual(['0.148']);
  expect(
    chart([
      [1, 0.148],
      [2, 0.1],
    ]).match(/[\d.-]+(?=│)/g),
  ).toEqual(['0.148', '0.100']);
});

test('τ stands under its line', () => {
  const lines = picture(untilWithin(2, 'filter'), 80, 24).split('\n');
  const under = lines.findIndex((line) => /^│ +τ +│$/.test(line));
  expect(under).toBeGreaterThan(0);
  expect(lines[under - 1]?.indexOf('│', 1)).toBe(lines[under]?.indexOf('τ'));
});

test('images that are being drawn show before the first stage starts', () => {
  const text = picture(recordedRun().slice(0, 2), 80, 24);
  expect(text).toContain('● data');
  expect(text).toContain('800 of 1390 images');
});

test('a narrow terminal keeps the time, the ring, the chart, the accuracies and the key to the help', () => {
  const lines = picture(untilWithin(1, 'sft'), 60, 20).split('\n');
  expect(lines[0]).toMatch(/cycle 1\/2 · ● running +\d+:\d\d · left \?$/);
  expect(lines.at(-1)).toContain('? help');
  expect(lines[3]).toMatch(/✓ → ✓ → ✓ → ● SFT → ○ → ○ → ○ ─+╮$/);
  expect(lines.find((line) => line.startsWith(' cycle '))).toMatch(/SFT +GRPO +time$/);
  const chart = lines.filter((line) => /^│ +[\d.]*│/.test(line));
  expect(chart.length).toBeGreaterThan(3);
  expect(chart.join('')).not.toContain('…');
});

test('the last line is true while the run is paused, and the help tells the loop in six lines', () => {
  const events = untilWithin(1, 'sft');
  const time = events.at(-1)?.time ?? '';
  const paused: TimedEvent = { type: 'pause', cycle: 1, stage: 'evaluate-sft', paused: true, time };
  const last = (more: Partial<ScreenViewProps>): string | undefined =>
    picture([...events, paused], 80, 24, more)
      .split('\n')
      .at(-1)
      ?.trim();
  expect(last({ asked: 'pause' })).toBe('paused, its time stands still · p goes on · q stops · ? help');
  expect(last({ owns: false })).toBe('paused by whoever runs it · q leave · ? help');
  expect(last({ asked: 'stop' })).toMatch(/^stopping/);
  const help = picture(events, 80, 24, { overlay: 'help' });
  for (const stage of ['generate', 'score, filter', 'SFT', 'GRPO', 'test', 'preferences'])
    expect(help).toMatch(new RegExp(`│ ${stage} +[a-zé]`));
  expect(help).not.toContain('…');
});

test('a help that has not the rows for all leaves out whole lines, the keys last', () => {
  const events = untilWithin(1, 'sft');
  const whole = picture(events, 60, 40, { overlay: 'help' }).split('\n');
  for (const rows of [24, 20, 16, 15, 12, 9]) {
    const lines = picture(events, 60, rows, { overlay: 'help' }).split('\n').slice(5);
    const inside = lines.filter((line) => line.startsWith('│') && line.replaceAll(/[│ ]/g, '') !== '');
    for (const line of inside) expect(whole).toContain(line);
    expect(inside.join('\n')).toContain('│ p  ');
    if (rows >= 15) expect(inside.join('\n')).toContain('│ ?  ');
  }
  // Before the first stage the panel tells the loop: likewise.
  const start = picture([], 60, 40).split('\n');
  for (const line of picture([], 60, 12).split('\n')) if (/^│ +\S/.test(line)) expect(start).toContain(line);
});

test('a run whose process is gone stands still and says so', () => {
  const text = picture(untilWithin(1, 'sft'), 100, 30, { alive: false });
  expect(text).toContain('process gone');
  expect(text).not.toContain('left');
});

test('an image is drawn in its own size and with its own question, also when the terminal or the sample changes', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'medgr2-image-'));
  await writePictures(dir, 2);
  const sample = (image: string) => ({
    image,
    modality: 'CT',
    questionType: 'lesion grading',
    question: `What is in ${image}?`,
    answer: 'a spot',
  });
  const view = (image: string, width: number, height: number) => (
    <ImageView sample={sample(image)} runDir={dir} {...{ width, height }} />
  );
  const screen = render(view('0.png', 80, 20));
  const lines = (): string[] => (screen.lastFrame() ?? '').split('\n');
  const drawn = (): number => lines().filter((line) => /[░▒▓█]/.test(line)).length;
  await vi.waitFor(() => expect(drawn()).toBeGreaterThan(4), patient);
  expect(lines().join('')).toContain('What is in 0.png? → a spot');
  screen.rerender(view('1.png', 40, 10));
  // The old picture is gone at once; the text stands whole above the new one.
  expect(drawn()).toBe(0);
  await vi.waitFor(() => expect(drawn()).toBeGreaterThan(2), patient);
  expect(lines()).toHaveLength(10);
  expect(lines()[1]).toMatch(/^│ CT, lesion grading · 1\.png +│$/);
  expect(lines()[2]).toContain('What is in 1.png? → a spot');
  screen.rerender(view('none.png', 40, 10));
  await vi.waitFor(() => expect(lines().join('')).toContain('cannot be shown'), patient);
  rmSync(dir, { recursive: true });
});

describe('keys', () => {
  const feedOf = (events: readonly TimedEvent[]): Feed => {
    const state = stateOf(events);
    const now = (): number => Date.parse(events.at(-1)?.time ?? '');
    return { state: () => state, now, subscribe: () => () => {}, caughtUp: Promise.resolve(), close: async () => {} };
  };
  /** A key that shows something is waited for by what it shows; one that does not has had time to. */
  const settle = async (frames: () => number, before: number): Promise<void> => {
    const until = performance.now() + 700;
    while (frames() === before && performance.now() < until) await sleep(5);
    await sleep(30);
  };

  async function press(owns: boolean, ...keys: string[]) {
    const calls: string[] = [];
    const run = {
      request: (request: string | null) => calls.push(`request ${request}`),
      stop: () => calls.push('stop'),
    };
    const actions = { leave: () => calls.push('leave'), ...(owns ? { run } : {}) };
    const screen = render(
      <Screen feed={feedOf(untilWithin(1, 'sft'))} actions={actions} color={false} gpu={false} isAlive={() => true} />,
    );
    // Keys are heard once the screen has been put up.
    await vi.waitFor(() => expect(screen.stdin.listenerCount('readable')).toBeGreaterThan(0), patient);
    for (const key of keys) {
      const before = screen.frames.length;
      screen.stdin.write(key);
      await settle(() => screen.frames.length, before);
    }
    return { calls, frame: screen.lastFrame() ?? '', screen };
  }

  test('p pauses and goes on, s stops after the stage and takes it back, q stops, twice', async () => {
    const { calls, frame } = await press(true, 'p', 'p', 's', 's', 'q', 'p', 'q');
    expect(calls).toEqual([
      'request pause',
      'request null',
      'request stop-after-stage',
      'request null',
      'stop',
      // A run that stops cannot be paused any more.
      'stop',
    ]);
    expect(frame).toContain('stopping');
  });

  test('keys that come as one text count one by one; a q held down stops once', async () => {
    expect((await press(true, 'pp')).calls).toEqual(['request pause', 'request null']);
    expect((await press(true, 'qqq')).calls).toEqual(['stop']);
  });

  test('an onlooker leaves with q and cannot touch the run', async () => {
    const { calls, frame } = await press(false, 'p', 's', 'q', '\u0003');
    expect(calls).toEqual(['leave', 'leave']);
    expect(frame).toContain('q leave');
  });

  test('tab goes through the panels, esc back to the stage at work, ? and i open and close', async () => {
    expect((await press(true, '\t')).frame).toContain('│ GRPO');
    expect((await press(true, '\t', '\u001b')).frame).toContain('The policy learns from the accepted samples.');
    expect((await press(true, '?')).frame).toContain('pause before the next stage');
    expect((await press(true, '?', '?')).frame).not.toContain('pause before the next stage');
    // As one text, the way a busy terminal hands them over: three panels on, one back.
    expect((await press(true, '\t\t\t\u001b[Z')).frame).toContain('│ evaluation');
    const image = await press(true, 'i');
    expect(image.frame).toContain('How large is the dark spot?');
    await vi.waitFor(() => expect(image.screen.lastFrame()).toContain('images/0001.png'), patient);
  });
});

test('a panel with little to say closes up, and the log has its rows', () => {
  const early = picture(untilWithin(0, 'prepare-data'), 120, 40).split('\n');
  expect(early).toHaveLength(40);
  expect(early.findIndex((line) => line.startsWith('╰─'))).toBeLessThan(12);
  expect(early.at(-1)).toContain('p pause');
  // Beside another panel it is as high as that.
  const wide = picture(untilWithin(1, 'sft'), 200, 60).split('\n');
  expect(wide.findIndex((line) => line.startsWith('╰─'))).toBeGreaterThan(30);
});

test('a test tells what the policy answered before any training, and what it answers now', () => {
  const sample = {
    image: 'a.png',
    modality: 'CT',
    questionType: 'lesion grading',
    question: 'How many foci?',
    answer: '3',
  };
  const whole = recordedRun();
  const at = whole.findIndex(
    (event) => event.type === 'stage-end' && event.stage === 'evaluate-grpo' && event.cycle === 2,
  );
  const items = [
    { sample, before: '2', now: '3', wasRight: false, isRight: true },
    { sample: { ...sample, answer: '1' }, before: '1', now: null, wasRight: true, isRight: false },
  ];
  const time = whole[at]?.time ?? '';
  const told = whole.toSpliced(at, 0, { type: 'answers', cycle: 2, stage: 'evaluate-grpo', items, time });
  const seen = picture(told, 120, 40);
  expect(seen).toContain('✓ 2 → 3 CT: How many foci?');
  expect(seen).toContain('✗ 1 → nothing read (key 1) CT: How many foci?');
  // Where there is no room, the figures stay.
  expect(picture(told, 80, 24)).not.toContain('How many foci?');
});

test('while samples come fast, one stays long enough to be read; the next one follows by itself', async () => {
  const { generating } = stateOf(untilWithin(1, 'generate'));
  const sample = { image: 'none.png', modality: 'CT', questionType: 'lesion grading', answer: 'mild' };
  const panel = (question: string) => {
    const newest = { ...sample, question };
    const state = { ...initialState, generating: generating === null ? null : { ...generating, newest } };
    return <GeneratePanel state={state} width={110} height={20} />;
  };
  const { rerender, lastFrame } = render(panel('first?'));
  await vi.waitFor(() => expect(lastFrame()).toContain('first?'), patient);
  // The first has been there since before the clock was looked at.
  rerender(panel('second?'));
  await vi.waitFor(() => expect(lastFrame()).toContain('second?'), patient);
  for (const question of ['third?', 'fourth?']) rerender(panel(question));
  expect(lastFrame()).toContain('second?');
  await vi.waitFor(() => expect(lastFrame()).toContain('fourth?'), patient);
});

test('at 80 columns a candidate stands beside the histogram while progress is told, whatever lines its texts have', () => {
  const before = untilWithin(2, 'score');
  const [time, at] = [before.at(-1)?.time ?? '', { cycle: 2, stage: 'score' as const }];
  const events = (question: string, answer: string, score: number): TimedEvent[] => [
    ...before,
    { type: 'job', ...at, job: 'a', event: { type: 'progress', done: 40, total: 96 }, time },
    { type: 'job', ...at, job: 'a', event: { type: 'scores', counts: Array.from({ length: 32 }, () => 3) }, time },
    {
      type: 'scored',
      ...at,
      sample: { image: '0.png', modality: 'CT', questionType: 'lesion grading', question, answer },
      score,
      time,
    },
  ];
  expect(picture(events('How big?', '2 cm', 3.6), 80, 24)).toMatch(/▴ newest 3\.60 below τ[^]*How big\?[^]*→ 2 cm/);
  const lines = Array.from({ length: 12 }, (_, line) => `line ${line}`).join('\n');
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [200, 25],
  ] as const)
    expect(picture(events(lines, lines, 7), columns, rows)).toMatch(/above τ +\d[^]*▴ newest 7 above τ/);
});

test('line ends in what a sample says push nothing out of any panel', () => {
  const lines = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n');
  const sample = { image: '0.png', modality: 'CT', questionType: 'lesion grading', question: lines, answer: lines };
  const generating = untilWithin(1, 'generate');
  const time = generating.at(-1)?.time ?? '';
  const progress: TimedEvent = {
    type: 'stage-progress',
    cycle: 1,
    stage: 'generate',
    done: 5,
    total: 9,
    detail: {},
    newest: sample,
    time,
  };
  expect(picture([...generating, progress], 120, 40)).toMatch(/line 0 line 1 [^]*dropped/);
  const grpo = untilWithin(2, 'grpo');
  const asked: TimedEvent = { type: 'asked', cycle: 2, stage: 'grpo', sample, time };
  expect(picture([...grpo, asked], 120, 40)).toMatch(/asked line 0 line 1 .*[^]* earns /);
  const item = { sample, before: lines, now: lines, wasRight: false, isRight: true };
  const answers: TimedEvent = { type: 'answers', cycle: 2, stage: 'evaluate-grpo', items: [item], time };
  expect(picture([...untilWithin(2, 'evaluate-grpo'), answers], 120, 40)).toMatch(/✓ line 0 line 1 [^]*p pause/);
});
