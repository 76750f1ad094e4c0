/**
 * What the screen costs: `npm run bench:screen -- [seconds at rest] [minutes replayed]`.
 * At rest: CPU time of a live screen whose run tells nothing, as a share of one core. Replay: a long recording (made here,
 * ten events a second) through the same screen at 100 times its pace; the heap after a garbage collection each second (what
 * is still held, not what lies about), and whether the end was seen.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldMiB } from '../../helpers/heap.js';
import { recordedRun, recorder } from '../../tui/fixtures/recorded-run.js';
import { openScreen, type Terminal } from '../../../src/tui/open-screen.js';
import { followFile, replayFile } from '../../../src/tui/events/event-sources.js';
import type { TimedEvent } from '../../../src/loop/run-events.js';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';

/** More than this from the first third of a replay to the last, and something is held that should not be. */
const mostGrowthMiB = 3;
const [restSeconds = 20, replayMinutes = 30] = scriptLine(import.meta.filename, {}, 2).positionals.map((text) =>
  scriptNumber(import.meta.filename, 'each value', text),
);
const folder = mkdtempSync(join(tmpdir(), 'medgr2-screen-'));
const file = join(folder, 'events.jsonl');
const write = (events: readonly TimedEvent[]): void =>
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));

/** A terminal of 120 × 40 that throws away what is written to it, and counts it. */
function terminal(): Terminal & { bytes: () => number } {
  let bytes = 0;
  const stdout = Object.assign(
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        done();
      },
    }),
    { isTTY: true, columns: 120, rows: 40, hasColors: () => true },
  );
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {}, ref: () => {}, unref: () => {} });
  return { stdin, stdout, bytes: () => bytes } as unknown as Terminal & { bytes: () => number };
}

const options = { actions: { leave: () => {} }, gpu: false, isAlive: () => true };

async function atRest(): Promise<void> {
  const events = recordedRun();
  write(
    events.slice(
      0,
      events.findLastIndex((event) => event.type === 'job'),
    ),
  );
  const screen = openScreen(terminal(), followFile(file), options);
  await screen.feed.caughtUp;
  await sleep(2000);
  const [before, started] = [process.cpuUsage(), performance.now()];
  await sleep(restSeconds * 1000);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1000 / (performance.now() - started);
  await screen.close();
  process.stdout.write(`at rest: ${(share * 100).toFixed(2)} % of one core over ${restSeconds} s\n`);
}

/** One GRPO of any length, ten events a second. */
function longRecording(minutes: number): TimedEvent[] {
  const { events, add } = recorder();
  const place = { cycle: 1, stage: 'grpo' } as const;
  add(0, { type: 'run-start', runDir: 'runs/long', seed: 0, cycles: 1, resumed: false, notice: '' });
  add(0, { type: 'stage-start', ...place, resumed: false });
  const steps = minutes * 600;
  const sample = recordedRun().find(
    (event) => event.type === 'job' && event.event.type === 'train-step' && event.event.grpo !== null,
  );
  if (sample?.type !== 'job' || sample.event.type !== 'train-step') throw new Error('the recording has no GRPO step');
  for (let step = 1; step <= steps; step++)
    add(0.1, { type: 'job', ...place, job: 'grpo', event: { ...sample.event, step, totalSteps: steps } });
  add(0, { type: 'run-end', status: 'complete', seconds: minutes * 60, error: null });
  return events;
}

async function replayed(): Promise<void> {
  write(longRecording(replayMinutes));
  const screen = openScreen(terminal(), replayFile(file, 100), options);
  const heaps: number[] = [];
  const started = performance.now();
  // A machine with other work may take longer than the recording.
  const until = started + replayMinutes * 6000 + 120_000;
  while (screen.feed.state().status !== 'complete' && performance.now() < until) {
    await sleep(1000);
    heaps.push(heldMiB());
  }
  const { status } = screen.feed.state();
  const seconds = (performance.now() - started) / 1000;
  await screen.close();
  const third = Math.floor(heaps.length / 3);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  if (mean(heaps.slice(-third)) - mean(heaps.slice(0, third)) > mostGrowthMiB) process.exitCode = 1;
  process.stdout.write(
    `replay of ${replayMinutes} min at 100×: took ${seconds.toFixed(1)} s, ended ${status}; heap ${mean(heaps.slice(0, third)).toFixed(1)} MiB in the first third, ${mean(heaps.slice(-third)).toFixed(1)} MiB in the last\n`,
  );
}

await atRest();
await replayed();
rmSync(folder, { recursive: true, force: true });
