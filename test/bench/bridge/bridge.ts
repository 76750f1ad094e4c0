/**
 * `npm run bench:bridge`: what the bridge costs, in one run on one machine. Prints a Markdown table.
 * Options: --calls 500 --megabytes 10 --starts 3 --steps 60 --pairs 6 --threads 2 --out FILE --only line,shell,training.
 * A quick check: --calls 50 --megabytes 1 --starts 1 --steps 2 --pairs 1.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { benchLine } from './line.js';
import { benchPythonShell } from './python-shell.js';
import { table, type Line } from './stats.js';
import { benchTraining } from './training.js';

const { values } = scriptLine(import.meta.filename, {
  calls: { type: 'string', default: '500' },
  megabytes: { type: 'string', default: '10' },
  starts: { type: 'string', default: '3' },
  steps: { type: 'string', default: '60' },
  // Even, so that each side goes first as often.
  pairs: { type: 'string', default: '6' },
  threads: { type: 'string', default: String(os.availableParallelism()) },
  only: { type: 'string', default: 'line,shell,training' },
  out: { type: 'string' },
});
function count(name: 'calls' | 'megabytes' | 'starts' | 'steps' | 'pairs' | 'threads'): number {
  return Math.round(scriptNumber(import.meta.filename, `--${name}`, values[name], 1));
}
const parts = values.only.split(',');
const line = { calls: count('calls'), megabytes: count('megabytes') };
const training = { starts: count('starts'), steps: count('steps'), pairs: count('pairs'), threads: count('threads') };
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const python = await ensurePython();
const dir = mkdtempSync(path.join(os.tmpdir(), 'medgr2-bench-'));
const load = (): string => os.loadavg()[0]?.toFixed(1) ?? '?';
const before = load();
try {
  const lines: Line[] = [];
  if (parts.includes('line')) lines.push(...(await benchLine(python, line)));
  if (parts.includes('shell')) lines.push(...(await benchPythonShell(python, line)));
  if (parts.includes('training')) lines.push(...(await benchTraining({ python, dir }, training, tell)));
  const machine =
    `${os.availableParallelism()} cores (${os.cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}, ` +
    `load ${before} before and ${load()} after; in brackets the range.`;
  const text = `${machine}\n\n${table(lines)}`;
  process.stdout.write(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
