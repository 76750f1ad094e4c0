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

/**
 * @param who As the sentence begins: `the policy after SFT`, `the generator`.
 * @param expectedWould What the expected share is: where nobody knows which answers are right, only what is usual.
 */
export function answerBias(who: string, places: Places, expectedWould: 'be right' | 'be usual' = 'be right'): Found {
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
      message: `${who} gives option ${letter} in ${percent(share, 0)} of ${total} answers, where ${percent(fair, 0)} would ${expectedWould}`,
      figures: { option: letter, share, expected: fair, answers: total },
    };
  }
  return null;
}

type Choice = Pick<Sample, 'options' | 'answer'>;
const choicesOf = (samples: readonly Choice[]): Choice[] =>
  samples.filter(({ options, answer }) => options.length > 1 && options.includes(answer));

/**
 * Places of the answers that a generator gave. Which is right is not known: each of the options is as likely, or as likely as among
 * the trusted questions with as many options, where one place has more of them: a data set that mostly says yes is no fault.
 */
export function generatedPlaces(samples: readonly Choice[], trusted: readonly Choice[] = []): Places {
  const asked = choicesOf(samples);
  const usual = Map.groupBy(choicesOf(trusted), ({ options }) => options.length);
  const likely = (place: number, count: number): number => {
    if (place >= count) return 0;
    const alike = usual.get(count) ?? [];
    const there = alike.filter(({ options, answer }) => options.indexOf(answer) === place).length;
    return alike.length < fewest ? 1 / count : there / alike.length;
  };
  const most = Math.max(0, ...asked.map(({ options }) => options.length));
  return Array.from({ length: most }, (_, place) => ({
    chosen: asked.filter(({ options, answer }) => options.indexOf(answer) === place).length,
    expected: asked.reduce((sum, { options }) => sum + likely(place, options.length), 0),
  }));
}
