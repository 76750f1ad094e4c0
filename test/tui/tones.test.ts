/** The screen's colours can be read on a black and on a white terminal, as they are and as the nearest of 256. */
import { expect, test } from 'vitest';
import { midtones } from '../../src/tui/parts/tones.js';

/** WCAG 2's relative luminance. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels
    .map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const channelsOf = (color: string): number[] => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

/** The 6 × 6 × 6 cube of 256-colour terminals, by the same rounding as ink's colours; greys have a ramp of their own. */
function nearest(channels: readonly number[]): number[] {
  const [first = 0] = channels;
  if (channels.every((value) => value === first))
    return channels.map(() => 8 + 10 * Math.round(((first - 8) / 247) * 24));
  return channels.map((value) => [0, 95, 135, 175, 215, 255][Math.round((value / 255) * 5)] ?? 0);
}

test.each(Object.entries(midtones))('%s', (_, color) => {
  for (const channels of [channelsOf(color), nearest(channelsOf(color))]) {
    const light = luminance(channels);
    expect(1.05 / (light + 0.05), `${channels.join(', ')} on white`).toBeGreaterThan(3.8);
    expect((light + 0.05) / 0.05, `${channels.join(', ')} on black`).toBeGreaterThan(3.8);
  }
});
