/**
 * `npm run bench:blood-cells -- BCCD`: configs/blood-cells.yaml on the real smears of that folder. For each seed boxes are imported,
 * parted by smear and run through the loop, with the control arms of bench:seeds and the most frequent answer beside it.
 * Options: --seeds 11,12 --out DIR --set key=value … Can be stopped and continued.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensurePython } from '../../../src/bridge/environment/make-environment.js';
import { loadConfig } from '../../../src/config/load.js';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { writePart } from '../../../src/dataset/folders/derived-folder.js';
import { splitDataset } from '../../../src/dataset/folders/split.js';
import { likeImages } from '../../../src/dataset/near-duplicates/stored-hashes.js';
import { importLabels } from '../../../src/dataset/import/import-labels.js';
import { readSamples } from '../../../src/dataset/tables/sample-table.js';
import { seedFolder } from '../../../src/loop/comparison/seed-folders.js';
import { writeWhole } from '../../../src/loop/folder/run-folder.js';
import { refuse, scriptLine } from '../../../src/script-line.js';
import { frequentAnswers } from './frequent-answer.js';
import { runSeed } from './run-seed.js';
import { readOutcomes, writeOutcome } from './seeds-outcomes.js';
import { seedsReport } from './seeds-report.js';

const { values, positionals } = scriptLine(
  import.meta.filename,
  {
    seeds: { type: 'string', default: '11,12,13,14,15' },
    out: { type: 'string', default: 'runs/bench-blood-cells' },
    set: { type: 'string', multiple: true, default: [] },
  },
  1,
);
const parts = [
  { name: 'seed', share: 0.3 },
  { name: 'test', share: 0.25 },
  { name: 'pool', share: 0.45 },
];
const names = { RBC: 'red blood cell', WBC: 'white blood cell', Platelets: 'platelet' };

const partOf = (seed: number, name: string): string => join(out, 'data', `${name}-${seed}`);

/** As the commands of src/README.md do it. */
async function prepare(path: string, seed: number): Promise<void> {
  const all = partOf(seed, 'all');
  if (!existsSync(join(all, 'import.json'))) {
    const labels = { kind: 'attribute', names, perImage: 4, crops: 4, seed } as const;
    await importLabels('boxes', { path, out: all, modality: 'microscopy', licence: 'MIT', force: true, ...labels });
  }
  const dataset = await readDataset(all);
  const alike = await likeImages(dataset.images);
  for (const { name, samples, images } of splitDataset(dataset, parts, seed, alike)) {
    if (existsSync(join(partOf(seed, name), 'import.json'))) continue;
    mkdirSync(partOf(seed, name), { recursive: true });
    await writePart(dataset, partOf(seed, name), { samples, images, format: 'split', settings: { seed } });
  }
}

const out = resolve(values.out);
const [bccd] = positionals;
if (bccd === undefined) refuse(import.meta.filename, 'Name the folder of BCCD.');
const python = await ensurePython();
for (const seed of values.seeds.split(',').map(Number)) {
  await prepare(bccd, seed);
  const data = parts.map(({ name }) => `data.${name}=${partOf(seed, name)}`);
  // One thread: the same figures however many cores there are.
  const set = [...data, 'threads=1', ...values.set, `seed=${seed}`];
  const config = await loadConfig('configs/blood-cells.yaml', { set });
  writeOutcome(out, await runSeed({ out, config, python, arms: ['unfiltered-equal'] }));
  // Each seed has parts of its own.
  const found = readOutcomes([out]).map((one) => ({ ...one, settings: { ...one.settings, data: null } }));
  const frequent = new Map<number, number>();
  for (const { outcome } of found) {
    const prepared = join(seedFolder(out, outcome.seed), 'cycle-0', 'prepare-data');
    const [trusted, test] = [
      await readSamples(join(prepared, 'seed.parquet')),
      await readSamples(join(prepared, 'test.parquet')),
    ];
    frequent.set(outcome.seed, frequentAnswers(trusted, test));
  }
  const row = { name: 'accuracy: the most frequent answer', of: (of: number) => frequent.get(of) ?? null };
  const table = seedsReport(found, 'Real smears, a simulated teacher, a tiny model: no medical evidence.', [row]);
  writeWhole(join(out, 'table.md'), table);
  process.stdout.write(table);
}
