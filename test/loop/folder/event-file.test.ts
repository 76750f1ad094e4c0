/** Events are in the file before anyone is told, and a watcher that fails is no matter of the run. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEvents } from '../../../src/loop/folder/event-file.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'medgr2-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const fails = (): never => {
  throw new Error('the watcher fell asleep');
};
test.each([
  ['throws', fails],
  ['rejects', async () => fails()],
])('a watcher that %s is told of once, and the run goes on', async (_, onEvent) => {
  const file = join(folder, 'events.jsonl');
  const emit = openEvents(file, onEvent);
  for (const message of ['one', 'two', 'three']) {
    emit({ type: 'notice', message });
    await new Promise(setImmediate);
  }
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
  expect(messages).toEqual([
    'one',
    expect.stringMatching(/^onEvent failed, .*: the watcher fell asleep$/),
    'two',
    'three',
  ]);
});
