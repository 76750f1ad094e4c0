/** The line itself: round trips, throughput, callbacks, and one generation batch of rewards. No model is loaded. */
import { openEngine } from '../../../src/bridge/jobs/open-engine.js';
import { answerRewards } from '../../../src/bridge/jobs/answer-rewards.js';
import { defineReward } from '../../../src/reward/define-reward.js';
import { sampleSchema } from '../../../src/sample.js';
import { makeSample } from '../../helpers/sample.js';
import { median, typical, type Line } from './stats.js';

const megabyte = 1_000_000;

export interface LineSizes {
  calls: number;
  /** Megabytes of each of three texts. */
  megabytes: number;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Milliseconds of `count` calls of `echo`, one after the other, after a few that do not count. */
export async function echoTimes(
  echo: (text: string) => Promise<unknown>,
  text: string,
  count: number,
): Promise<number[]> {
  const taken: number[] = [];
  for (let n = -Math.min(20, count); n < count; n++) {
    const time = await milliseconds(() => echo(text));
    if (n >= 0) taken.push(time);
  }
  return taken;
}

/** Megabytes per second there and back, both ways counted. */
export async function throughput(echo: (text: string) => Promise<unknown>, megabytes: number): Promise<number[]> {
  const text = 'x'.repeat(megabytes * megabyte);
  const times = await echoTimes(echo, text, 3);
  return times.map((time) => (2 * megabytes) / (time / 1000));
}

export async function benchLine(python: string, { calls, megabytes }: LineSizes): Promise<Line[]> {
  await using engine = await openEngine({ python, preload: false, pythonPath: [import.meta.dirname] });
  const echo = (text: string): Promise<string> => engine.echo(text);
  const trips = await echoTimes(echo, 'x', calls);
  const speed = await throughput(echo, megabytes);
  const asks = async (
    items: number,
    size: number,
    rewards: Parameters<typeof engine.startModule>[2],
  ): Promise<number[]> => {
    const result = await engine.startModule('bench_jobs', { count: calls, items, size }, rewards).result;
    return (result['milliseconds'] as number[]).slice(Math.min(20, calls - 1));
  };
  const callback = await asks(1, 1, { rewards: ({ items }) => ({ scores: { r: items.map(() => 1) } }) });
  const length = defineReward({ name: 'length', score: (batch) => batch.map(({ completion }) => completion.length) });
  const samples = Array.from({ length: 64 }, (_, n) => sampleSchema.parse(makeSample({ id: String(n) })));
  const batch = await asks(64, 1000, { rewards: answerRewards([length], samples) });
  return [
    { what: `round trip, ${calls} calls of 1 byte`, value: typical(trips, 3, 'ms'), note: '' },
    { what: 'callback: Python asks, TypeScript answers', value: typical(callback, 3, 'ms'), note: '' },
    {
      what: `text of ${megabytes} MB there and back`,
      value: `${median(speed).toFixed(0)} MB/s`,
      note: 'both ways counted',
    },
    { what: 'reward ask, 64 completions of 1 KB', value: typical(batch, 2, 'ms'), note: 'aim: under 2 ms' },
  ];
}
