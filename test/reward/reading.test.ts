/** What the reader makes of texts of many kinds, and what it must make of any text: at most one key pays. */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersMatch, extract, isCorrect } from '../../src/reward/reading/extract.js';

interface Golden {
  choice: { group: string; text: string; options: string[]; answer: string | null }[];
  open: { text: string; key: string; right: boolean }[];
}
const golden = JSON.parse(readFileSync(new URL('../golden/reading.json', import.meta.url), 'utf8')) as Golden;

/** What a text asserts itself, in many languages: doubts, others' words, conditions, comparisons, wrappers, what the question says. */
const stances = JSON.parse(readFileSync(new URL('../golden/stances.json', import.meta.url), 'utf8')) as {
  group: string;
  text: string;
  options: string[];
  question?: string;
  answer: string | null;
}[];

describe('reads of what is said only what the writer asserts', () => {
  it.each([...Map.groupBy(stances, (one) => one.group)])('%s', (_, cases) => {
    const read = cases.map((one) => ({
      ...one,
      answer: extract(one.text, one.options, 'either', one.question).answer,
    }));
    expect(read).toEqual(cases);
  });
});

describe('reads', () => {
  const groups = [...Map.groupBy(golden.choice, (one) => one.group)];
  it.each(groups)('%s', (_, cases) => {
    const read = cases.map(({ text, options }) => ({ text, options, answer: extract(text, options).answer }));
    expect(read).toEqual(cases.map(({ text, options, answer }) => ({ text, options, answer })));
  });

  it('open answers', () => {
    const read = golden.open.map(({ text, key }) => ({
      text,
      key,
      right: isCorrect(text, { options: [], answer: key }),
    }));
    expect(read).toEqual(golden.open);
  });
});

const optionSets = [
  ['MRI', 'CT', 'X-ray', 'Ultrasound'],
  ['Yes', 'No'],
  ['Left lung', 'Right lung', 'Both lungs'],
  ['2 cm', '5 cm', '10 cm'],
  ['Grade I', 'Grade II', 'Grade III'],
  ['mass', 'no mass', 'cyst'],
  ['The diagnosis is asthma', 'The diagnosis is normal lung', 'The diagnosis is fibrosis'],
  ["No, It's normal", 'Yes'],
  ['1', '2', '3', '4'],
  ['肺炎', '气胸', '正常'],
  ['A', 'B', 'AB', 'O'],
  ['Normal', 'Abnormal'],
  ['Magnetic Resonance Imaging (MRI)', 'Computed Tomography (CT) scan', 'Optical coherence tomography'],
  ['Age-related macular degeneration (AMD)', 'Fracture of the femur', 'lung, left', 'T1-weighted', 'T2-weighted'],
  ['< 2 cm', '2-5 cm', '> 5 cm'],
];
const anyOptions = fc.constantFrom(...optionSets);

/** Ways to name the option at a place of a list. */
const spoken = (options: readonly string[], index: number): string[] => {
  const [option = '', letter] = [options[index], String.fromCharCode(65 + index)];
  return [
    option,
    option.toLowerCase(),
    letter,
    `(${letter})`,
    `${letter}) ${option}`,
    `option ${letter}`,
    `the ${option}`,
  ];
};
const wrappers = [
  (text: string) => text,
  (text: string) => `<answer>${text}</answer>`,
  (text: string) => `<think>Let me see.</think><answer>${text}</answer>`,
  (text: string) => `The answer is ${text}.`,
  (text: string) => `\\boxed{${text}}`,
  (text: string) => `Answer: ${text}`,
];
const fillers = [
  'is',
  'not',
  'no',
  'or',
  'and',
  'maybe',
  'because',
  ', ',
  '. ',
  'but',
  '\n',
  'the',
  'wrong',
  'the answer is',
  '?',
  '/',
  '-',
  '或',
  '不是',
  'oder',
  'a',
  'without',
  'unlike',
  '3',
  'cm',
  '<',
  'so',
  'Answer:',
  '<answer>',
  '</answer>',
  '<think>',
  '</think>',
];

const paidKeys = (text: string, options: readonly string[]): string[] =>
  options.filter((answer) => isCorrect(text, { options: [...options], answer }));

