/** Drawings as they come out of Vega without a canvas. */
import { describe, expect, test } from 'vitest';
import { drawChart, drawing } from '../../src/report/charts/chart.js';
import { dark, light } from '../../src/report/charts/palette.js';
import { area, textureDefinitions } from '../../src/report/charts/textures.js';
import { transitionChart } from '../../src/report/charts/transitions-chart.js';
import { tableOf } from '../../src/report/html-table.js';
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
  expect([...svg.matchAll(/>(\d+\u00a0%)</g)].map(([, label]) => label)).toEqual([
    '0\u00a0%',
    '50\u00a0%',
    '100\u00a0%',
  ]);
});

test('a chart that cannot be narrow says so, for the printed page', async () => {
  const chart = { title: 'wide', spec: { mark: 'point' }, table: { head: [], rows: [] } };
  expect((await drawChart({ ...chart, width: 720 })).text).toContain('class="chart wide"');
  expect((await drawChart(chart)).text).toContain('class="chart"');
});

const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [lighter = 0, darker = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (lighter + 0.05) / (darker + 0.05);
};

describe.each([
  ['light', light],
  ['dark', dark],
])('in %s', (_, theme) => {
  const value = (name: string): string => {
    const found = theme[name] ?? '';
    const other = /^var\(--(.+)\)$/.exec(found)?.[1];
    return other === undefined ? found : value(other);
  };

  test('every mark of a drawing stands out from the card 3 to 1, every text 4.5 to 1', () => {
    const marks = ['base', 'sft', 'grpo', 'right', 'gained', 'wrong', 'neutral'];
    const lines = Object.keys(theme).filter((name) => name.startsWith('series-'));
    for (const name of [...marks, ...lines])
      expect(contrast(value(name), value('card')), name).toBeGreaterThanOrEqual(3);
    for (const name of ['ink', 'muted', 'link'])
      expect(contrast(value(name), value('card')), name).toBeGreaterThanOrEqual(4.5);
  });

  test('every figure of a heat map is readable in its own cell', () => {
    for (const name of Object.keys(theme).filter((key) => key.startsWith('on-')))
      expect(contrast(value(name), value(name.slice(3))), name).toBeGreaterThanOrEqual(4.5);
  });
});

test('areas of one chart differ in texture, and their keys are filled alike', async () => {
  const flows = { n: 10, correctToCorrect: 4, wrongToCorrect: 3, correctToWrong: 1, wrongToWrong: 2 };
  const chart = transitionChart({
    first: 'a',
    second: 'b',
    overall: flows,
    byModality: {},
    byQuestionType: {},
    pValue: 0.1,
  });
  const page = (await drawChart(chart)).text;
  const fills = [...page.matchAll(/fill="((?:url|var)\([^"]*)"/g)].map(([, fill]) => fill);
  const expected = [area('right'), area('gained'), area('wrong'), area('neutral')];
  // Once in the drawing, once in the legend.
  for (const fill of expected) expect(fills.filter((found) => found === fill)).toHaveLength(2);
  expect(new Set(expected).size).toBe(4);
  const patterns = expected.filter((fill) => fill.startsWith('url'));
  for (const fill of patterns) expect(textureDefinitions().text).toContain(`id="${fill.slice(5, -1)}"`);
  const paths = [...textureDefinitions().text.matchAll(/id="texture-(gained|wrong|neutral)".*?d="([^"]*)"/g)];
  expect(new Set(paths.map(([, , path]) => path)).size).toBe(3);
});

test('no axis of a drawing is cut off: its figures lie within it', async () => {
  // 100 % stands half beyond the end of the axis.
  const svg = await drawing(
    { data: { values: [{ n: 'a', v: 1 }] }, mark: 'point', encoding: { y: rowNames('n', ['a']), x: shareAcross('v') } },
    360,
    100,
  );
  const width = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  const translate = Number(/<g transform="translate\((\d+)/.exec(svg)?.[1]);
  const places = [...svg.matchAll(/translate\(([\d.]+),[\d.]+\)"[^>]*>(\d+\u00a0%)/g)].map(([, x, text]) => [
    Number(x),
    text,
  ]);
  const last = places.find(([, text]) => text === '100\u00a0%')?.[0];
  expect(Number(last) + translate + 16).toBeLessThanOrEqual(width);
});

test('words of a table are read from the left, figures stand at the right, and nothing is a place without a heading', () => {
  const rows = [
    ['1', 'evaluate-sft', '22 of 40', '–'],
    ['2', 'grpo', '–', ''],
  ];
  const { text } = tableOf({ head: ['cycle', 'stage', 'right', 'refused'], rows }, 'Alarms');
  const classes = [...text.matchAll(/<td[^>]*class="([^"]*)"/g)].map(([, names]) => names);
  expect(classes).toEqual(['short words', 'short', 'short', 'short words', 'short', 'short nil']);
});
