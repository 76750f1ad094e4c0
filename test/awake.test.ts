/** Limits that count time awake: a process that was stopped has not been late. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { afterAwake, awakePart, sleepAwake } from '../src/awake.js';

describe('a limit', () => {
  test('is kept to the millisecond or so where nothing freezes', async () => {
    for (const milliseconds of [1, 30, 250]) {
      const started = performance.now();
      await sleepAwake(milliseconds);
      expect(performance.now() - started).toBeGreaterThanOrEqual(milliseconds - 1.5);
    }
  });

  test('can be taken back, by hand or by a signal', async () => {
    let called = 0;
    afterAwake(5, () => called++).cancel();
    const stop = new AbortController();
    const asleep = sleepAwake(60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(asleep).rejects.toThrow('enough');
    await expect(sleepAwake(1, stop.signal)).rejects.toThrow('enough');
    await sleep(30);
    expect(called).toBe(0);
  });

  test('counts a late look, and not a frozen one', () => {
    expect(awakePart(1_400, 1_000)).toBe(1_400);
    expect(awakePart(135_000, 1_000)).toBe(1_000);
    expect(awakePart(4_000, 10)).toBe(10);
  });

  test.skipIf(process.platform === 'win32')('does not run while the process is stopped', async () => {
    const code = `
      import { afterAwake } from './src/awake.ts';
      const started = performance.now();
      afterAwake(1500, () => console.log(performance.now() - started));
      setTimeout(() => console.log('ready'), 100);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line !== 'ready') continue;
      child.kill('SIGSTOP');
      await sleep(3000);
      child.kill('SIGCONT');
    }
    // The wall alone would have it over as soon as the process goes on; a busy machine only makes it later.
    expect(lines[0]).toBe('ready');
    expect(Number(lines[1])).toBeGreaterThan(3900);
  });
});
