/**
 * `npm run bench:kill -- --kills 20 --requests 2000`: kill -9 at random moments, and what it cost; with `--mode gemini` or
 * `openai` in batches of 10 by that protocol, where nothing at all may be asked twice. Exits 1 if anything was lost.
 */
import { isDeepStrictEqual } from 'node:util';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';
import { killRepeatedly } from '../../generation/kills.js';

const { values } = scriptLine(import.meta.filename, {
  kills: { type: 'string', default: '20' },
  requests: { type: 'string', default: '2000' },
  seed: { type: 'string', default: '0' },
  latency: { type: 'string', default: '10' },
  mode: { type: 'string', default: 'single' },
});
const number = (name: Exclude<keyof typeof values, 'mode'>): number =>
  scriptNumber(import.meta.filename, `--${name}`, values[name]);
const requests = number('requests');
const mode = values.mode === 'gemini' || values.mode === 'openai' ? values.mode : 'single';
const outcome = await killRepeatedly({
  requests,
  kills: number('kills'),
  seed: number('seed'),
  latencyMs: number('latency'),
  mode,
  onKill: (kill, lost) => process.stderr.write(`kill ${kill}: ${lost} answered replies had not reached the cache\n`),
});
const lost = outcome.lost.reduce((sum, count) => sum + count, 0);
const same = isDeepStrictEqual(outcome.killed, outcome.undisturbed);
process.stdout.write(
  [
    `${requests} requests, ${values.kills} kills, ${mode === 'single' ? `concurrency ${outcome.concurrency}` : `batches as ${mode}`}`,
    `samples and drop reasons equal to an undisturbed run: ${same ? 'yes' : 'NO'}`,
    `requests answered: ${outcome.distinctAnswered}`,
    `asked again: ${outcome.repeatedAnswered}; ${mode === 'single' ? 'in flight' : 'answered and not yet collected'} at the kills: ` +
      `${lost} (at most ${Math.max(0, ...outcome.lost)} at one)`,
    '',
  ].join('\n'),
);
process.exitCode =
  same && outcome.distinctAnswered === requests && outcome.repeatedAnswered === (mode === 'single' ? lost : 0) ? 0 : 1;
