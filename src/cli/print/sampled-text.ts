/** The figures of sampled answers as tables, and whether GRPO has room. */
import { fixed, formatTable } from '../../format.js';
import { headroomOf, headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import type { SampledFigure, SampledGroup, SampledReport } from '../../evaluation/sampled/sampled-report.js';

export function sampledText(report: SampledReport): string {
  const { n, samples, images, unread, unscored, figures, gains, byModality, byQuestionType } = report;
  const rows = Object.entries(figures).map(([name, figure]) => [name, ...cellsOf(figure), ...cellsOf(gains[name])]);
  return [
    `${samples} samples of each of ${n} questions about ${images} images: ${unread} of ${n * samples} without a readable answer` +
      (unscored === 0 ? '' : `, ${unscored} that the reward model could not read`),
    '',
    formatTable([['per cent', '', '95 % interval', 'over greedy', '95 % interval'], ...rows]),
    '',
    groupTable('modality', report, byModality),
    '',
    groupTable('question type', report, byQuestionType),
    ...(figures['greedy'] === undefined || samples < 2 ? [] : ['', headroomWords(headroomOf(report))]),
  ].join('\n');
}

/** Of all samples: fewer draws lie between, and `--json` has them. */
function groupTable(title: string, { figures, samples }: SampledReport, groups: Record<string, SampledGroup>): string {
  const all = new Set(['greedy', 'acc@1', ...['pass', 'majority', 'best'].map((name) => `${name}@${samples}`)]);
  const names = Object.keys(figures).filter((name) => all.has(name));
  const lines = Object.entries(groups).map(([group, { n, figures: own }]) => [
    group,
    String(n),
    ...names.flatMap((name) => cellsOf(own[name])),
  ]);
  return formatTable([[title, 'n', ...names.flatMap((name) => [name, ''])], ...lines]);
}

/** Value and interval; the gain of the greedy answer over itself is none. */
function cellsOf(figure: SampledFigure | undefined): [string, string] {
  if (figure === undefined) return ['', ''];
  const { value, interval } = figure;
  return [percent(value), interval === null ? 'none' : `${percent(interval.low)} to ${percent(interval.high)}`];
}

const percent = (share: number): string => fixed(100 * share, 2);