describe('whatever the text', () => {
  const anyText = anyOptions.chain((options) =>
    fc.record({
      options: fc.constant(options),
      text: fc
        .array(
          fc.oneof(
            fc.nat(options.length - 1).chain((index) => fc.constantFrom(...spoken(options, index))),
            fc.constantFrom(...fillers),
            fc.string({ maxLength: 6, unit: 'grapheme' }),
          ),
          { maxLength: 12 },
        )
        .map((parts) => parts.join(' ')),
    }),
  );

  it('pays under one key at most', () => {
    fc.assert(
      fc.property(anyText, ({ text, options }) => {
        expect(paidKeys(text, options).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 400 },
    );
  });

  it('reads the same answer whatever the key, and only an option', () => {
    fc.assert(
      fc.property(anyText, ({ text, options }) => {
        const { answer } = extract(text, options);
        expect(paidKeys(text, options)).toEqual(answer === null ? [] : [answer]);
      }),
      { numRuns: 400 },
    );
  });

  it('pays two open keys only where the keys say the same', () => {
    const part = fc.constantFrom(
      'yes',
      'no',
      'liver',
      'the liver',
      'spleen',
      'right',
      'left',
      'lung',
      '2 cm',
      '20 mm',
      'or',
      'and',
      ',',
      'of',
      'tumour',
      'tumor',
      'small',
      'Grade II',
      'grade 2',
      'not',
    );
    const phrase = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(phrase, phrase, phrase, (text, one, other) => {
        const [a, b] = [one, other].map((answer) => isCorrect(`<answer>${text}</answer>`, { options: [], answer }));
        const same = answersMatch(one, other, []) || answersMatch(other, one, []);
        expect({ one, other, paid: a === true && b === true && !same }).toEqual({ one, other, paid: false });
      }),
      { numRuns: 400 },
    );
  });
});

/** Two different options of a set, each in some wording. */
const twoOptions = anyOptions.chain((options) =>
  fc
    .tuple(fc.nat(options.length - 1), fc.nat(options.length - 1))
    .filter(([a, b]) => a !== b)
    .chain(([a, b]) =>
      fc.record({
        options: fc.constant(options),
        first: fc.constantFrom(...spoken(options, a)),
        second: fc.constantFrom(...spoken(options, b)),
        firstOption: fc.constant(options[a] as string),
        wrap: fc.constantFrom(...wrappers),
      }),
    ),
);

describe('a hedge', () => {
  const joints = [
    ' or ',
    ' and ',
    ', ',
    '; ',
    ' / ',
    '\n',
    ' or possibly ',
    ' and/or ',
    ' vs. ',
    ', maybe ',
    ', alternatively ',
    ' as well as ',
    ' oder ',
    ' ou ',
    '、',
    '或',
    ', but it could also be ',
    ', though it might be ',
    ' & ',
    ' | ',
    ', then ',
    '. Or ',
  ];
  it('between two options pays neither', () => {
    fc.assert(
      fc.property(twoOptions, fc.constantFrom(...joints), ({ options, first, second, wrap }, joint) => {
        // What is itself the name of an option, as `A` beside `AB` or `no mass` after `or`, is no hedge.
        const said = `${first}${joint}${second}`;
        if (/^(?:A|B|O|AB)$/.test(said.replace(/\W/g, ''))) return;
        expect(paidKeys(wrap(said), options)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('of one option that may be it pays nothing', () => {
    const doubts = [
      'maybe X',
      'possibly X',
      'X?',
      'it could be X',
      'perhaps X',
      'not sure, X',
      'I cannot tell whether X',
      'unless it is X',
      'vielleicht X',
      '可能是X',
      'perhaps, X',
      'X cannot be excluded',
      'X ist nicht auszuschließen',
      'Возможно, X',
      'a lo mejor es X',
      'il se peut que ce soit X',
      'das kann X sein',
      'if the image is a slice, X',
      'X, provided that the image is a slice',
      'wenn das Bild scharf ist, X',
      'at first glance X',
      'for example X',
      'the answer is perhaps, X',
      'The answer might be: X',
      'my answer is maybe\nX',
    ];
    fc.assert(
      fc.property(twoOptions, fc.constantFrom(...doubts), ({ options, first, wrap }, doubt) => {
        expect(paidKeys(wrap(doubt.replace('X', first)), options)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

it('what somebody else says pays nothing', () => {
  const others = [
    'a novice would choose X',
    'someone said X',
    'the referring physician suspected X',
    'my colleague thinks it is X',
    'X, said the intern',
    'X was the guess of the student',
    'according to the report, X',
    'jemand sagte X',
    "quelqu'un a dit X",
    'alguien dijo X',
    'кто-то сказал X',
    '有人说是X',
  ];
  fc.assert(
    fc.property(twoOptions, fc.constantFrom(...others), ({ options, first, wrap }, other) => {
      expect(paidKeys(wrap(other.replace('X', first)), options)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** Options that an image can be said to be. */
const identities = optionSets.filter(([first = '']) =>
  ['MRI', 'Left lung', 'Grade I', 'Normal', 'Magnetic Resonance Imaging (MRI)', '肺炎'].includes(first),
);

it('what is recommended, past, looked for, compared or general pays nothing', () => {
  const asides = [
    'the patient should undergo X',
    'X is recommended',
    'History: X last year.',
    'the patient had X two years ago',
    'Evaluate for X.',
    'X is often confused with something else',
    'X is larger on this than on the other',
    'Der Patient sollte X erhalten.',
    'X est conseillé.',
    'Se recomienda X.',
    'Рекомендуется X.',
    '建议做X。',
  ];
  const named = fc.constantFrom(...optionSets.slice(0, 2), ...identities).filter(([first]) => first !== 'Yes');
  fc.assert(
    fc.property(
      named.chain((options) => fc.tuple(fc.constant(options), fc.constantFrom(...options))),
      fc.constantFrom(...asides),
      ([options, option], aside) => {
        const text = aside.replace('X', option);
        expect({ text, paid: paidKeys(text, options) }).toEqual({ text, paid: [] });
      },
    ),
    { numRuns: 200 },
  );
});

it('a doubt behind the answer block takes the answer back', () => {
  const behind = [
    ', but X is possible too',
    '\nX cannot be ruled out.',
    ' or X',
    ' (X would also be acceptable)',
    ' X',
  ];
  fc.assert(
    fc.property(twoOptions, fc.constantFrom(...behind), ({ options, first, second }, doubt) => {
      if (second === 'a') return; // which is no option but an article
      expect(paidKeys(`<answer>${first}</answer>${doubt.replace('X', second)}`, options)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it('a letter beside a statement of another option pays neither', () => {
  const both = [
    'The image is X. Answer: L',
    'X. Answer: L',
    'Impression: X\nAnswer: L',
    'I see X. The answer is L.',
    'Answer: L\nThe image is X.',
    '(L) The finding is X.',
    'This is X. <answer>L</answer>',
    '<answer>L</answer> The image is X.',
    'The image is X. The correct option is L.',
    'Das Bild ist X. Antwort: L',
    'It is X, as shown. \\boxed{L}',
    '这是X。答案：L',
  ];
  const apart = fc
    .constantFrom(...identities)
    .chain((options) =>
      fc.record({
        options: fc.constant(options),
        stated: fc.nat(options.length - 1),
        lettered: fc.nat(options.length - 1),
        form: fc.constantFrom(...both),
      }),
    )
    .filter(({ stated, lettered }) => stated !== lettered);
  fc.assert(
    fc.property(apart, ({ options, stated, lettered, form }) => {
      const text = form.replace('X', options[stated] ?? '').replace(/L(?![a-z])/, String.fromCharCode(65 + lettered));
      expect({ text, paid: paidKeys(text, options) }).toEqual({ text, paid: [] });
    }),
    { numRuns: 400 },
  );
});

describe('a denial', () => {
  const denials = [
    'not X',
    'X is wrong',
    'X is not correct',
    'X can be ruled out',
    'rather than X',
    'instead of X',
    'it is not X',
    'nicht X',
    '不是X',
    'pas X',
    'I doubt that it is X',
    'ich bezweifle, dass es X ist',
    'je doute que ce soit X',
    'dudo que sea X',
    'сомневаюсь, что это X',
    'X does not fit',
    'X scheidet aus',
  ];
  it('never pays what it denies', () => {
    fc.assert(
      fc.property(twoOptions, fc.constantFrom(...denials), ({ options, first, firstOption, wrap }, denial) => {
        // `No scheidet aus` is English and German in one: nobody writes it.
        if (first === 'No' && denial.endsWith('scheidet aus')) return;
        const paid = paidKeys(wrap(denial.replace('X', first)), options);
        expect(paid).not.toContain(firstOption);
      }),
      { numRuns: 400 },
    );
  });

  it('beside a statement pays the statement or nothing', () => {
    fc.assert(
      fc.property(twoOptions, fc.constantFrom(...denials), ({ options, first, second, firstOption, wrap }, denial) => {
        const paid = paidKeys(wrap(`${second}, ${denial.replace('X', first)}`), options);
        expect(paid).not.toContain(firstOption);
      }),
      { numRuns: 400 },
    );
  });
});

it('never reads a bound, a range or a product as the number in it', () => {
  const around = [
    'less than N',
    'more than N',
    '< N',
    'at least N',
    'N or more',
    'up to N',
    'N x 3',
    '1-N',
    'between 1 and N',
    'N^2',
    'under N',
    'mindestens N',
    'plus de N',
    '小于N',
    'N+',
    '1/N',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...around),
      fc.integer({ min: 4, max: 99 }),
      fc.constantFrom('', ' cm', ' mm', ' %'),
      (form, n, unit) => {
        const options = [n, n + 1, 3].map((value) => `${value}${unit}`);
        expect(extract(`<answer>${form.replace('N', String(n))}${unit}</answer>`, options).answer).toBeNull();
      },
    ),
  );
});

it('reads a number in every common writing and never cuts it at a separator', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 9_999_999 }), (n) => {
      const groups = n.toLocaleString('en-US').split(',');
      const options = [String(n), groups[0] as string, groups.at(-1) as string, String(n + 1)];
      if (new Set(options.map(Number)).size < options.length) return;
      for (const separator of [',', ' ', '\u202f', "'", ''])
        expect(extract(`<answer>${groups.join(separator)}</answer>`, options).answer).toBe(String(n));
    }),
  );
});
