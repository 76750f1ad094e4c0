/** Flows between right and wrong from one policy to another, per modality: MedGR²'s Figure 5. */
import type { Flows, Transitions } from '../../evaluation/transitions.js';
import { count, pText } from '../numbers.js';
import type { Chart } from './chart.js';
import { acrossAxis, fixed, rowNames } from './marks.js';
import { area } from './textures.js';

const flows: readonly { key: keyof Flows; label: string; colour: string }[] = [
  { key: 'correctToCorrect', label: 'stayed right', colour: area('right') },
  { key: 'wrongToCorrect', label: 'became right', colour: area('gained') },
  { key: 'correctToWrong', label: 'became wrong', colour: area('wrong') },
  { key: 'wrongToWrong', label: 'stayed wrong', colour: area('neutral') },
];

export function transitionChart({ first, second, overall, byModality, pValue, paired }: Transitions): Chart {
  const test = paired?.test === 'cluster-sign-flip' ? 'paired test by image or patient' : 'McNemar’s exact test';
  const groups: readonly (readonly [string, Flows])[] = [['all', overall], ...Object.entries(byModality)];
  const values = groups.flatMap(([group, flow]) =>
    flows.map(({ key, label }, order) => ({ group, label, order, n: flow[key] })),
  );
  return {
    title: `From ${first} to ${second}`,
    note: `Of ${count(overall.n)} questions ${count(overall.wrongToCorrect)} became right and ${count(overall.correctToWrong)} became wrong (${test}, ${pText(pValue)}).`,
    height: 50 + 28 * groups.length,
    spec: {
      data: { values },
      mark: { type: 'bar', height: 18 },
      encoding: {
        y: rowNames(
          'group',
          groups.map(([group]) => group),
        ),
        x: {
          field: 'n',
          type: 'quantitative',
          stack: 'normalize',
          axis: { ...acrossAxis, title: 'questions' },
        },
        color: fixed('label', Object.fromEntries(flows.map(({ label, colour: fill }) => [label, fill]))),
        order: { field: 'order', type: 'quantitative' },
      },
    },
    legend: flows.map(({ label, colour: fill }) => ({ label, colour: fill, shape: 'area' })),
    table: {
      head: ['modality', ...flows.map(({ label }) => label)],
      rows: groups.map(([group, flow]) => [group, ...flows.map(({ key }) => count(flow[key]))]),
    },
  };
}
