/** `npm run bench:kill -- --kills 20 --requests 2000`: kill -9 at random moments, and what it cost. Exits 1 if anything was lost. */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { killRepeatedly } from '../generation/kills.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    requests: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '0' },
    latency: { type: 'string', default: '10' },
  },
});
const requests = Number(values.requests);
const outcome = await killRepeatedly({
  requests,
  kills: Number(values.kills),
  seed: Number(values.seed),
  latencyMs: Number(values.latency),
  onKill: (kill, lost) => process.stderr.write(`kill ${kill}: ${lost} answered replies had not reached the cache\n`),
});
const lost = outcome.lost.reduce((sum, count) => sum + count, 0);
const same = isDeepStrictEqual(outcome.killed, outcome.undisturbed);
process.stdout.write(
  [
    `${requests} requests, ${values.kills} kills, concurrency ${outcome.concurrency}`,
    `samples and drop reasons equal to an undisturbed run: ${same ? 'yes' : 'NO'}`,
    `requests answered: ${outcome.distinctAnswered}`,
    `asked again: ${outcome.repeatedAnswered}; in flight at the kills: ${lost} (at most ${Math.max(0, ...outcome.lost)} at one)`,
    '',
  ].join('\n'),
);
process.exitCode = same && outcome.distinctAnswered === requests && outcome.repeatedAnswered === lost ? 0 : 1;
