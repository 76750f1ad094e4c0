/** A run's D_gen as something to export: its samples, and on the card what the run was and what it measured. */
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/schema.js';
import { folderSource, type ExportSource } from '../../dataset/export/export-source.js';
import { readDataset } from '../../dataset/folders/dataset-folder.js';
import { readSamples } from '../../dataset/tables/sample-table.js';
import { DataError, RunError } from '../../errors.js';
import { formatNumber, percent } from '../../format.js';
import { reviewOrNull } from '../review/review-summary.js';
import { reviewRows } from '../review/review-text.js';
import { runResultSchema, type RunResult } from './run-result.js';
import { datasetFolders, imagesOf, readConfig } from './run-sources.js';
import { hashFile } from '../folder/output-hashes.js';
import { readLedger, stageKey } from '../folder/ledger.js';
import { readRecord } from '../folder/check-outputs.js';
import { fromRun, readOrNull, runFiles } from '../folder/run-folder.js';

/**
 * What `exportDataset` writes: of a run folder, a dataset folder, or a folder of these.
 * @throws DataError `export-nothing` where there are no samples in it; RunError `output-damaged` where D_gen is not as it was written.
 */
export async function exportSource(folder: string): Promise<ExportSource> {
  const dir = resolve(folder);
  return existsSync(join(dir, runFiles.config)) ? runSource(dir) : folderSource(dir);
}

async function runSource(runDir: string): Promise<ExportSource> {
  const file = join(runDir, runFiles.dataset);
  const config = readConfig(join(runDir, runFiles.config));
  // A result that is missing or damaged leaves its figures out; what the data are must be said all the same.
  const result = readOrNull(join(runDir, runFiles.result), runResultSchema);
  if (!existsSync(file)) throw noDataset(runDir, result);
  await confirmDataset(runDir, file, result);
  const review = reviewOrNull(runDir);
  const notice = result?.notice ?? noticeOf(runDir);
  const known = await imagesOf(config);
  const all = (await readSamples(file)).map((sample) => ({
    ...sample,
    // The data may lie elsewhere by now; an image is known by its content.
    image: isAbsolute(sample.image)
      ? (known.places.get(sample.imageHash) ?? sample.image)
      : fromRun(runDir, sample.image),
  }));
  const samples = all.filter(({ imageHash }) => !known.named.has(imageHash));
  return {
    title: `D_gen of ${basename(runDir)}`,
    about:
      'Question-answer samples about medical images, written by a model, graded by a reward model and kept where their score ' +
      `passed a threshold (the MedGR² loop). ${notice}`.trimEnd(),
    splits: [{ name: 'train', samples }],
    tables: [
      provenance(config, result, runDir),
      ...(result === null ? [] : [figures(result)]),
      ...(review === null ? [] : [{ title: reviewTitle, rows: [['', ''], ...reviewRows(review)] }]),
    ],
    licence: await licenceOf(config),
    leftOut: all.length - samples.length,
  };
}

function noDataset(runDir: string, result: RunResult | null): DataError {
  const cycles = result?.cycles ?? [];
  if (cycles.length > 0 && cycles.every(({ rolledBack }) => rolledBack))
    return new DataError('export-nothing', 'every cycle of the run was rolled back: nothing of its D_gen goes on', {
      where: runDir,
      remedy: `Read \`alarms\` of ${runFiles.result}; what a cycle wrote lies in cycle-1/filter.`,
    });
  return new DataError('export-nothing', 'the run has no D_gen yet', {
    where: runDir,
    remedy: 'Let it go on until its first filter stage is done.',
  });
}

/**
 * D_gen is a copy of what the newest filter stage made that was not rolled back, or what verdicts made of that: the records tell
 * whether it is that.
 */
async function confirmDataset(runDir: string, file: string, result: RunResult | null): Promise<void> {
  const { entries } = readLedger(join(runDir, runFiles.ledger));
  const filtered = (cycle: number) =>
    entries.get(stageKey(cycle, 'filter')) ?? readRecord(join(runDir, stageKey(cycle, 'filter')));
  const rolledBack = new Map(
    (result?.cycles ?? []).flatMap(({ cycle, rolledBack: was, datasetHash }) => (was ? [[cycle, datasetHash]] : [])),
  );
  let newest: ReturnType<typeof filtered> = null;
  let restored: string | undefined;
  for (let cycle = 1, next = filtered(1); next !== null; cycle += 1, next = filtered(cycle))
    if (rolledBack.has(cycle)) restored = rolledBack.get(cycle) ?? restored;
    else [newest, restored] = [next, undefined];
  const expected = restored ?? newest?.files?.['d-gen.parquet']?.sha256;
  if (expected === undefined || (await hashFile(file)) === expected) return;
  throw new RunError('output-damaged', `${file} is not what the newest filter stage made`, {
    where: file,
    remedy: "Give the run's command again: it writes the file anew.",
  });
}

/** As it was when the data were prepared. */
function noticeOf(runDir: string): string {
  const { entries } = readLedger(join(runDir, runFiles.ledger));
  const prepared = entries.get(stageKey(0, 'prepare-data')) ?? readRecord(join(runDir, stageKey(0, 'prepare-data')));
  return z.object({ notice: z.string() }).safeParse(prepared?.output).data?.notice ?? '';
}

async function licenceOf({ data }: Config): Promise<string> {
  if (data.source === 'phantom') return 'Images drawn by medgr2 (Apache-2.0)';
  if (data.source === 'vqa-rad') return 'VQA-RAD (Lau et al. 2018), CC0-1.0';
  const licences = await Promise.all(
    datasetFolders(data).map(async (folder) => (await readDataset(folder)).info.licence),
  );
  return [...new Set(licences)].join('; ') || 'not stated';
}

const reviewTitle =
  'What experts said of it (estimates with 95 % intervals, by the probability with which each sample was drawn)';

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
      ['software', softwareOf(join(runDir, runFiles.environment))],
    ],
  };
}

const environmentSchema = z.object({
  medgr2: z.string(),
  python: z.object({ packages: z.record(z.string(), z.string().nullable()) }).nullable(),
});

/** Versions that decide results; nothing of the machine. */
export function softwareOf(file: string): string {
  const found = readOrNull(file, environmentSchema);
  if (found === null) return 'not recorded';
  const packages = Object.entries(found.python?.packages ?? {}).filter(([, version]) => version !== null);
  return [['medgr2', found.medgr2], ...packages].map(([name, version]) => `${name} ${version}`).join(', ');
}

function figures({ cycles, baseAccuracy, testQuestions }: RunResult): ExportSource['tables'][number] {
  return {
    title: `Figures of the run (accuracy on ${testQuestions} held-out questions; base ${percent(baseAccuracy)})`,
    rows: [
      ['cycle', 'candidates', 'accepted', 'τ', 'precision before', 'precision after', 'R_φ ρ', 'SFT', 'GRPO'],
      ...cycles.map((cycle) => [
        String(cycle.cycle),
        String(cycle.candidates),
        String(cycle.accepted),
        formatNumber(cycle.tau, 2),
        percent(cycle.rawPrecision),
        percent(cycle.acceptedPrecision),
        formatNumber(cycle.rewardModel.spearman),
        percent(cycle.accuracy.sft),
        percent(cycle.accuracy.grpo),
      ]),
    ],
  };
}
