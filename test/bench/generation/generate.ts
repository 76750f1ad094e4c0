/**
 * `npm run bench:generate`: requests a second and peak memory of generations against a loopback server with log-normal
 * latency: as fast as the concurrency allows, at a provider's stated limit (4,000 a minute is taken for Gemini 2.5 Flash-Lite's
 * first paid tier), with faults, and ten times as many; with --compare also the Python tools distilabel and curator, installed
 * once. Beside that nothing leaves the machine. --modes: one by one against batches, by 1 and 5 questions a request; with
 * --compare also theirs. About 17 minutes, with --compare 23. Options: --requests 5000 --many 50000
 * --concurrency 64 --requests-per-minute 4000 --faults 0.05 (of each kind) --client openai|gemini|inline (no server, for
 * memory alone) --image-bytes 100000 --heap 0 (megabytes that V8's heap may take in the client; 0 leaves it to V8)
 * --median 800 --sigma 0.5 --timeout 10 --compare; 0 leaves a pass out. A quick check: --requests 500 --many 1000
 * --requests-per-minute 1000. Exits 1 if a task was lost.
 */
import { scriptLine, scriptNumber } from '../../../src/script-line.js';
import { formatSeconds, formatTable } from '../../../src/format.js';
import { reasonOf, tools } from '../compare/tools.js';
import { modeTable } from './generate-modes.js';
import { comparePass, ownPass, type Measured, type Setting } from './generate-measure.js';

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values } = scriptLine(import.meta.filename, {
  requests: text('5000'),
  many: text('50000'),
  concurrency: text('64'),
  'requests-per-minute': text('4000'),
  faults: text('0.05'),
  client: text('openai'),
  'image-bytes': text('100000'),
  median: text('800'),
  sigma: text('0.5'),
  timeout: text('10'),
  heap: text('0'),
  price: text('gemini/gemini-2.5-flash-lite'),
  modes: { type: 'boolean', default: false },
  compare: { type: 'boolean', default: false },
});
function number(name: Exclude<keyof typeof values, 'client' | 'compare' | 'modes' | 'price'>): number {
  return scriptNumber(import.meta.filename, `--${name}`, values[name]);
}
if (values.compare && values.client !== 'openai') {
  process.stderr.write('--compare is over the protocol that all speak: leave --client out\n');
  process.exit(2);
}
const [requests, many, perMinute, each] = [
  number('requests'),
  number('many'),
  number('requests-per-minute'),
  number('faults'),
];
const setting: Setting = {
  requests,
  concurrency: number('concurrency'),
  latency: { median: number('median'), sigma: number('sigma') },
  client: values.client === 'gemini' || values.client === 'inline' ? values.client : 'openai',
  imageBytes: number('image-bytes'),
  timeoutMs: number('timeout') * 1000,
  requestsPerMinute: null,
  faults: {},
  mode: 'interactive',
  questions: 1,
  heapMegabytes: number('heap') || null,
};
const meanSeconds = (setting.latency.median * Math.exp(setting.latency.sigma ** 2 / 2)) / 1000;
const fastest = setting.concurrency / meanSeconds;

const rows: string[][] = [
  ['', 'requests', 'seconds', 'requests/s', 'of the ideal', 'peak MB', 'tried again', 'samples', 'dropped', 'lost'],
];
const notes: string[] = [];
let lostAny = false;
function add(name: string, found: Measured, ideal: number): Measured {
  const { asked, seconds, answered, peakMegabytes, own } = found;
  const rate = answered / seconds;
  const numbers = [String(asked), seconds.toFixed(1), rate.toFixed(1), (rate / ideal).toFixed(2)];
  const ends = own === null ? ['', '', ''] : [own.retries, own.samples, own.dropped].map(String);
  const lost = own === null ? asked - answered : asked - own.samples - own.dropped;
  rows.push([name, ...numbers, peakMegabytes.toFixed(0), ...ends, String(lost)]);
  if (own !== null && own.dropped > 0) notes.push(`${name}: dropped ${own.reasons}`);
  lostAny ||= own !== null && lost > 0;
  return found;
}
const tell = (name: string, count: number, ideal: number): void =>
  void process.stderr.write(`${name}: ${count} requests, ${formatSeconds(count / ideal)} at the least\n`);

tell('medgr2', requests, fastest);
const clean = add('medgr2', await ownPass(setting), fastest);
if (perMinute > 0) {
  const [name, ideal] = [`medgr2, at most ${perMinute} a minute`, Math.min(fastest, perMinute / 60)];
  tell(name, requests, ideal);
  add(name, await ownPass({ ...setting, requestsPerMinute: perMinute }), ideal);
}
if (each > 0) {
  const name = `medgr2, ${100 * each} % of each fault`;
  const faults = { overloaded: each, failing: each, stalled: each, malformed: each, blocked: each };
  tell(name, requests, fastest);
  add(name, await ownPass({ ...setting, faults }), fastest);
}
if (many > 0) {
  tell('medgr2', many, fastest);
  const found = add('medgr2', await ownPass({ ...setting, requests: many }), fastest);
  const more = found.peakMegabytes / clean.peakMegabytes - 1;
  notes.push(
    `peak memory at ${many} requests against ${requests}: ${more < 0 ? '' : '+'}${(100 * more).toFixed(0)} %, ` +
      `${(((found.peakMegabytes - clean.peakMegabytes) * 1024) / (many - requests)).toFixed(2)} KB for each further one`,
  );
}
const limitSeconds = 120 + (10 * requests) / fastest;
if (values.modes) {
  const others = values.compare ? tools : [];
  notes.push(formatTable(await modeTable(setting, values.price, { others, limitSeconds })));
}
for (const tool of values.compare ? tools : []) {
  tell(tool, requests, fastest);
  try {
    const found = add(tool, await comparePass(tool, setting, limitSeconds), fastest);
    const ratio = clean.answered / clean.seconds / (found.answered / found.seconds);
    notes.push(`medgr2's requests/s are ${ratio.toFixed(2)} times ${tool}'s`);
  } catch (thrown) {
    notes.push(`${tool} could not be measured: ${reasonOf(thrown)}`);
  }
}
process.stdout.write(
  `${setting.client === 'gemini' ? "Gemini's protocol" : 'chat completions'}, concurrency ${setting.concurrency}, images of ` +
    `${setting.imageBytes} bytes, latency log-normal with median ${setting.latency.median} ms and mean ` +
    `${(1000 * meanSeconds).toFixed(0)} ms; ideal ${fastest.toFixed(1)}/s; faults: 429 or 503, 500, stall (cut after ` +
    `${values.timeout} s), malformed, blocked\n\n${formatTable(rows)}\n\n${notes.join('\n')}\n`,
);
process.exitCode = lostAny ? 1 : 0;
