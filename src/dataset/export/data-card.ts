/** README.md of an exported data set: what Hugging Face reads (YAML), then what a person should know. */
import { stringify } from 'yaml';
import { fixed, markdownTable } from '../../format.js';
import { countBy } from '../import/import-report.js';
import type { ExportSource } from './export-source.js';

/** A split as the data card lists it. */
export interface CardSplit {
  name: string;
  /** Rows of the split. */
  examples: number;
  /** Bytes of its files. */
  bytes: number;
  /** Glob of its files, relative to the folder. */
  files: string;
}

/** As `datasets` writes them into a card; the order is that of the columns. */
export interface CardFeature {
  name: string;
  dtype?: string;
  list?: string;
}

export function dataCard(
  source: ExportSource,
  splits: readonly CardSplit[],
  features: readonly CardFeature[] | null,
): string {
  const info = {
    ...(features === null ? {} : { features }),
    splits: splits.map(({ name, examples, bytes }) => ({ name, num_bytes: bytes, num_examples: examples })),
    download_size: splits.reduce((sum, { bytes }) => sum + bytes, 0),
    dataset_size: splits.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const front = stringify({
    license: 'other',
    license_name: 'see-card',
    pretty_name: source.title,
    task_categories: ['visual-question-answering'],
    tags: ['medical', 'medgr2'],
    configs: [{ config_name: 'default', data_files: splits.map(({ name, files }) => ({ split: name, path: files })) }],
    dataset_info: info,
  });
  const samples = source.splits.flatMap((split) => split.samples);
  const counted = (title: string, counts: Record<string, number>): string =>
    markdownTable(title, [[title, 'samples'], ...Object.entries(counts).map(([name, count]) => [name, String(count)])]);
  return [
    `---\n${front}---\n`,
    `# ${source.title}\n`,
    `${source.about}\n`,
    'Made with medgr2. For research on models only: nothing here is fit for the care of a patient.\n',
    '```python\nfrom datasets import load_dataset\n\ndata = load_dataset("path/to/this/folder")\n```\n',
    markdownTable('Splits', [['split', 'samples'], ...splits.map(({ name, examples }) => [name, String(examples)])]),
    ...source.tables.map(({ title, rows }) => markdownTable(title, rows)),
    counted(
      'Modality',
      countBy(samples, ({ modality }) => modality),
    ),
    counted(
      'Question type',
      countBy(samples, ({ questionType }) => questionType),
    ),
    counted(
      'Written by',
      countBy(samples, ({ provenance: { provider, model, strategy, cycle } }) =>
        provider === 'seed'
          ? `people (${model})`
          : `${provider} ${model}, ${strategy ?? 'no strategy'}, cycle ${cycle}`,
      ),
    ),
    scoreTable(samples.flatMap(({ score }) => score ?? [])),
    `## Licence\n\n${source.licence}. Images keep the terms of their sources.\n`,
    source.leftOut === 0
      ? ''
      : `## Left out\n\n${source.leftOut} samples whose picture is known or likely to name a patient.\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function scoreTable(scores: readonly number[]): string {
  if (scores.length === 0) return '';
  const sorted = scores.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    fixed(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0, 2);
  return markdownTable('Reward-model score, from -6 to 10', [
    ['scored', 'lowest', 'quarter', 'median', 'three quarters', 'highest'],
    [String(scores.length), at(0), at(0.25), at(0.5), at(0.75), at(1)],
  ]);
}
