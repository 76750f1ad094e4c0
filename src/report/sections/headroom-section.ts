/** What GRPO could gain in each cycle: samples of held-out questions, whether R_φ knows the right ones, and what was done. */
import { headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import type { SampledFigure, SampledGroup } from '../../evaluation/sampled/sampled-report.js';
import type { CycleHeadroom } from '../data/cycle-headroom.js';
import type { RunFigures } from '../data/run-figures.js';
import { tableOf, type Table } from '../html-table.js';
import { html } from '../markup.js';
import { count, percentWithin } from '../numbers.js';
import { folded, sideBySide, type Section } from './section.js';

/** Null where no run looked. */
export function headroom(runs: readonly RunFigures[]): Section | null {
  if (runs.every((run) => run.headroom.length === 0)) return null;
  const body = runs.map(
    ({ run, headroom: cycles }) =>
      html`${cycles.map((cycle) => html`<p>${sentence(cycle)}</p>`)}${
        cycles.length === 0 ? null : tableOf(cyclesTable(cycles), `Samples of held-out questions, ${run.name}`)
      }${cycles.map(({ cycle, report }) =>
        folded(
          `Cycle ${cycle} by modality and question type`,
          tableOf(groupsTable(report), `Samples of held-out questions of cycle ${cycle}, ${run.name}`),
        ),
      )}`,
  );
  return { id: 'headroom', title: 'Room for GRPO', body: sideBySide(runs, body) };
}

const sentence = ({ cycle, headroom: found, skipped }: CycleHeadroom): string =>
  `Cycle ${cycle}: ${skipped ?? headroomWords(found)}.`;

/** Each cycle as a whole: a column each, since there are more figures than cycles. */
function cyclesTable(cycles: readonly CycleHeadroom[]): Table {
  const names = [...new Set(cycles.flatMap(({ report }) => Object.keys(report.figures)))];
  return {
    head: ['figure', ...cycles.map(({ cycle }) => `cycle ${cycle}`)],
    rows: [
      ['questions', ...cycles.map(({ report }) => count(report.n))],
      ...names.map((name) => [name, ...cycles.map(({ report }) => cell(report.figures[name]))]),
    ],
  };
}

function groupsTable({ figures, byModality, byQuestionType }: CycleHeadroom['report']): Table {
  const names = Object.keys(figures);
  return {
    head: ['group', 'questions', ...names],
    rows: Object.entries<SampledGroup>({ ...byModality, ...byQuestionType }).map(([group, { n, figures: found }]) => [
      group,
      count(n),
      ...names.map((name) => cell(found[name])),
    ]),
  };
}

const cell = (figure: SampledFigure | undefined): string => percentWithin(figure?.value, figure?.interval);
