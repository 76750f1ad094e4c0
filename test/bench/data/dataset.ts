/**
 * `npm run bench:dataset -- 50000 1000000`: seconds and peak memory of what the filter does to a cycle's candidates, at each
 * number of synthetic rows; then MinHash beside Python's datasketch on the same texts. Each size runs in a process of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentPython } from '../../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { nearImageGroups, type PerceptualHash } from '../../../src/dataset/near-duplicates/near-images.js';
import { comparedText, nearTextGroups } from '../../../src/dataset/near-duplicates/near-texts.js';
import { removeOverlap } from '../../../src/dataset/folders/exact-overlap.js';
import { readSamples, writeSamples } from '../../../src/dataset/tables/sample-table.js';
import { formatTable } from '../../../src/format.js';
import { seededRandom, type Random } from '../../../src/random.js';
import { modalities, questionTypes, type Sample } from '../../../src/sample.js';
import { scriptLine, scriptNumber } from '../../../src/script-line.js';

interface Measured {
  rows: number;
  /** Step -> seconds. */
  seconds: Record<string, number>;
  /** Of all threads, over all steps: what the rows cost, whatever else the machine does. */
  cpuSeconds: number;
  peakMiB: number;
  kept: number;
  nearTexts: number;
  nearImages: number;
  parquetMiB: number;
}

const similarity = 0.8;
/** Bits of 64 by which the hashes of one image may differ, as `decontaminate` has it. */
const differing = 8;
/** Share of the rows that repeat an earlier one, and that reword one. */
const repeated = 0.05;
const reworded = 0.1;

const followers = (groups: Uint32Array): number => groups.filter((group, item) => group !== item).length;

const letters = 'bcdfghklmnprst';
/** Words that look like words: their 4-grams are spread as a language's are. */
function vocabulary(random: Random): string[] {
  const syllable = (): string => `${letters[random.int(letters.length)] ?? ''}${'aeiou'[random.int(5)] ?? ''}`;
  return Array.from({ length: 3000 }, () => Array.from({ length: 2 + random.int(3) }, syllable).join(''));
}

function makeRows(count: number): Sample[] {
  const random = seededRandom('bench dataset');
  const words = vocabulary(random);
  const rows: Sample[] = [];
  for (let n = 0; n < count; n++) {
    const draw = random.next();
    const earlier = n > 0 && draw < repeated + reworded ? rows[random.int(n)] : undefined;
    const options = Array.from({ length: 4 }, () => random.pick(words));
    const fresh = Array.from({ length: 8 + random.int(6) }, () => random.pick(words)).join(' ');
    const row: Sample = {
      id: `row-${n}`,
      image: `images/${n % 50_000}.png`,
      imageHash: String(n % 50_000).padStart(64, '0'),
      question: `${fresh}?`,
      options,
      answer: options[0] ?? '',
      rationale: `The ${fresh} is seen beside the ${options.join(' and the ')}.`,
      questionType: random.pick(questionTypes),
      modality: random.pick(modalities),
      provenance: { provider: 'bench', model: 'bench', strategy: 'direct', promptHash: null, cycle: 1 },
      score: random.next() * 16 - 6,
      rewardModelVersion: 'bench',
    };
    if (earlier === undefined) rows.push(row);
    else {
      const { question, imageHash, image, answer } = earlier;
      rows.push({
        ...row,
        question: draw < repeated ? question : `${question} ${random.pick(words)}`,
        imageHash,
        image,
        answer,
      });
    }
  }
  return rows;
}

/** As of different images, but for the share that repeats one with some bits changed. */
function makeHashes(count: number): PerceptualHash[] {
  const random = seededRandom('bench hashes');
  const hashes: [number, number][] = [];
  for (let n = 0; n < count; n++) {
    const earlier = n > 0 && random.next() < repeated ? hashes[random.int(n)] : undefined;
    const [high, low] = earlier ?? [random.int(2 ** 32), random.int(2 ** 32)];
    hashes.push(earlier === undefined ? [high, low] : [(high ^ random.int(2 ** 6)) >>> 0, low]);
  }
  return hashes;
}

async function measure(count: number, dir: string): Promise<Measured> {
  const rows = makeRows(count);
  const seconds: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    seconds[name] = (performance.now() - started) / 1000;
    return result;
  };
  const before = process.cpuUsage();
  const above = await timed('threshold', () => rows.filter(({ score }) => (score ?? 0) > -5));
  const { kept } = await timed('overlap', () => removeOverlap(above, rows.slice(0, Math.floor(count / 4))));
  const texts = await timed('texts', () => [...new Set(rows.map(({ question }) => comparedText(question)))]);
  const groups = await timed('near texts', () => nearTextGroups(texts, similarity));
  const hashes = makeHashes(count);
  const imageGroups = await timed('near images', () => nearImageGroups(hashes, differing));
  const file = join(dir, `${count}.parquet`);
  await timed('write Parquet', () => writeSamples(file, rows));
  await timed('read Parquet', () => readSamples(file));
  const { user, system } = process.cpuUsage(before);
  return {
    rows: count,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    kept: kept.length,
    nearTexts: followers(groups),
    nearImages: followers(imageGroups),
    parquetMiB: Math.round(statSync(file).size / 2 ** 20),
  };
}

