/**
 * `npm run bench:forgetting -- RUN`: what arms that learned from one modality answer of it and of the others, mean and deviation over
 * the finished seeds of a run of forgetting-chosen.yaml, and GRPO against each, seed by seed. Prints a Markdown table; in per cent.
 * Options: --modality NAME (default MRI) --arm NAME (the one that is compared with the others, default grpo-2e-4)
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { meanInterval, spreadOf } from '../../../src/evaluation/seed-spread.js';
import { comparisonResultSchema } from '../../../src/loop/comparison/comparison-result.js';
import { readJson } from '../../../src/loop/folder/run-folder.js';
import { refuse, scriptLine } from '../../../src/script-line.js';
import { fromTo, signed } from './seeds-report.js';

const { values, positionals } = scriptLine(
  import.meta.filename,
  { modality: { type: 'string', default: 'MRI' }, arm: { type: 'string', default: 'grpo-2e-4' } },
  1,
);
const [run] = positionals;
if (run === undefined) refuse(import.meta.filename, 'give the folder of a run');

const results = readdirSync(resolve(run))
  .map((name) => join(resolve(run), name, 'result.json'))
  .filter((file) => existsSync(file))
  .map((file) => comparisonResultSchema.parse(readJson(file)))
  .filter(({ status }) => status === 'complete')
  .toSorted((a, b) => a.seed - b.seed);

type Arm = (typeof results)[number]['arms'][number];
const places = ['learned from', 'not seen', 'all'] as const;

function right({ byModality }: Arm, place: (typeof places)[number]): number {
  const of = Object.entries(byModality).filter(
    ([name]) => place === 'all' || (name === values.modality) === (place === 'learned from'),
  );
  const [correct, n] = of.reduce(([sum, all], [, one]) => [sum + one.correct, all + one.n], [0, 0]);
  return (100 * correct) / n;
}

const armOf = ({ arms }: (typeof results)[number], name: string): Arm => {
  const arm = arms.find((one) => one.name === name);
  if (arm === undefined) refuse(import.meta.filename, `the run has no arm ${name}`);
  return arm;
};

function meanCell(numbers: readonly number[]): string {
  const spread = spreadOf(numbers);
  return spread === null ? '–' : `${spread.mean.toFixed(1)} ± ${(spread.deviation ?? 0).toFixed(1)}`;
}

function differenceCell(numbers: readonly number[]): string {
  const spread = spreadOf(numbers);
  const interval = spread && meanInterval(spread);
  if (spread === null || numbers.every((value) => value === 0)) return '–';
  return `${signed(spread.mean)}${interval === null ? '' : ` (${fromTo(interval)})`}`;
}

const [firstResult] = results;
if (firstResult === undefined) refuse(import.meta.filename, `${run} has no finished seed`);
const rows = firstResult.arms.map(({ name, label }) => [
  label,
  ...places.map((place) => meanCell(results.map((result) => right(armOf(result, name), place)))),
  ...places
    .slice(0, 2)
    .map((place) =>
      differenceCell(
        results.map((result) => right(armOf(result, values.arm), place) - right(armOf(result, name), place)),
      ),
    ),
  meanCell(results.map((result) => (100 * armOf(result, name).unparsed) / armOf(result, name).n)),
]);
const heading = [
  '',
  values.modality,
  'other modalities',
  'all',
  `${values.arm} − this, ${values.modality}`,
  'others',
  'unread',
];
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
process.stdout.write(
  `${[`Seeds ${results.map(({ seed }) => seed).join(', ')}; per cent right; differences in points with 95 % intervals over seeds. Phantoms: no medical evidence.`, '', line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')}\n`,
);
