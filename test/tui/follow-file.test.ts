/** Reading a run's events as they are written, and playing them back. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openFeed, type Source } from '../../src/tui/events/feed.js';
import { readEvents } from '../../src/tui/events/follow-file.js';
import { replayFile } from '../../src/tui/events/event-sources.js';
import type { TimedEvent } from '../../src/loop/run-events.js';
import { recordedRun } from './fixtures/recorded-run.js';

let file = '';
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'medgr2-follow-')), 'events.jsonl');
});
afterEach(() => rmSync(join(file, '..'), { recursive: true, force: true }));

const lines = (events: readonly object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const warning = (message: string): TimedEvent => ({ type: 'warning', time: '2026-01-01T00:00:00.000Z', message });

describe('a file that grows', () => {
  test('waits for it, takes whole lines only, and forgets a line that a kill tore', async () => {
    const reader = readEvents(file);
    expect(await reader.read()).toEqual({ events: [], more: false });
    const text = lines([warning('one'), warning('two')]);
    writeFileSync(file, text.slice(0, -5));
    expect((await reader.read()).events).toEqual([warning('one')]);
    appendFileSync(file, text.slice(-5));
    expect((await reader.read()).events).toEqual([warning('two')]);
    appendFileSync(file, '{"torn');
    await reader.read();
    truncateSync(file, text.length);
    await reader.read();
    appendFileSync(file, lines([warning('three')]));
    expect((await reader.read()).events).toEqual([warning('three')]);
    await reader.close();
  });

  test('names the file where a folder lies in its place', async () => {
    mkdirSync(file);
    const reader = readEvents(file);
    await expect(reader.read()).rejects.toMatchObject({ code: 'path-in-the-way', where: file });
    await reader.close();
  });

  test('leaves out what it cannot read, and says so', async () => {
    const unreadable: string[] = [];
    writeFileSync(
      file,
      `${lines([warning('one')])}{"type":"from-the-future","time":"x"}\nnot json\n${lines([warning('two')])}`,
    );
    const reader = readEvents(file, (line) => unreadable.push(line));
    expect((await reader.read()).events).toEqual([warning('one'), warning('two')]);
    expect(unreadable).toHaveLength(2);
    await reader.close();
  });

  test('a long file comes in parts, and all of it', async () => {
    const all = Array.from({ length: 5000 }, (_, index) => warning(`number ${index} – ${'x'.repeat(100)}`));
    writeFileSync(file, lines(all));
    const reader = readEvents(file);
    const read: TimedEvent[] = [];
    for (let more = true; more;) {
      const part = await reader.read();
      expect(part.events.length).toBeLessThan(4000);
      read.push(...part.events);
      ({ more } = part);
    }
    expect(read).toEqual(all);
    await reader.close();
  });
});

describe('replay', () => {
  test('gives each event when its time has come, and the end', async () => {
    const events = recordedRun();
    writeFileSync(file, lines(events));
    let clock = 5;
    const source = replayFile(file, 100, () => clock);
    const first = await source.read();
    expect(first.events).toEqual(events.filter((event) => event.time === events[0]?.time));
    const from = Date.parse(events[0]?.time ?? '');
    const until = from + 60_000;
    clock += 600;
    expect(source.now()).toBe(until);
    const minute = await source.read();
    expect(source.atEnd()).toBe(false);
    expect([...first.events, ...minute.events]).toEqual(events.filter((event) => Date.parse(event.time) <= until));
    clock += 1e9;
    const rest = await source.read();
    expect(rest).toMatchObject({ ended: true });
    expect(rest.events.at(-1)).toMatchObject({ type: 'run-end', status: 'complete' });
    // A run that was killed told no end: then nothing goes on.
    expect(source.atEnd()).toBe(true);
    await source.close();
  });

  test('a machine that cannot keep the pace gets the events in parts, and all of them', async () => {
    const all = Array.from({ length: 1800 }, (_, second): TimedEvent => ({
      ...warning(`second ${second}`),
      time: new Date(second * 1000).toISOString(),
    }));
    writeFileSync(file, lines(all));
    // Each look at the clock finds ten minutes gone: more than can be shown in the meantime.
    let clock = 0;
    const source = replayFile(file, 100, () => (clock += 6000));
    const parts: (readonly TimedEvent[])[] = [];
    for (let [ended, turns] = [false, 0]; !ended && turns < 100; turns++) {
      const read = await source.read();
      parts.push(read.events);
      ended = read.ended === true;
    }
    expect(parts.length).toBeGreaterThan(3);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(500);
    expect(parts.flat()).toEqual(all);
    await source.close();
  });

  test('leaves out the time between two attempts', async () => {
    const begin = { type: 'run-start', runDir: 'r', seed: 0, cycles: 1, resumed: false, notice: '' };
    writeFileSync(
      file,
      lines([
        { ...begin, time: '2026-01-01T00:00:00Z' },
        { ...begin, time: '2026-01-05T00:00:00Z' },
      ]),
    );
    const source = replayFile(file, 1, () => 0);
    expect((await source.read()).events).toHaveLength(2);
    expect(source.now()).toBe(Date.parse('2026-01-05T00:00:00Z'));
    await source.close();
  });
});

test('the feed tells once for many events, and nothing where nothing came', async () => {
  const parts = [recordedRun().slice(0, 50), [], recordedRun().slice(50)];
  let told = 0;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const source: Source = {
    read: async () => {
      const events = parts.shift();
      if (parts.length === 0) setTimeout(resolve, 50);
      return { events: events ?? [], more: false, ended: parts.length === 0 };
    },
    now: () => 0,
    close: async () => {},
  };
  const feed = openFeed(source);
  feed.subscribe(() => told++);
  await over;
  expect(told).toBe(2);
  expect(feed.state().status).toBe('complete');
  await feed.close();
});
