/** Event sinks that fail, are slow or hang: told in time, never waited for, and what they missed is told later. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openEvents } from '../../../src/loop/folder/event-file.js';
import { openSinks } from '../../../src/loop/parts/event-sinks.js';
import type { EventSink } from '../../../src/loop/parts/loop-parts.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';

let dir: string;
let warned: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-sinks-'));
  warned = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warned.push(String(message)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

/** An attempt at a run: its events go to the file, then to sinks. */
function attempt(sinks: readonly EventSink[]) {
  const told: string[] = [];
  const files = { events: join(dir, 'events.jsonl'), positions: join(dir, 'sinks.json') };
  const open = openSinks(sinks, files, (message) => told.push(message));
  const emit = openEvents(files.events, open.tell);
  const say = (...messages: string[]): void => messages.forEach((message) => emit({ type: 'warning', message }));
  return { say, told, close: () => open[Symbol.asyncDispose]() };
}

const messageOf = (event: TimedEvent): string => ('message' in event ? event.message : event.type);

/** Hears at once, but for the event at which it waits for `answer`. */
function sinkThat(stopsAt: string) {
  const heard: string[] = [];
  const answer = Promise.withResolvers<void>();
  const event = async (one: TimedEvent): Promise<void> => {
    if (messageOf(one) === stopsAt) await answer.promise;
    heard.push(messageOf(one));
  };
  const sink: EventSink = { name: 'mine', version: '1', event, close: () => void heard.push('closed') };
  return { sink, heard, answer };
}

test('one that fails is told once and left out; the others hear all, in order', async () => {
  const { sink, heard, answer } = sinkThat('a');
  const failing = (): never => {
    throw new Error('boom');
  };
  const { say, told, close } = attempt([{ name: 'broken', version: '1', event: failing }, sink]);
  say('a', 'b');
  setImmediate(answer.resolve);
  await close();
  expect(told).toEqual(['the event sink "broken" failed and hears no more: boom']);
  expect(heard).toEqual(['a', 'b', 'closed']);
});

test('one that hangs is told within a minute; when it answers it hears the rest, however much that is', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { sink, heard, answer } = sinkThat('b');
  const { say, told, close } = attempt([sink]);
  say('a', 'b');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([expect.stringMatching(/^the event sink "mine" has not taken an event \(warning\) for 60 s: /)]);
  const many = Array.from({ length: 1500 }, (_, at) => `more\u2028 ${at}`);
  say(...many); // more than is held for it
  answer.resolve();
  await close();
  expect(heard).toEqual(['a', 'b', ...many, 'closed']);
  expect(told).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(dir, 'sinks.json'), 'utf8'))).toEqual({});
});

test('one that hangs to the end is given up there, and the next attempt tells it what it missed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const first = sinkThat('b');
  const run = attempt([first.sink]);
  run.say('a', 'b', 'c');
  const closing = run.close();
  await vi.advanceTimersByTimeAsync(30_000);
  await closing;
  expect(warned).toEqual([
    expect.stringMatching(/"mine" did not close: .* 30 s; what it has not heard is told when the same command/),
  ]);
  first.answer.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(first.heard).toEqual(['a', 'b']); // no more once it was given up
  const second = sinkThat('none');
  const again = attempt([second.sink]);
  again.say('d');
  await again.close();
  expect(second.heard).toEqual(['b', 'c', 'd', 'closed']);
  const third = sinkThat('none');
  const last = attempt([third.sink]);
  last.say('e');
  await last.close();
  expect(third.heard).toEqual(['e', 'closed']);
});

test('those that keep up leave nothing behind', async () => {
  const { sink, heard } = sinkThat('none');
  const { say, close } = attempt([sink]);
  say('a', 'b');
  await close();
  expect(heard).toEqual(['a', 'b', 'closed']);
  expect(existsSync(join(dir, 'sinks.json'))).toBe(false);
});
