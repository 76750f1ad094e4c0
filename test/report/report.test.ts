/** The report page: whole, self-contained, escaped, equal to result.json, and honest about runs that did not end. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readParquet } from '../../src/dataset/tables/table.js';
import type { Prediction } from '../../src/evaluation/answer-questions.js';
import { readSamples, writeSamples } from '../../src/dataset/tables/sample-table.js';
import { runResultSchema, type RunResult } from '../../src/loop/result/run-result.js';
import { reportCommand } from '../../src/cli/commands/report-command.js';
import { exportCommand } from '../../src/cli/dataset-commands/export-command.js';
import { writeReport } from '../../src/report/write-report.js';
import { plain, reaching, tableNamed } from './page-parts.js';
import { addTrainSteps, recordRun } from './recorded-run.js';

// Each page has some twenty drawings; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 });

const hostile = '<script>alert("1")</script><img src=x onerror=alert(2)> & \'q\' {{x}}';

let root = '';
let runDir = '';
let result: RunResult;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'medgr2-report-'));
  runDir = join(root, 'first');
  await recordRun(runDir);
  addTrainSteps(runDir, [0.25, 0.5, 0.75]);
  result = runResultSchema.parse(JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')));
}, 240_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const pageOf = async (folders: string[], options = {}): Promise<string> => {
  const { file } = await writeReport(folders, { out: join(root, 'page.html'), ...options });
  return readFileSync(file, 'utf8');
};
/** A copy of the run, changed. */
const copied = (name: string, change: (dir: string) => void): string => {
  const dir = join(root, name);
  cpSync(runDir, dir, { recursive: true });
  change(dir);
  return dir;
};
const rewrite = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')));
const percent = (share: number | null): string => `${(100 * (share ?? Number.NaN)).toFixed(1)} %`;

test('a report of any name and its pages lead to each other', async () => {
  const { file } = await writeReport([runDir], { out: join(root, 're port#1 %41?.html') });
  const hrefs = [...readFileSync(file, 'utf8').matchAll(/<a href="([^"#]*-pages[^"]*)"/g)].map(([, href = '']) => href);
  expect(hrefs.length).toBeGreaterThan(1);
  for (const href of hrefs) {
    const page = fileURLToPath(new URL(href, pathToFileURL(file)));
    const back = /<a href="([^"]*)">the report/.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
    expect(fileURLToPath(new URL(back, pathToFileURL(page)))).toBe(file);
  }
});

test.each(['', 'folder', '/dev/null'])('what is no file is refused before anything is written: %j', async (out) => {
  const folder = join(root, 'folder');
  mkdirSync(folder, { recursive: true });
  const before = readdirSync(root);
  const given = out === 'folder' ? folder : out;
  await expect(writeReport([runDir], { out: given })).rejects.toMatchObject({ code: 'path-kind', exitCode: 2 });
  expect(readdirSync(root)).toEqual(before);
  expect(statSync('/dev/null').isFile()).toBe(false);
});

test.each(['{}', '{"gpus":"none","python":3}'])(
  'an environment.json that says %s is told, and the page is made',
  async (text) => {
    const dir = copied('odd-environment', (copy) => writeFileSync(join(copy, 'environment.json'), text));
    expect(plain(await pageOf([dir]))).toContain('environment.json cannot be read');
    rmSync(dir, { recursive: true });
  },
);

