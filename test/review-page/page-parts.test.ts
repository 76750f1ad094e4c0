/** The page's pure parts: where the reader is in the queue, what a window makes of pixels, and whose colours it has. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { dark, light } from '../../src/report/charts/palette.js';
import { decodePicture, seenWindow, shifted, windowed } from '../../src/review/page/picture-pixels.js';
import { lastJudged, nextOpen, placesOf } from '../../src/review/page/queue-marks.js';
import type { Verdict } from '../../src/review/review-messages.js';
import { greyPng } from './test-desk.js';

const verdict = (item: string, at: string, kind: Verdict['verdict'] = 'accept'): Verdict => ({
  id: `id-${item}`,
  item,
  reader: 'AB',
  verdict: kind,
  at,
  seconds: 2,
  scoreSeen: false,
  strategy: 'random-accepted',
  probability: 0.5,
});
const queue = {
  items: [
    { id: 'a', verdict: verdict('a', '2026-01-01T10:00:00.000Z') },
    { id: 'b', verdict: verdict('b', '2026-01-01T09:00:00.000Z') },
    { id: 'c', verdict: null },
    { id: 'd', verdict: null },
  ],
};

test('what is on its way to the server counts as judged, for its own reader alone', () => {
  const body = { id: 'new', item: 'c', reader: 'AB', verdict: 'skip', seconds: 1, scoreSeen: false } as const;
  const mine = placesOf(queue, [{ kind: 'verdict', body }], 'AB');
  expect(mine.map(({ mark }) => mark?.saved ?? null)).toEqual([true, true, false, null]);
  expect(lastJudged(mine)).toMatchObject({ at: 2, mark: { id: 'new' } });
  expect(nextOpen(mine, 3)).toBe(3);
  const other = placesOf(queue, [{ kind: 'verdict', body: { ...body, reader: 'CD' } }], 'AB');
  expect(other[2]?.mark).toBeNull();
});

test('undo takes the last back, by time and not by place; then the one before', () => {
  const places = placesOf(queue, [], 'AB');
  expect(lastJudged(places)?.item).toBe('a');
  const undone = placesOf(queue, [{ kind: 'undo', item: 'a', body: { id: 'u', of: 'id-a', reader: 'AB' } }], 'AB');
  expect(undone[0]?.mark).toBeNull();
  expect(lastJudged(undone)?.item).toBe('b');
});

test('the next one without a verdict is looked for once round', () => {
  const places = placesOf(queue, [], 'AB');
  expect([0, 3, 4].map((from) => nextOpen(places, from))).toEqual([2, 3, 2]);
  expect(nextOpen(placesOf({ items: queue.items.slice(0, 2) }, [], 'AB'), 1)).toBe(-1);
});

test('16-bit pixels are those that another decoder finds, and a window maps them linearly', async () => {
  const bytes = greyPng(64, 32, 16, (x, y) => 1000 + 37 * x + 911 * y);
  const picture = await decodePicture(new Uint8Array(bytes), 16);
  const { data } = await sharp(bytes)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  expect([...picture.values]).toEqual([...new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)]);
  const rgba = windowed(picture, { low: 1000, high: 1000 + 255 * 37 });
  expect([0, 1, 63].map((x) => rgba[4 * x])).toEqual([0, 1, 63]);
  expect([...rgba.subarray(4 * 64 * 31, 4 * 64 * 31 + 4)]).toEqual([255, 255, 255, 255]);
});

test('the first window holds all but half a percent at each end', () => {
  const values = Uint16Array.from({ length: 1000 }, (_, at) => (at === 0 ? 0 : at === 999 ? 65_535 : 2000 + at));
  const { low, high } = seenWindow(values, 1);
  expect([low, high].map((value) => Math.round(value / 10))).toEqual([200, 299]);
  expect(seenWindow(new Uint16Array(10).fill(7), 1)).toEqual({ low: 0, high: 65_535 });
});

test('a window never vanishes, and never leaves the range', () => {
  expect(shifted({ low: 0, high: 255 }, 255, 0, -5)).toEqual({ low: 127.5 - 255 / 1024, high: 127.5 + 255 / 1024 });
  const { low, high } = shifted({ low: 100, high: 200 }, 255, 9, 0);
  expect((low + high) / 2).toBe(255);
});

test('the page has the report’s colours', () => {
  const css = readFileSync(new URL('../../src/review/page/page.css', import.meta.url), 'utf8');
  const themes = css.split('@media (prefers-color-scheme: dark)');
  for (const [at, theme] of [light, dark].entries()) {
    const named = [...(themes[at] ?? '').matchAll(/--([a-z-]+): (#[0-9a-f]+);/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(named.length).toBeGreaterThan(9);
    expect(named).toEqual(named.map(([name]) => [name, theme[name ?? '']]));
  }
});