const script = `
import sys, time
from datasketch import MinHash, MinHashLSH
texts = open(sys.argv[1], encoding="utf-8").read().splitlines()
grams = lambda text: {f" {text} "[at:at + 4].encode() for at in range(len(text) - 1)}
jaccard = lambda a, b: len(a & b) / len(a | b)
begin = time.perf_counter()
index = MinHashLSH(num_perm=64, params=(16, 4))
kept, near = {}, 0
for number, text in enumerate(texts):
    own = grams(text)
    sketch = MinHash(num_perm=64)
    sketch.update_batch(own)
    if any(jaccard(own, kept[key]) >= ${similarity} for key in index.query(sketch)):
        near += 1
    else:
        index.insert(number, sketch)
        kept[number] = own
print(f"{time.perf_counter() - begin} {near}")
`;

/** The same texts, bands and exact check. */
function besideDatasketch(count: number, dir: string): string {
  const python = process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot);
  if (spawnSync(python, ['-c', 'import datasketch']).status !== 0)
    return `datasketch is not there to compare with: ${python} -m pip install datasketch==2.0.0`;
  const texts = [...new Set(makeRows(count).map(({ question }) => comparedText(question)))];
  const started = performance.now();
  const ours = followers(nearTextGroups(texts, similarity));
  const seconds = (performance.now() - started) / 1000;
  const file = join(dir, 'texts.txt');
  writeFileSync(file, texts.join('\n'));
  const told = execFileSync(python, ['-c', script, file], { encoding: 'utf8' });
  const [theirs = 0, near = 0] = told.trim().split(' ').map(Number);
  return formatTable([
    [`MinHash of ${texts.length} texts`, 'seconds', 'near-duplicates'],
    ['medgr2', seconds.toFixed(1), String(ours)],
    ['datasketch', theirs.toFixed(1), String(near)],
    ['ratio', (theirs / seconds).toFixed(1), ''],
  ]);
}

const dir = mkdtempSync(join(tmpdir(), 'medgr2-bench-dataset-'));
try {
  const { values, positionals } = scriptLine(import.meta.filename, { one: { type: 'string' } }, 20);
  if (values.one !== undefined) console.log(JSON.stringify(await measure(Number(values.one), dir)));
  else {
    const given = positionals.length === 0 ? ['50000'] : positionals;
    const sizes = given.map((size) => scriptNumber(import.meta.filename, 'the number of rows', size, 1));
    const found = sizes.map((size) => {
      const child = [
        '--max-old-space-size=12000',
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        '--one',
        String(size),
      ];
      return JSON.parse(execFileSync(process.execPath, child, { encoding: 'utf8', maxBuffer: 2 ** 20 })) as Measured;
    });
    const steps = Object.keys(found[0]?.seconds ?? {});
    const [first] = found;
    const growth = ({ rows, peakMiB }: Measured): string =>
      first === undefined || rows === first.rows
        ? ''
        : ((1024 * (peakMiB - first.peakMiB)) / (rows - first.rows)).toFixed(2);
    const total = ({ seconds }: Measured): number => Object.values(seconds).reduce((sum, value) => sum + value, 0);
    console.log(
      formatTable([
        ['seconds', ...found.map(({ rows }) => `${rows} rows`)],
        ...steps.map((step) => [step, ...found.map(({ seconds }) => (seconds[step] ?? 0).toFixed(2))]),
        ['all', ...found.map((one) => total(one).toFixed(1))],
        ['CPU seconds', ...found.map(({ cpuSeconds }) => cpuSeconds.toFixed(1))],
        ['CPU microseconds a row', ...found.map(({ cpuSeconds, rows }) => ((1e6 * cpuSeconds) / rows).toFixed(0))],
        ['peak memory, MiB', ...found.map(({ peakMiB }) => String(peakMiB))],
        ['KiB for each further row', ...found.map(growth)],
        ['Parquet, MiB', ...found.map(({ parquetMiB }) => String(parquetMiB))],
        ['kept after overlap', ...found.map(({ kept }) => String(kept))],
        ['near-duplicate texts', ...found.map(({ nearTexts }) => String(nearTexts))],
        ['near-duplicate images', ...found.map(({ nearImages }) => String(nearImages))],
      ]),
    );
    console.log(`\n${besideDatasketch(Math.min(...sizes), dir)}`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
