/** Does one place among the options take the answers? For policies and for generators. Pure. */
import { percent } from '../../format.js';
import { wilsonInterval } from '../../evaluation/wilson.js';
import { optionLetter } from '../../reward/options/answer-options.js';
import type { Sample } from '../../sample.js';
import type { Found } from './alarm.js';
import type { Places } from './gold-figures.js';

/** Fewest answers that say anything, and how much more of them than expected one place must take. */
const fewest = 20;
export const excessFrom = 0.3;

/** @param who As the sentence begins: `the policy after SFT`, `the generator`. */
export function answerBias(who: string, places: Places): Found {
  const total = places.reduce((sum, { chosen }) => sum + chosen, 0);
  const expected = places.reduce((sum, place) => sum + place.expected, 0);
  if (total < fewest || expected === 0) return null;
  for (const [place, found] of places.entries()) {
    const [share, fair] = [found.chosen / total, found.expected / expected];
    const low = wilsonInterval(Math.round(found.chosen), total)?.low ?? 0;
    if (share - fair < excessFrom || low <= fair) continue;
    const letter = optionLetter(place);
    return {
      guard: 'answerBias',
      message: `${who} gives option ${letter} in ${percent(share, 0)} of ${total} answers, where ${percent(fair, 0)} would be right`,
      figures: { option: letter, share, expected: fair, answers: total },
    };
  }
  return null;
}

/** Places of the answers that a generator gave; which is right is not known, so that each of the options is as likely. */
export function generatedPlaces(samples: readonly Pick<Sample, 'options' | 'answer'>[]): Places {
  const asked = samples.filter(({ options, answer }) => options.length > 1 && options.includes(answer));
  const most = Math.max(0, ...asked.map(({ options }) => options.length));
  return Array.from({ length: most }, (_, place) => ({
    chosen: asked.filter(({ options, answer }) => options.indexOf(answer) === place).length,
    expected: asked.reduce((sum, { options }) => sum + (place < options.length ? 1 / options.length : 0), 0),
  }));
}
