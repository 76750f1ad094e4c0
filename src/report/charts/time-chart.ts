/** Where the time went: seconds per kind of work and cycle. */
import { wordsOf } from '../../loop/stage-names.js';
import { kinds, type CycleCost, type Kind } from '../data/time-spent.js';
import { duration } from '../numbers.js';
import type { Chart } from './chart.js';
import { fixed, rowNames } from './marks.js';
import { area } from './textures.js';

const looks: Record<Kind, string> = {
  generate: area('series-2'),
  'reward model': area('series-3'),
  SFT: area('sft'),
  GRPO: area('grpo'),
  test: area('series-4'),
  other: area('neutral'),
};

const cycleName = (cycle: number): string => (cycle === 0 ? 'before' : `cycle ${cycle}`);

/** Null where no stage is finished. */
export function timeChart(costs: readonly CycleCost[]): Chart | null {
  const shown = costs.filter(({ seconds }) => seconds > 0);
  if (shown.length === 0) return null;
  const longest = Math.max(...shown.map(({ seconds }) => seconds));
  const [unit, per] = longest > 7200 ? ['hours', 3600] : longest > 180 ? ['minutes', 60] : ['seconds', 1];
  const used = kinds.filter((kind) => shown.some(({ byKind }) => byKind[kind] > 0));
  const values = shown.flatMap(({ cycle, byKind }) =>
    used.map((kind, order) => ({ cycle: cycleName(cycle), kind, order, time: byKind[kind] / per })),
  );
  return {
    title: 'Where the time went',
    note: 'Wall time of the attempts that finished; what a stopped attempt took is not in it.',
    height: 60 + 30 * shown.length,
    spec: {
      data: { values },
      mark: { type: 'bar', height: 18 },
      encoding: {
        y: rowNames(
          'cycle',
          shown.map(({ cycle }) => cycleName(cycle)),
          { grid: false },
        ),
        x: { field: 'time', type: 'quantitative', axis: { title: unit, tickCount: 5, domain: false, ticks: false } },
        color: fixed('kind', Object.fromEntries(used.map((kind) => [kind, looks[kind]]))),
        order: { field: 'order', type: 'quantitative' },
      },
    },
    legend: used.map((kind) => ({ label: kind, colour: looks[kind], shape: 'area' })),
    table: {
      head: ['cycle', 'stage', 'time'],
      rows: shown.flatMap(({ cycle, byStage }) =>
        byStage.map(({ stage, seconds }) => [cycleName(cycle), wordsOf(stage).name, duration(seconds)]),
      ),
    },
  };
}
