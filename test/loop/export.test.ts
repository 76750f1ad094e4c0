/** Exports as a reader of them would open them: with `datasets.load_dataset`, unchanged. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { environmentPython } from '../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { parseConfig } from '../../src/config/load.js';
import { exportDataset } from '../../src/dataset/export/export-dataset.js';
import { writePart } from '../../src/dataset/folders/derived-folder.js';
import { readDataset } from '../../src/dataset/folders/dataset-folder.js';
import { importImages } from '../../src/dataset/import/import-images.js';
import { readSamples } from '../../src/dataset/tables/sample-table.js';
import { exportSource } from '../../src/loop/result/export-run.js';
import { runLoop } from '../../src/loop/run.js';
import { writePictures } from '../helpers/pictures.js';
import { makeSample } from '../helpers/sample.js';
import { fakeEngine } from './fake-engine.js';

let dir = '';
const at = (name: string): string => join(dir, name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-export-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const script = `
import json, sys
from datasets import load_dataset
told = {}
for folder in sys.argv[1:]:
    data = load_dataset(folder)
    told[folder.split("/")[-1]] = {
        split: {"rows": len(rows), "columns": rows.column_names, "first": {**rows[0], "image": [rows[0]["image"].mode, *rows[0]["image"].size]}}
        for split, rows in data.items()
    }
print(json.dumps(told))
`;

test(
  'a run and a split data set open in Python, with their images, splits and cards',
  { timeout: 300_000 },
  async () => {
    const yaml = `
cycles: 1
data: { source: phantom, seed: 12, test: 10, pool: 8 }
generation: { imagesPerCycle: 4 }
filter: { threshold: 0 }
preferences: { prompts: 6, samples: 2 }
`;
    await runLoop(parseConfig(yaml, { file: 'test.yaml' }), { runDir: at('run'), engine: fakeEngine() });
    const written = await readSamples(at('run/dataset/d-gen.parquet'));

    await writePictures(at('raw'), 6);
    await importImages({ path: at('raw'), out: at('set') });
    const set = await readDataset(at('set'));
    const asked = (from: number, to: number) => {
      const images = set.images
        .slice(from, to)
        .map((image, index) => ({ ...image, deidentified: index === 0 ? false : null }));
      const samples = images.flatMap(({ path, imageHash }, n) =>
        [0, 1].map((turn) => makeSample({ id: `${from}-${n}-${turn}`, image: path, imageHash })),
      );
      return { samples, images, format: 'split', settings: {} };
    };
    await writePart(set, at('parts/train'), asked(0, 4));
    await writePart(set, at('parts/test'), asked(4, 6));

    await exportDataset(await exportSource(at('run')), { out: at('hub-run'), images: 'embed', shardBytes: 100_000 });
    for (const images of ['embed', 'path'] as const)
      await exportDataset(await exportSource(at('parts')), { out: at(`hub-${images}`), images });

    const python = process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot);
    const told = execFileSync(python, ['-c', script, at('hub-run'), at('hub-embed'), at('hub-path')], {
      env: { ...process.env, HF_HUB_OFFLINE: '1', HF_HOME: at('hf') },
      encoding: 'utf8',
    });
    const {
      'hub-run': run,
      'hub-embed': embed,
      'hub-path': path,
    } = JSON.parse(told) as Record<
      string,
      Record<string, { rows: number; columns: string[]; first: Record<string, unknown> }>
    >;
    expect(run?.['train']?.rows).toBe(written.length);
    const [first] = written;
    expect(run?.['train']?.first).toMatchObject({
      id: first?.id,
      question: first?.question,
      options: first?.options,
      image: ['RGB', 84, 84],
      cycle: 0,
    });
    const card = readFileSync(at('hub-run/README.md'), 'utf8');
    expect(card).toContain('no evidence about any medical question');
    expect(card).toContain('simulated simulated-teacher');
    expect(card).not.toContain(dir);
    for (const opened of [embed, path]) {
      // The first picture of each part may name a patient.
      expect([opened?.['train']?.rows, opened?.['test']?.rows]).toEqual([6, 2]);
      expect(opened?.['train']?.first).toMatchObject({
        id: '0-1-0',
        options: ['CT', 'MRI', 'ultrasound'],
        answer: 'MRI',
      });
      expect(opened?.['train']?.first['image']).toEqual(['RGB', 96, 96]);
    }
    expect(readFileSync(at('hub-path/README.md'), 'utf8')).toContain('4 samples whose picture');
  },
);
