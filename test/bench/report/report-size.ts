/**
 * What the report of a large cycle costs: `npm run bench:report-size -- RUN [ROWS]`. A finished run is copied without its
 * weights, the candidates of its last cycle are repeated up to ROWS (50,000), and the report with all its pages is written.
 * Printed: seconds, CPU seconds, peak memory, bytes. A demo's folder will do: `npm run demo` writes runs/demo-0.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSamples, writeSamples } from '../../../src/dataset/tables/sample-table.js';
import { readParquet, writeParquet } from '../../../src/dataset/tables/table.js';
import { formatBytes, formatTable } from '../../../src/format.js';
import { writeReport } from '../../../src/report/write-report.js';
import type { Sample } from '../../../src/sample.js';
import { refuse, scriptLine, scriptNumber } from '../../../src/script-line.js';

const [run, rowsText = '50000'] = scriptLine(import.meta.filename, {}, 2).positionals;
if (run === undefined) refuse(import.meta.filename, 'a finished run is needed');
const rows = scriptNumber(import.meta.filename, 'ROWS', rowsText, 1);
if (!existsSync(join(run, 'ledger.jsonl'))) refuse(import.meta.filename, `${run} holds no run`);

const folder = mkdtempSync(join(tmpdir(), 'medgr2-report-size-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const copy = join(folder, 'run');
cpSync(run, copy, {
  recursive: true,
  filter: (file) => !/\.(safetensors|pt|bin)$|checkpoint-\d+|report-pages/.test(file),
});

const cycle = readdirSync(copy)
  .flatMap((name) => /^cycle-(\d+)$/.exec(name)?.[1] ?? [])
  .reduce((most, number) => Math.max(most, Number(number)), 0);
if (cycle === 0) refuse(import.meta.filename, `${run} has no cycle`);
const file = (stage: string, name: string): string => join(copy, `cycle-${cycle}`, stage, name);
const scored = await readSamples(file('score', 'scored.parquet'));
const times = Math.ceil(rows / scored.length);
const decisions = await readParquet<{ id: string }>(file('filter', 'decisions.parquet'));
const accepted = await readSamples(file('filter', 'accepted.parquet'));

function* repeated<T extends { id: string }>(items: readonly T[]): Generator<T> {
  for (let turn = 0; turn < times; turn++) for (const item of items) yield { ...item, id: `${item.id}-${turn}` };
}
const columns = { id: 'VARCHAR', score: 'DOUBLE', decision: 'VARCHAR', correct: 'BOOLEAN' } as const;
await writeSamples(file('score', 'scored.parquet'), repeated<Sample>(scored));
await writeSamples(file('filter', 'accepted.parquet'), repeated<Sample>(accepted));
await writeParquet(file('filter', 'decisions.parquet'), repeated(decisions), columns);

const [began, cpu] = [performance.now(), process.cpuUsage()];
const written = await writeReport([copy]);
const used = process.cpuUsage(cpu);
const pages = join(copy, 'report-pages');
const sizes = readdirSync(pages).map((name) => statSync(join(pages, name)).size);
process.stdout.write(
  `${formatTable([
    ['candidates of the last cycle', String(times * scored.length)],
    ['accepted', String(times * accepted.length)],
    ['seconds', ((performance.now() - began) / 1000).toFixed(1)],
    ['seconds of CPU', ((used.user + used.system) / 1e6).toFixed(1)],
    ['peak memory', formatBytes(process.resourceUsage().maxRSS * 1024)],
    ['the page', formatBytes(statSync(written.file).size)],
    [`${sizes.length} pages beside it`, formatBytes(sizes.reduce((sum, size) => sum + size, 0))],
  ])}\n`,
);
