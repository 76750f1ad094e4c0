/** A run's D_gen as something to export: its samples, and on the card what the run was and what it measured. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema, type Config } from '../config/schema.js';
import { folderSource, type ExportSource } from '../dataset/export/source.js';
import { isDatasetFolder, readDataset } from '../dataset/folder.js';
import { readSamples } from '../dataset/samples.js';
import { DataError } from '../errors.js';
import { formatNumber } from '../format.js';
import { runResultSchema, type RunResult } from './result.js';
import { fromRun, readJson, runFiles } from './run-folder.js';

/** A run folder, a dataset folder, or a folder of these. */
export async function exportSource(folder: string): Promise<ExportSource> {
  const dir = resolve(folder);
  return existsSync(join(dir, runFiles.config)) ? runSource(dir) : folderSource(dir);
}

async function runSource(runDir: string): Promise<ExportSource> {
  const file = join(runDir, runFiles.dataset);
  if (!existsSync(file))
    throw new DataError('export-nothing', 'the run has no D_gen yet', {
      where: runDir,
      remedy: 'Let it go on until its first filter stage is done.',
    });
  const config = configSchema.parse(parse(readFileSync(join(runDir, runFiles.config), 'utf8')));
  const resultFile = join(runDir, runFiles.result);
  const result = existsSync(resultFile) ? (runResultSchema.safeParse(readJson(resultFile)).data ?? null) : null;
  const all = (await readSamples(file)).map((sample) => ({ ...sample, image: fromRun(runDir, sample.image) }));
  const named = await imagesThatName(config);
  const samples = all.filter(({ imageHash }) => !named.has(imageHash));
  return {
    title: `D_gen of ${basename(runDir)}`,
    about:
      'Question-answer samples about medical images, written by a model, graded by a reward model and kept where their score ' +
      `passed a threshold (the MedGR² loop). ${result?.notice ?? ''}`.trimEnd(),
    splits: [{ name: 'train', samples }],
    tables: [provenance(config, result, runDir), ...(result === null ? [] : [figures(result)])],
    licence: await licenceOf(config),
    leftOut: all.length - samples.length,
  };
}

/** Hashes of images that an import found to name, or likely name, a patient. */
async function imagesThatName({ data }: Config): Promise<Set<string>> {
  if (data.source !== 'files') return new Set();
  const datasets = await Promise.all(datasetFolders(data).map((folder) => readDataset(folder)));
  return new Set(
    datasets.flatMap(({ images }) =>
      images.flatMap((image) => (image.deidentified === false ? [image.imageHash] : [])),
    ),
  );
}

/** What generated samples may come from. */
const datasetFolders = ({ seed, pool }: Extract<Config['data'], { source: 'files' }>): string[] =>
  [seed, pool].filter((folder) => folder !== undefined).filter(isDatasetFolder);

async function licenceOf({ data }: Config): Promise<string> {
  if (data.source === 'phantom') return 'Images drawn by medgr2 (Apache-2.0)';
  if (data.source === 'vqa-rad') return 'VQA-RAD (Lau et al. 2018), CC0-1.0';
  const licences = await Promise.all(
    datasetFolders(data).map(async (folder) => (await readDataset(folder)).info.licence),
  );
  return [...new Set(licences)].join('; ') || 'not stated';
}

function provenance(config: Config, result: RunResult | null, runDir: string): ExportSource['tables'][number] {
  return {
    title: 'Where it comes from',
    rows: [
      ['', ''],
      ['status of the run', result?.status ?? 'unknown'],
      ['seed', String(config.seed)],
      ['cycles', String(config.cycles)],
      ['data', config.data.source],
      ['generator', config.generation.provider],
      ['strategies', config.generation.strategies.join(', ')],
      ['policy', config.policy.base.split('/').at(-1) ?? config.policy.base],
      ['threshold', JSON.stringify(config.filter.threshold)],
      ['overlap kept', config.filter.allowOverlap ? 'yes' : 'no'],
      ['software', software(join(runDir, runFiles.environment))],
    ],
  };
}

const environmentSchema = z.object({
  medgr2: z.string(),
  python: z.object({ packages: z.record(z.string(), z.string().nullable()) }).nullable(),
});

/** Versions that decide results; nothing of the machine. */
function software(file: string): string {
  const found = existsSync(file) ? environmentSchema.safeParse(readJson(file)).data : undefined;
  if (found === undefined) return 'not recorded';
  const packages = Object.entries(found.python?.packages ?? {}).filter(([, version]) => version !== null);
  return [['medgr2', found.medgr2], ...packages].map(([name, version]) => `${name} ${version}`).join(', ');
}

function figures({ cycles, baseAccuracy, testQuestions }: RunResult): ExportSource['tables'][number] {
  return {
    title: `Figures of the run (accuracy on ${testQuestions} held-out questions; base ${formatNumber(baseAccuracy)})`,
    rows: [
      ['cycle', 'candidates', 'accepted', 'τ', 'precision before', 'precision after', 'R_φ ρ', 'SFT', 'GRPO'],
      ...cycles.map((cycle) => [
        String(cycle.cycle),
        String(cycle.candidates),
        String(cycle.accepted),
        formatNumber(cycle.tau, 2),
        formatNumber(cycle.rawPrecision),
        formatNumber(cycle.acceptedPrecision),
        formatNumber(cycle.rewardModel.spearman),
        formatNumber(cycle.accuracy.sft),
        formatNumber(cycle.accuracy.grpo),
      ]),
    ],
  };
}
