/** The reply parser against any text: it takes what is a sample, and says of all else why it is none. */
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { renderReply } from '../../src/prompts/generator-prompt.js';
import { dropReasons, parseReply } from '../../src/prompts/parse.js';
import { comparable } from '../../src/reward/words/normal-text.js';
import { questionTypes, sampleSchema } from '../../src/sample.js';

let tried = 0;
afterAll(() => console.info(`reply parser: ${tried} texts tried`));

const words = fc.string({ unit: 'binary', maxLength: 40 });
const plain = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9 .,%-]{0,30}$/);
const anything = fc.oneof(words, fc.constantFrom('<answer>', 'A', 'A) ', '', '\u0000', '\ud800'), plain);

/** Near a reply: fields of any kind, missing, repeated or misspelt. */
const nearly = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        question: fc.oneof(anything, fc.jsonValue()),
        options: fc.oneof(fc.array(anything, { maxLength: 7 }), fc.jsonValue()),
        rationale: fc.oneof(anything, fc.jsonValue()),
        answer: fc.oneof(anything, fc.jsonValue()),
        questionType: fc.oneof(fc.constantFrom(...questionTypes), anything),
        anwser: anything,
      },
      { requiredKeys: [] },
    )
    .map((reply) => JSON.stringify(reply)),
  words,
);
const dressed = fc
  .tuple(fc.constantFrom('', '```json\n', '\ufeff', ' '), nearly, fc.constantFrom('', '\n```', '}'))
  .map((parts) => parts.join(''));

describe('the reply parser', () => {
  it('never throws, names a known reason, and gives only fields of a sample', () => {
    fc.assert(
      fc.property(
        dressed,
        fc.constantFrom(...questionTypes),
        fc.constantFrom(undefined, 'stop', 'max-tokens', 'blocked', 'empty'),
        fc.option(fc.nat(200), { nil: undefined }),
        (text, questionType, finish, maxCharacters) => {
          tried++;
          const parsed = parseReply(text, { questionType, finish, maxCharacters });
          if (!parsed.ok) {
            expect(dropReasons).toContain(parsed.reason);
            expect(parsed.detail.length).toBeLessThanOrEqual(500);
            return;
          }
          const { fields } = parsed;
          expect(text.length).toBeLessThanOrEqual(maxCharacters ?? Number.POSITIVE_INFINITY);
          expect([undefined, 'stop']).toContain(finish);
          sampleSchema
            .pick({ question: true, options: true, answer: true, rationale: true, questionType: true })
            .parse(fields);
          expect(fields.questionType).toBe(questionType);
          if (fields.options.length > 0) expect(fields.options).toContain(fields.answer);
          expect(new Set(fields.options.map((option) => comparable(option))).size).toBe(fields.options.length);
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('reads back what a sample is written as', () => {
    const samples = fc
      .record({
        question: plain.map((text) => `${text} what`),
        options: fc.uniqueArray(plain, { minLength: 2, maxLength: 5, selector: (option) => comparable(option) }),
        rationale: plain,
        questionType: fc.constantFrom(...questionTypes),
      })
      .filter(({ options }) => options.every((option) => comparable(option) !== ''))
      .map((sample) => ({ ...sample, answer: sample.options[0] ?? '' }));
    fc.assert(
      fc.property(samples, (sample) => {
        tried++;
        const parsed = parseReply(renderReply(sample), { questionType: sample.questionType });
        expect(parsed).toMatchObject({
          ok: true,
          fields: { answer: tidy(sample.answer), rationale: tidy(sample.rationale) },
        });
      }),
      { numRuns: 1000 },
    );
  });
});

const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim();
