/** What GRPO could gain in each cycle: samples of held-out questions, whether R_φ knows the right ones, and what was done. */
import { headroomWords } from '../../evaluation/sampled/headroom-verdict.js';
import type { SampledFigure, SampledGroup } from '../../evaluation/sampled/sampled-report.js';
import type { CycleHeadroom } from '../data/cycle-headroom.js';
import type { RunFigures } from '../data/run-figures.js';
import { tableOf } from '../html-table.js';
import { html } from '../markup.js';
import { count, percentWithin } from '../numbers.js';
import { sideBySide, type Section } from './section.js';

/** Null where no run looked. */
export function headroom(runs: readonly RunFigures[]): Section | null {
  if (runs.every((run) => run.headroom.length === 0)) return null;
  const body = runs.map(
    ({ run, headroom: cycles }) =>
      html`${cycles.map((cycle) => html`<p>${sentence(cycle)}</p>`)}${
        cycles.length === 0 ? null : tableOf(figuresTable(cycles), `Samples of held-out questions, ${run.name}`)
      }`,
  );
  return { id: 'headroom', title: 'Room for GRPO', body: sideBySide(runs, body) };
}

const sentence = ({ cycle, headroom: found, skipped }: CycleHeadroom): string =>
  `Cycle ${cycle}: ${skipped ?? headroomWords(found)}.`;

/** Each cycle as a whole, then its groups. */
function figuresTable(cycles: readonly CycleHeadroom[]) {
  const names = [...new Set(cycles.flatMap(({ report }) => Object.keys(report.figures)))];
  const row = (name: string, { n, figures }: SampledGroup): string[] => [
    name,
    count(n),
    ...names.map((figure) => cell(figures[figure])),
  ];
  return {
    head: ['cycle', 'questions', ...names],
    rows: cycles.flatMap(({ cycle, report }) => [
      row(String(cycle), report),
      ...Object.entries({ ...report.byModality, ...report.byQuestionType }).map(([name, group]) =>
        row(`${cycle} ${name}`, group),
      ),
    ]),
  };
}

const cell = (figure: SampledFigure | undefined): string => percentWithin(figure?.value, figure?.interval);
