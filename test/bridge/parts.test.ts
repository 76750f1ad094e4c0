/** The bridge's small parts that need no Python. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { EventLog } from '../../src/bridge/jobs/job-event-log.js';
import { LineSplitter } from '../../src/bridge/process/line-splitter.js';
import { logTail } from '../../src/bridge/process/log-tail.js';
import { PipeTransport } from '../../src/bridge/process/pipe-transport.js';
import { BridgeError } from '../../src/errors.js';

test('lines are cut wherever the stream was', () => {
  const bytes = Buffer.from('{"a":"é"}\n\nsecond\nrest');
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
    expect(lines).toEqual(['{"a":"é"}', '', 'second']);
  }
});

test('a reader that is too slow hears how much it missed, and the log stays bounded', async () => {
  const log = new EventLog<number | string>(3, (count) => `missed ${count}`);
  for (let i = 0; i < 10; i++) log.push(i);
  log.end();
  const read: (number | string)[] = [];
  for await (const event of log) read.push(event);
  expect(read).toEqual(['missed 7', 7, 8, 9]);
});

test('a log tail shows the last lines, cut to size, of what a progress bar left', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'medgr2-test-'));
  const file = path.join(folder, 'job.log');
  await writeFile(file, `${'x'.repeat(200_000)}\nfirst\n10%\r50%\r100%\nlast\n`);
  expect(await logTail(file, { lines: 3 })).toBe('first\n100%\nlast');
  expect(await logTail(file, { from: 200_007 })).toBe('100%\nlast');
  await writeFile(file, 'y'.repeat(200_000));
  expect((await logTail(file))?.length).toBe(1000);
  expect(await logTail(path.join(folder, 'none'))).toBeUndefined();
  await rm(folder, { recursive: true });
});

test('a transport that fails settles what is pending, and says why', () => {
  const heard: unknown[] = [];
  const transport = new PipeTransport(new PassThrough(), () => {});
  transport.writeRaw('{}', 1, (message) => heard.push(message.key));
  transport.fail(new BridgeError('python-died', 'gone'));
  transport.fail(new BridgeError('engine-closed', 'too late'));
  expect(heard).toEqual(['string']);
  expect(transport.failure?.code).toBe('python-died');
});

test('a line that is no message is told as a fault, not thrown into the void', async () => {
  const stream = new PassThrough();
  const fault = new Promise<BridgeError>((resolve) => {
    // The transport lives by its stream.
    void new PipeTransport(stream, resolve);
  });
  stream.write('{"r": NaN}\n');
  expect((await fault).code).toBe('bridge-garbled');
});

test('a flood is taken in slices, in order, and whole before an end is told', async () => {
  const stream = new PassThrough();
  const transport = new PipeTransport(stream, (error) => expect.unreachable(error.message));
  const heard: number[] = [];
  transport.register('flood', (message) => {
    const until = performance.now() + 1;
    while (performance.now() < until); // work that takes its time
    heard.push(message.val as number);
  });
  const total = 100;
  stream.write(Array.from({ length: total }, (_, val) => `${JSON.stringify({ c: 'flood', val })}\n`).join(''));
  await expect.poll(() => heard.length, { interval: 1 }).toBeGreaterThan(0);
  const turns: number[] = [];
  while (heard.length < total / 2) {
    turns.push(heard.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(turns.length).toBeGreaterThan(1);
  transport.fail(new BridgeError('python-died', 'gone'));
  expect(heard).toEqual(Array.from({ length: total }, (_, index) => index));
});