describe('a page of a finished run', () => {
  test('stands alone: nothing is loaded, nothing runs, every id is there once', async () => {
    const page = await pageOf([runDir]);
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|<iframe|@import|url\((?!#texture-)|http:|https:/i);
    expect(
      reaching(page).filter((value) => !/^(src=data:image\/webp;base64,|href=#|href=page-pages\/)/.test(value)),
    ).toEqual([]);
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
    for (const title of [
      'The loop at a glance',
      'What these figures may not claim',
      'Accuracy of the policy',
      'Scores and the filter',
      'Calibration of the reward model',
      'Learning curves',
      'Cost and time',
      'Samples',
      'Made with',
    ])
      expect(page).toContain(`>${title}</h2>`);
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test('says what result.json says', async () => {
    const page = await pageOf([runDir]);
    const [cycle] = result.cycles;
    if (cycle === undefined) throw new Error('the recorded run has no cycle');
    const { rows } = tableNamed(page, 'Cycles of first');
    expect(rows[0]?.[0]).toContain(`base: ${percent(result.baseAccuracy)}`);
    expect(rows[0]?.slice(1, -1).join('')).toBe('');
    const [, candidates, accepted, before, after, tau, spearman, sft, grpo] = rows[1] ?? [];
    expect([candidates, accepted, before, after]).toEqual([
      String(cycle.candidates),
      String(cycle.accepted),
      percent(cycle.rawPrecision),
      percent(cycle.acceptedPrecision),
    ]);
    expect(tau).toBe(cycle.tau.toFixed(2));
    expect(spearman?.replace('\u2212', '-')).toBe(cycle.rewardModel.spearman?.toFixed(2));
    expect(sft).toMatch(new RegExp(`^${percent(cycle.accuracy.sft)} \\([\\d.]+ to [\\d.]+\\)$`));
    expect(grpo?.startsWith(percent(cycle.accuracy.grpo))).toBe(true);
    const byModality = tableNamed(page, 'Accuracy per modality').rows;
    expect(Object.fromEntries(byModality.map(([name, , , , value]) => [name, value?.split(' (')[0]]))).toEqual(
      Object.fromEntries(Object.entries(cycle.accuracyByModality.grpo).map(([name, value]) => [name, percent(value)])),
    );
    expect(plain(page)).toContain(result.notice);
  });

  test('a table is no neighbour of a chart, where it would have no width', async () => {
    expect(await pageOf([runDir])).toMatch(
      /<\/figure>\s*<\/div>\s*<div[^>]*aria-label="Requests and tokens of first, table"/,
    );
  });

  test('the cost of replies names its currency, and says where none was kept', async () => {
    const head = async (dir: string, name: string) =>
      tableNamed(await pageOf([dir]), `Requests and tokens of ${name}`).head;
    expect(await head(runDir, 'first')).toContain('cost of replies, USD');
    const older = copied('older', (folder) =>
      rewrite(join(folder, 'ledger.jsonl'), (text) => text.replaceAll(',"currency":"USD"', '')),
    );
    expect(await head(older, 'older')).toContain('cost of replies, currency not recorded');
  });

  test('draws learning curves, a step that was done again once', async () => {
    const dir = copied('resumed', (folder) => addTrainSteps(folder, [0.3]));
    const { rows } = tableNamed(await pageOf([dir]), 'GRPO: mean reward');
    expect(rows).toEqual([['1', '1', '0.300', '3', '0.750', '0.300', '0.750']]);
  });

  test('shows samples with their images, and leaves images out when told', async () => {
    const page = await pageOf([runDir]);
    const [sample] = await readSamples(join(runDir, 'cycle-1/score/scored.parquet'));
    expect(plain(page)).toContain(sample?.question);
    expect(page.match(/<img\s/g)?.length).toBeGreaterThan(2);
    expect(await pageOf([runDir], { images: false })).not.toMatch(/<img\s/);
  });

  test('opens with the answer, and shows each test question that is wrong or changed sides', async () => {
    const page = await pageOf([runDir]);
    const [base, now] = [result.baseAccuracy, result.cycles.at(-1)?.accuracy.grpo ?? null];
    const opening = plain(page.slice(page.indexOf('class="opening"'), page.indexOf('<nav')));
    expect(opening).toContain(`from ${percent(base)} (base) to ${percent(now)} (cycle 1, GRPO)`);
    expect(opening).toMatch(/24 held-out questions .*\d+ became right and \d+ became wrong; data: phantoms/);
    const unread = result.cycles.at(-1)?.unparsed.grpo ?? 0;
    expect(/in \d+ of its 24 replies no answer could be read/.test(opening)).toBe(unread >= 3);
    const read = async (stage: string) => readParquet<Prediction>(join(runDir, stage, 'predictions.parquet'));
    const [before, after] = [await read('cycle-0/evaluate-base'), await read('cycle-1/evaluate-grpo')];
    const fate = (was: boolean, is: boolean): Prediction[] =>
      after.filter(({ correct }, i) => correct === is && before[i]?.correct === was);
    const total = tableNamed(page, 'Questions by modality of first').rows.at(-1);
    expect(total).toEqual([
      'all',
      ...[fate(true, false), fate(false, false), fate(false, true)].map(({ length }) => String(length)),
    ]);
    const wrong = after.find(({ correct }) => !correct);
    expect(plain(page)).toContain(`cycle 1 GRPO ${wrong?.predicted ?? 'no answer found'} wrong`);
  });

  test('all accepted samples stand in pages beside it, which name the image files and go with the report', async () => {
    const folder = join(root, 'page-pages');
    await pageOf([runDir]);
    writeFileSync(join(folder, 'accepted-9-9.html'), 'of an earlier report');
    writeFileSync(join(folder, 'mine.html'), 'of the reader');
    const page = await pageOf([runDir]);
    const accepted = await readSamples(join(runDir, 'cycle-1/filter/accepted.parquet'));
    const beside = readFileSync(join(folder, 'accepted-1-1.html'), 'utf8');
    expect(beside.match(/class="question"/g)).toHaveLength(accepted.length);
    const [, image = ''] = /<img\s+src="([^"]+)"/.exec(beside) ?? [];
    expect(existsSync(join(folder, image))).toBe(true);
    expect(page).toContain('href="page-pages/accepted-1-1.html"');
    expect(readdirSync(folder).filter((name) => /^(accepted-9|mine)/.test(name))).toEqual(['mine.html']);
    expect(readFileSync(join(folder, 'accepted-1-1.html'), 'utf8')).not.toMatch(/<script|http:|https:/i);
    await pageOf([runDir], { images: false });
    expect(readFileSync(join(folder, 'accepted-1-1.html'), 'utf8')).not.toMatch(/<img\s/);
  });

  test('escapes every text of the run', async () => {
    const dir = copied('a&b\'c"d<i>e', (folder) => {
      rewrite(join(folder, 'result.json'), (text) =>
        JSON.stringify({ ...(JSON.parse(text) as RunResult), notice: hostile }),
      );
      rewrite(join(folder, 'config.yaml'), (text) => `${text}# ${hostile}\n`);
      const warning = { time: '2026-01-02T03:04:05.000Z', type: 'warning', message: hostile };
      appendFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(warning)}\n`);
    });
    const file = join(dir, 'cycle-1/score/scored.parquet');
    const samples = await readSamples(file);
    const bad = samples.map((sample) => ({
      ...sample,
      question: hostile,
      rationale: hostile,
      answer: hostile,
      options: [hostile, 'b'],
    }));
    await writeSamples(file, bad);
    const page = await pageOf([dir, runDir]);
    expect(page).not.toMatch(/<script|<img\s+src=x|<i>e/i);
    expect(plain(page).split(hostile).length).toBeGreaterThan(8);
    expect(
      reaching(page).filter((value) => !/^(src=data:image\/webp;base64,|href=#|href=page-pages\/)/.test(value)),
    ).toEqual([]);
  });
});

test('report and export print one JSON object for programs, and nothing else', async () => {
  const printed: string[] = [];
  const io = {
    out: (text: string) => void printed.push(text),
    error: () => {},
    env: {},
    signal: new AbortController().signal,
  };
  await reportCommand([runDir], { out: join(root, 'page.html'), images: false, json: true }, io);
  await exportCommand(runDir, { out: join(root, 'exported'), images: 'path', json: true }, io);
  const [report, exported] = printed.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(printed).toHaveLength(2);
  expect(report).toMatchObject({
    file: join(root, 'page.html'),
    runs: [{ name: 'first', status: 'complete' }],
    images: 0,
  });
  const { datasetSize = 0 } = result.cycles.at(-1) ?? {};
  expect(exported).toMatchObject({ folder: join(root, 'exported'), splits: [{ examples: datasetSize }], leftOut: 0 });
});

describe('runs side by side', () => {
  test('are told apart by name and by the settings that differ', async () => {
    const other = copied('second', (folder) =>
      rewrite(join(folder, 'config.yaml'), (text) => text.replace(/^seed: 0$/m, 'seed: 5')),
    );
    const page = await pageOf([runDir, other]);
    expect(tableNamed(page, 'Settings that differ')).toEqual({
      head: ['setting', 'first', 'second'],
      rows: [['seed', '0', '5']],
    });
    expect(tableNamed(page, 'Outcomes of the runs').rows.map(([name, status]) => [name, status])).toEqual([
      ['first', 'complete'],
      ['second', 'complete'],
    ]);
    expect(tableNamed(page, 'Accuracy of the runs').rows).toHaveLength(4);
    // The same answers to the same questions: no difference, and chance explains it.
    expect(tableNamed(page, 'Differences between the runs').rows).toEqual([
      expect.arrayContaining(['+0.0 points', '1.000']),
    ]);
    // The comparison comes first; what is one and the same result is said to be so.
    expect(page).toContain('<h1>2 runs of the loop: first, second</h1>');
    expect([...page.matchAll(/<h2 id="([a-z-]+)-title"/g)][0]?.[1]).toBe('comparison');
    expect(plain(page)).toContain('first and second gave the same answers to every test question');
    expect(tableNamed(page, 'Outcomes of the runs').rows[0]?.[6]).toMatch(/points \([+−][\d.]+ to [+−][\d.]+\)/);
  });
});

describe('a run that did not end', () => {
  test('failed: the page says why and shows what there is', async () => {
    const dir = join(root, 'failed');
    const failing = recordRun(dir, [], {
      before: ({ kind }) => {
        if (kind === 'sft') throw new Error('the <b>disk</b> is full');
      },
    });
    await expect(failing).rejects.toThrow(/disk/);
    const { file, runs } = await writeReport([dir]);
    expect(file).toBe(join(dir, 'report.html'));
    expect(runs).toEqual([{ name: 'failed', status: 'failed' }]);
    const page = readFileSync(file, 'utf8');
    expect(page).toContain('The run failed: the &lt;b&gt;disk&lt;/b&gt; is full');
    expect(tableNamed(page, 'Cycles of failed').rows[1]?.[7]).toBe('–');
  });

  test('killed: torn lines and missing files are named, and nothing is written into the folder', async () => {
    const dir = copied('killed', (folder) => {
      rewrite(join(folder, 'events.jsonl'), (text) => text.slice(0, text.indexOf('"type":"run-end"')));
      rewrite(join(folder, 'ledger.jsonl'), (text) => `${text.split('\n').slice(0, 6).join('\n')}\n{"cycle":1,"sta`);
      rmSync(join(folder, 'result.json'));
      writeFileSync(join(folder, 'cycle-0/evaluate-base/predictions.parquet'), 'no Parquet');
    });
    const before = readFileSync(join(dir, 'events.jsonl'), 'utf8');
    const { file, runs } = await writeReport([dir], { out: join(root, 'killed.html') });
    expect(runs[0]?.status).toBe('unfinished');
    const text = plain(readFileSync(file, 'utf8'));
    expect(text).toContain('has not come to its end');
    expect(text).toContain('1 lines of events.jsonl');
    expect(text).toContain('Predictions cannot be read');
    expect(readFileSync(join(dir, 'events.jsonl'), 'utf8')).toBe(before);
    expect(existsSync(join(dir, 'report.html'))).toBe(false);
  });

  test('a folder without a run is refused', async () => {
    const dir = join(root, 'empty');
    mkdirSync(dir, { recursive: true });
    await expect(writeReport([dir])).rejects.toMatchObject({ code: 'no-run-folder' });
  });
});
