/** Drawings as they come out of Vega without a canvas. */
import { expect, test } from 'vitest';
import { drawChart, drawing } from '../../src/report/charts/chart.js';
import { rowNames, shareAcross, shareAxis } from '../../src/report/charts/marks.js';

test('long names beside a narrow plot leave it nearly half of the width', async () => {
  const names = ['anatomy identification', 'other biological attributes'];
  const spec = {
    data: { values: names.map((name) => ({ name, share: 0.5 })) },
    mark: 'point',
    encoding: { y: rowNames('name', names), x: shareAxis('share') },
  };
  const svg = await drawing(spec, 360, 100);
  const plot = Number(/role-frame root[\s\S]*?d="M0,0h([\d.]+)v/.exec(svg)?.[1]);
  expect(plot).toBeGreaterThan(0.44 * 360);
});

test('shares across a narrow plot have figures that stand apart, and lines between them', async () => {
  const spec = {
    data: { values: [{ name: 'other biological attributes', share: 0.5 }] },
    mark: 'point',
    encoding: {
      y: rowNames('name', ['other biological attributes']),
      x: shareAcross('share'),
    },
  };
  const svg = await drawing(spec, 360, 100);
  expect([...svg.matchAll(/>(\d+%)</g)].map(([, label]) => label)).toEqual(['0%', '50%', '100%']);
});

test('a chart that cannot be narrow says so, for the printed page', async () => {
  const chart = { title: 'wide', spec: { mark: 'point' }, table: { head: [], rows: [] } };
  expect((await drawChart({ ...chart, width: 720 })).text).toContain('class="chart wide"');
  expect((await drawChart(chart)).text).toContain('class="chart"');
});
