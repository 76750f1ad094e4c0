/** The second line of the screen: base → now, how sure that is, and what SFT and GRPO did of it. */
import { fixed, percent, percentPair } from '../../format.js';
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { changeText, sharesText, type Headline } from '../../loop/result/headline.js';
import { headlineOf } from '../state/state-headline.js';
import type { ScreenState } from '../state/screen-state.js';
import { Toned, type Tone } from './tones.js';

export function HeadlineRow({ state, columns }: { state: ScreenState; columns: number }): ReactElement {
  const headline = headlineOf(state);
  if (headline === null || headline.now === null) {
    const measured = headline === null ? 'The base is not measured yet' : `base ${percent(headline.base.accuracy)}`;
    return (
      <Text wrap="truncate">
        {' '}
        {measured}
        <Toned tone="faint">{headline === null ? '.' : `${questionsText(headline)} · no policy was trained yet`}</Toned>
      </Text>
    );
  }
  const { base, now } = headline;
  const change = changeText(headline);
  const story = ` base ${percentPair(base.accuracy, now.accuracy, ' → ')} now `;
  // What does not fit goes, the last first.
  const shares = sharesText(headline);
  const pieces = [questionsText(headline), shares === '' ? '' : ` · ${shares}`, ` · ${now.name}`];
  let room = columns - story.length - change.length - 1;
  const shown = pieces.filter((piece) => {
    room -= piece.length;
    return room >= 0;
  });
  return (
    <Text wrap="truncate">
      {' base '}
      <Text bold>{fixed(100 * base.accuracy, 1)}</Text>
      {' → '}
      <Text bold>{percent(now.accuracy)}</Text>
      {' now '}
      <Toned tone={toneOf(now.accuracy - base.accuracy)} bold>
        {change}
      </Toned>
      <Toned tone="faint">{shown.join('')}</Toned>
    </Text>
  );
}

const toneOf = (difference: number): Tone =>
  Math.round(difference * 1000) === 0 ? 'faint' : difference > 0 ? 'good' : 'bad';

const questionsText = ({ questions }: Headline): string => (questions === null ? '' : ` · ${questions} questions`);
