/** Drawings as they come out of Vega without a canvas. */
import { expect, test } from 'vitest';
import { drawing } from '../../src/report/charts/chart.js';
import { rowNames, shareAxis } from '../../src/report/charts/marks.js';

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
