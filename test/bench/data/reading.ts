/**
 * Where our reading of answers and the papers' published rules differ, on a thousand texts: `npm run bench:reading`. Each kind
 * of text is written over forty questions; `means` is what a person would say that it answers.
 */
import { optionLetter } from '../../../src/reward/options/answer-options.js';
import { isCorrect } from '../../../src/reward/reading/extract.js';
import { publishedAccuracy, publishedLetter, publishedWord } from '../../../src/reward/published-reading.js';
import { formatTable } from '../../../src/format.js';
import { seededRandom } from '../../../src/random.js';
import { scriptLine } from '../../../src/script-line.js';

scriptLine(import.meta.filename, {});

const questions = [
  ['Magnetic Resonance Imaging (MRI)', 'Computed Tomography (CT) scan', 'X-ray', 'Ultrasound'],
  ['Hemorrhage', 'Acute infarct', 'Abscess formation', 'Chronic infarct'],
  ['Left lung', 'Right lung', 'Both lungs'],
  ['Grade 1', 'Grade 2', 'Grade 3', 'Grade 4'],
  ['Yes', 'No'],
];

interface Said {
  letter: string;
  words: string;
  otherLetter: string;
  otherWords: string;
}

/** What a person would say: the answer, another one, or none. */
type Means = 'right' | 'wrong' | 'none';
const kinds: [string, Means, (said: Said) => string][] = [
  ['letter in a block', 'right', ({ letter }) => `<answer>${letter}</answer>`],
  ['after thinking', 'right', ({ letter }) => `<think>Looking at it.</think><answer>${letter}</answer>`],
  ['lower case', 'right', ({ letter }) => `<answer>${letter.toLowerCase()}</answer>`],
  ['on its own line', 'right', ({ letter }) => `<answer>\n${letter}\n</answer>`],
  ['in brackets', 'right', ({ letter }) => `<answer>(${letter})</answer>`],
  ['letter and words', 'right', ({ letter, words }) => `<answer>${letter}) ${words}</answer>`],
  ['words alone', 'right', ({ words }) => `<answer>${words}</answer>`],
  ['a sentence', 'right', ({ words }) => `<answer>The answer is ${words}.</answer>`],
  ['boxed', 'right', ({ letter }) => `<answer>\\boxed{${letter}}</answer>`],
  ['no block, letter', 'right', ({ letter }) => letter],
  ['no block, a sentence', 'right', ({ letter }) => `The correct answer is ${letter}.`],
  ['letter and a reason', 'right', ({ letter }) => `<answer>${letter}, judging by its looks</answer>`],
  ['denies another', 'right', ({ letter, otherLetter }) => `<answer>${letter}, not ${otherLetter}</answer>`],
  ['other letter', 'wrong', ({ otherLetter }) => `<answer>${otherLetter}</answer>`],
  ['other words', 'wrong', ({ otherWords }) => `<answer>${otherWords}</answer>`],
  ['letter or letter', 'none', ({ letter, otherLetter }) => `<answer>${letter} or ${otherLetter}</answer>`],
  ['words or words', 'none', ({ words, otherWords }) => `<answer>${words} or ${otherWords}</answer>`],
  ['not the letter', 'none', ({ letter }) => `<answer>not ${letter}</answer>`],
  ['letter with a question mark', 'none', ({ letter }) => `<answer>${letter}?</answer>`],
  ['letter against its words', 'none', ({ letter, otherWords }) => `<answer>${letter}) ${otherWords}</answer>`],
  [
    'first right, then other',
    'none',
    ({ letter, otherLetter }) => `<answer>${letter}</answer><answer>${otherLetter}</answer>`,
  ],
  ['block inside thinking', 'none', ({ letter }) => `<think>So <answer>${letter}</answer>`],
  ['all letters', 'none', () => '<answer>A, B, C, D</answer>'],
  ['cannot tell', 'none', ({ words }) => `<answer>I cannot tell whether ${words}</answer>`],
  [
    'hedge behind the block',
    'none',
    ({ letter, otherLetter }) => `<answer>${letter}</answer>, but ${otherLetter} is possible too`,
  ],
  ['somebody else’s', 'none', ({ letter }) => `<answer>A novice would choose ${letter}</answer>`],
  ['empty block', 'none', () => '<answer></answer>'],
];
const perKind = 40;

const random = seededRandom('bench reading', 1);
const rows = kinds.map(([name, means, write]) => {
  const paid = { ours: 0, evaluated: 0, evaluatedMedR1: 0, medVlmR1: 0, medR1: 0, differ: 0 };
  for (let i = 0; i < perKind; i++) {
    const options = random.pick(questions);
    const [right = 0, other = 1] = random.shuffle(options.map((_, index) => index));
    const [words, otherWords] = [options[right] ?? '', options[other] ?? ''];
    const key = { options, answer: words };
    const text = write({ letter: optionLetter(right), words, otherLetter: optionLetter(other), otherWords });
    const [ours, evaluated] = [isCorrect(text, key), publishedLetter(text) === optionLetter(right)];
    const medVlmR1 = publishedAccuracy('medvlm-r1', text, key);
    paid.ours += Number(ours);
    paid.evaluated += Number(evaluated);
    paid.evaluatedMedR1 += Number(publishedWord(text) === optionLetter(right));
    paid.medVlmR1 += medVlmR1;
    paid.medR1 += publishedAccuracy('med-r1', text, key);
    paid.differ += Number(ours !== evaluated || Number(ours) !== medVlmR1);
  }
  return { name, means, ...paid };
});

const share = (count: number): string => (count / perKind).toFixed(2);
console.log(
  formatTable([
    [
      'text',
      'means',
      'ours',
      'MedVLM-R1 reward',
      'Med-R1 reward',
      'MedVLM-R1 evaluation',
      'Med-R1 evaluation',
      'differ',
    ],
    ...rows.map(({ name, means, ours, medVlmR1, medR1, evaluated, evaluatedMedR1, differ }) => [
      name,
      means,
      ...[ours, medVlmR1, medR1, evaluated, evaluatedMedR1].map(share),
      String(differ),
    ]),
  ]),
);
const total = rows.reduce((sum, { differ }) => sum + differ, 0);
console.log(`\n${kinds.length * perKind} texts; ours and MedVLM-R1's rules differ on ${total}. Columns are mean pay.`);
