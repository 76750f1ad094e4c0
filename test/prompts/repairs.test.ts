/** Replies as models write them: what is only written otherwise is read, what could mean something else is not. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReply } from '../../src/prompts/parse.js';
import { replyRepairs } from '../../src/prompts/replies/reply-repairs.js';

const context = { questionType: 'modality recognition', finish: 'stop' } as const;
const sample = { question: 'Which method?', options: ['CT', 'MRI'], rationale: 'Dark bone.', answer: 'MRI' };
const json = JSON.stringify(sample);
const fields = { ...sample, questionType: 'modality recognition' };
const change = (other: object): string => JSON.stringify({ ...sample, ...other });
const told = (rest: string): string => `{"question":"Which method?","rationale":"Dark bone.",${rest}}`;

const read: readonly (readonly [string, string])[] = [
  ['prose before', `Here is the sample you asked for:\n\n${json}`],
  ['prose around a fence', `Sure!\n\`\`\`json\n${json}\n\`\`\`\nLet me know {if} it fits.`],
  ['a fence of one line', `\`\`\`json ${json} \`\`\``],
  ['a fence of another name', `\`\`\`javascript\n${json}\n\`\`\``],
  ['a fence that is not closed', `\`\`\`json\n${json}`],
  ['tildes', `~~~json\n${json}\n~~~`],
  ['trailing commas', told('"options":["CT","MRI",],"answer":"MRI",')],
  ['comments', `{ // a sample\n${told('"options":["CT","MRI"] /* two */,"answer":"MRI"').slice(1)}`],
  ['a comment behind the answer', told('"options":["CT","MRI"],"answer":"MRI" // clear\n')],
  ['a byte-order mark', `\ufeff${json}`],
  ['a byte-order mark within a fence', `\`\`\`json\n\ufeff${json}\n\`\`\``],
  ['zero-width characters', `\u200b{\u200b${json.slice(1)}`],
  ['zero-width characters in a word', change({ answer: 'M\u200bRI' })],
  ['no-break spaces between', json.replaceAll(',', ',\u00a0')],
  ['an extra field', change({ confidence: 0.9 })],
  ['an extra field that is no number', `${json.slice(0, -1)},"confidence":NaN}`],
  ['an extra object', change({ metadata: { source: 'x', tags: ['a'] } })],
  ['null for what may be left out', change({ questionType: null, reflection: null })],
  ['None for what may be left out', `{"reflection": None, "done": True, ${json.slice(1)}`],
  ['undefined for what may be left out', `{"reflection": undefined, ${json.slice(1)}`],
  ['a list of one', `[${json}]`],
  ['a list of one in a fence', `\`\`\`\n[${json}]\n\`\`\``],
  ['the same object twice', `${json}\n${json}`],
  ['the same object in prose twice', `Draft: ${json}\nFinal: ${json}`],
  ['another object before', `{"step": 1}\n${json}`],
  ['a wrapper', JSON.stringify({ sample })],
  ['a wrapper of lists', JSON.stringify({ id: 7, samples: [sample] })],
  ['two wrappers', JSON.stringify({ result: { data: sample } })],
  [
    'a question with parts',
    JSON.stringify({
      question: { text: sample.question, options: sample.options },
      rationale: sample.rationale,
      answer: 'MRI',
    }),
  ],
  ['a sample under question', JSON.stringify({ question: sample })],
  ['a tool call', JSON.stringify({ name: 'write_sample', arguments: sample })],
  ['a tool call with a text', JSON.stringify({ type: 'function', function: { name: 'write', arguments: json } })],
  ['the tags of a tool call', `<tool_call>\n{"name": "write", "arguments": ${json}}\n</tool_call>`],
  ['a text of JSON', JSON.stringify(json)],
  ['escaped quotes', json.replaceAll('"', String.raw`\"`)],
  ['HTML', json.replaceAll('"', '&quot;')],
  ['thoughts before', `<think>CT? {"answer":"CT"} No.</think>\n${json}`],
  ['only the end of thoughts', `CT or {MRI}?</think>${json}`],
  ['thoughts after a word', `Well. <thinking>hmm</thinking> ${json}`],
  ['bold around', `**${json}**`],
  ['bold within', change({ answer: '**MRI**', options: ['**CT**', '**MRI**'] })],
  ['single quotes', json.replaceAll('"', "'")],
  ['quotes of print', json.replaceAll(/"([^"]*)"/g, '“$1”')],
  ['bare names', json.replaceAll(/"(\w+)":/g, '$1: ')],
  ['a bare word', told('"options":["CT","MRI"],"answer":MRI')],
  ['a line break in a text', json.replace('Which method', 'Which\nmethod')],
  ['no comma between lines', told('"options":["CT","MRI"]\n"answer":"MRI"')],
  ['names in capitals', told('"Options":["CT","MRI"],"ANSWER":"MRI"')],
  ['choices', told('"choices":["CT","MRI"],"correct_answer":"MRI"')],
  ['the same field twice alike', told('"options":["CT","MRI"],"answer":"MRI","answer":"MRI"')],
  ['the answer by letter', change({ answer: 'B' })],
  ['the answer by letter and text', change({ answer: 'B. MRI' })],
  ['the answer by letter and dash', change({ answer: 'B - MRI' })],
  ['the answer by text and letter', change({ answer: 'MRI (B)' })],
  ['the answer as Option B', change({ answer: 'Option B' })],
  ['the answer in other case', change({ answer: 'mri' })],
  ['the answer in a list', change({ answer: ['MRI'] })],
  ['the letter in a list', change({ answer: ['B'] })],
  ['the answer as an object', change({ answer: { label: 'B', text: 'MRI' } })],
  ['options by letter', change({ options: { A: 'CT', B: 'MRI' }, answer: 'B' })],
  ['options by letter, turned', change({ options: { B: 'MRI', A: 'CT' }, answer: 'B' })],
  ['options by letter, answer as text', change({ options: { A: 'CT', B: 'MRI' } })],
  ['options by number', change({ options: { 1: 'CT', 2: 'MRI' }, answer: '2' })],
  ['options by number as numbers', change({ options: { 1: 'CT', 2: 'MRI' }, answer: 2 })],
  [
    'options as objects',
    change({
      options: [
        { label: 'A', text: 'CT' },
        { label: 'B', text: 'MRI' },
      ],
      answer: 'B',
    }),
  ],
  ['options as objects of one', change({ options: [{ A: 'CT' }, { B: 'MRI' }], answer: 'B' })],
  ['options in lines', change({ options: 'A) CT\nB) MRI', answer: 'B' })],
  ['options in one line', change({ options: 'A. CT, B. MRI', answer: 'B' })],
  ['options by small letter', change({ options: { a: 'CT', b: 'MRI' }, answer: 'b' })],
  ['the answer with its name', change({ answer: 'Answer: B)' })],
  ['the answer with a full stop', change({ answer: 'MRI.' })],
  ['the answer again by letter', change({ answer_letter: 'B', correct_option: 'MRI' })],
  ['a fence in a fence', `\`\`\`json\n\`\`\`json\n${json}\n\`\`\`\n\`\`\``],
  ['a byte-order mark within', change({ answer: 'M\ufeffRI' }).replace(',', ',\ufeff')],
  ['a field named as what every object has', change({ constructor: 'x', toString: 'y' })],
  ['steps as a list', change({ rationale: ['Dark', 'bone.'] })],
  ['the type in other letters', change({ questionType: 'Modality_Recognition' })],
];

const dropped: readonly (readonly [string, string])[] = [
  ['two that differ', `${json}\n${change({ answer: 'CT' })}`],
  ['a list of two that differ', `[${json},${change({ answer: 'CT' })}]`],
  ['a field twice that differs', `${json.slice(0, -1)},"answer":"CT"}`],
  ['a field under two names that differs', change({ Answer: 'CT' })],
  ['an answer under two names that differ', change({ correct_answer: 'CT' })],
  ['a wrapper that says otherwise', JSON.stringify({ ...sample, question: { text: 'What?', answer: 'CT' } })],
  ['an answer again that differs', change({ answer_letter: 'A' })],
  ['two letters', change({ answer: 'A and B' })],
  ['two letters with a stroke', change({ answer: 'A/B' })],
  [
    'options in one line whose letters do not follow',
    change({ options: 'A. CT with C. difficile, B. MRI', answer: 'B' }),
  ],
  ['an escape that is cut', told(String.raw`"options":["CT","MRI \u00b"],"answer":"CT"`)],
  ['a draft and another end', `Draft: ${change({ answer: 'CT' })} Final: ${json}`],
  ['an index', change({ answer: 1 })],
  ['an index beside no answer', told('"options":["CT","MRI"],"answer_index":1')],
  ['two answers', change({ answer: ['CT', 'MRI'] })],
  ['a letter that contradicts its text', change({ answer: 'A. MRI' })],
  ['a letter behind that contradicts its text', change({ answer: 'MRI (A)' })],
  ['an object that contradicts itself', change({ answer: { label: 'A', text: 'MRI' } })],
  ['a letter beyond the options', change({ answer: 'C' })],
  ['a letter that options give another', change({ options: ['B) CT', 'A) MRI'], answer: 'A' })],
  ['a letter that one option gives another', change({ options: ['CT', 'MRI', 'B) PET'], answer: 'Option B' })],
  ['a letter that options do not have', change({ options: ['B) CT', 'C) MRI'], answer: 'A' })],
  ['a letter that an abbreviation has', change({ options: ['B. burgdorferi', 'A. fumigatus'], answer: 'B' })],
  ['a character that decoding lost', change({ answer: 'MR\ufffd' })],
  ['a character lost in an option', change({ options: ['R\ufffdntgen', 'MRI'] })],
  ['half a pair of surrogates', change({ question: 'Which \ud83d method?' })],
  ['a control character', change({ rationale: 'Dark\u0000 bone.' })],
  ['options as marks', change({ options: { CT: false, MRI: true } })],
  ['options in a sentence', change({ options: 'CT, MRI' })],
  ['a letter without options', change({ options: null, answer: 'B' })],
  ['no answer', '{"question":"Which method?","options":["CT","MRI"],"rationale":"x"}'],
  ['a null answer', change({ answer: null })],
  ['an answer that is no number', told('"options":["CT","NaN"],"answer":NaN')],
  ['no rationale', '{"question":"Which method?","options":["CT","MRI"],"answer":"CT"}'],
  ['left-out options', told('"options":["CT","MRI", ...],"answer":"MRI"')],
  ['prose alone', 'I cannot see the image well enough to write a question.'],
  ['thoughts without an end', `<think>The question is ${json}`],
  ['quotes that may cut a text in two', told('"options":["CT","the "big", "small" one"],"answer":"CT"')],
  ['a part of an object', `${json.slice(0, -15)}]},"answer":"CT"}`],
  ['a sample within what is cut', `{"samples":[${json},{"question":"An`],
];

describe('a reply that is only written otherwise', () => {
  it.each(read)('is read: %s', (_, text) => {
    expect(parseReply(text, context)).toMatchObject({ ok: true, fields });
  });

  it('tells how it was mended, and only then', () => {
    expect(parseReply(json, context)).toEqual({ ok: true, fields });
    expect(parseReply(`\`\`\`json\n${json}\n\`\`\``, context)).toEqual({ ok: true, fields });
    for (const [name, text] of read) {
      const parsed = parseReply(text, context);
      const repairs = parsed.ok ? (parsed.repairs ?? []) : [];
      for (const repair of repairs) expect(replyRepairs, name).toContain(repair);
    }
    expect(parseReply(`So: ${json.slice(0, -1)},}`, context)).toMatchObject({ repairs: ['surroundings', 'syntax'] });
    expect(parseReply(change({ note: 1, reflection: null }), context)).toMatchObject({
      repairs: ['extra-field', 'null-field'],
    });
  });

  it('keeps numbers as they are written', () => {
    const text = '{"question":"How long, in cm?","options":[1.50, 2.0],"rationale":"r","answer":1.50}';
    expect(parseReply(text, context)).toMatchObject({ ok: true, fields: { options: ['1.50', '2.0'], answer: '1.50' } });
  });

  it('keeps the commands of LaTeX, whose backslash was not written twice', () => {
    const said = String.raw`5 \mu m \pm 2 \% \times \beta, \frac12`;
    const text = change({ rationale: 'HERE' }).replace('HERE', `${said}\\nthen \\\\gamma`);
    const rationale = String.raw`5 \mu m \pm 2 \% \times \beta, \frac12 then \gamma`;
    expect(parseReply(text, context)).toMatchObject({ ok: true, fields: { rationale }, repairs: ['syntax'] });
    expect(parseReply(`So: ${text}`, context)).toMatchObject({ ok: true, fields: { rationale } });
  });

  it('keeps quotes within a text', () => {
    const text = told('"options":["the "halo" sign","none"],"answer":"none"');
    expect(parseReply(text, context)).toMatchObject({ ok: true, fields: { options: ['the "halo" sign', 'none'] } });
    const single = "{'question':'What's this?','options':[],'rationale':'','answer':'Crohn's disease'}";
    expect(parseReply(single, context)).toMatchObject({ ok: true, fields: { answer: "Crohn's disease" } });
  });
});

describe('a reply that could mean something else', () => {
  it.each(dropped)('is dropped: %s', (_, text) => {
    expect(parseReply(text, context)).toMatchObject({ ok: false });
  });

  it('names the field that stands twice', () => {
    expect(parseReply(change({ Answer: 'CT' }), context)).toMatchObject({
      detail: expect.stringContaining('answer: stands twice') as string,
    });
  });

  it('is dropped in no time, of whatever length', () => {
    const begun = performance.now();
    for (const text of ['['.repeat(20_000), '{"a":'.repeat(20_000), 'a {'.repeat(20_000)])
      expect(parseReply(text, context)).toMatchObject({ ok: false, reason: 'malformed-json' });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it('is never one that was cut, wherever, however it is written', () => {
    const wrong = [['plain', json] as const, ...read].flatMap(([name, text]) => {
      // Up to the end of the object; one that stands twice is whole in the middle.
      const end = name.includes('twice') ? text.indexOf('}') : text.lastIndexOf('answer');
      const whole = parseReply(text, context);
      const cuts = Array.from({ length: end }, (_, length) => parseReply(text.slice(0, length), context));
      return cuts.filter((cut) => cut.ok && (!whole.ok || cut.fields.answer !== whole.fields.answer)).map(() => name);
    });
    expect(wrong).toEqual([]);
  });
});

const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9 '"“.,:;{}[\]/*#<>()\\%-]{0,30}[a-zA-Z]$/);
// Bold is taken off, which the table above shows.
const samples = fc
  .record({ question: word, rationale: word, options: fc.uniqueArray(word, { minLength: 2, maxLength: 5 }) })
  .filter((one) => !JSON.stringify(one).includes('**'))
  .map((one) => ({ ...one, answer: one.options[0] ?? '' }));

describe('repair', () => {
  it('never changes what a valid reply says', () => {
    fc.assert(
      fc.property(samples, (valid) => {
        const parsed = parseReply(JSON.stringify(valid), context);
        if (!parsed.ok) return expect(parsed.reason).not.toBe('malformed-json');
        expect(parsed.repairs).toBeUndefined();
        expect(parsed.fields).toEqual({
          ...fields,
          ...Object.fromEntries(
            Object.entries(valid).map(([name, text]) => [name, Array.isArray(text) ? text.map(tidy) : tidy(text)]),
          ),
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same for every other way to write it, or nothing', () => {
    const ways: readonly ((valid: string) => string)[] = [
      (valid) => `Here: ${valid} Done.`,
      (valid) => `${valid.slice(0, -1)},}`,
      (valid) => `{/* a */${valid.slice(1)}`,
      (valid) => JSON.stringify(valid),
      (valid) => `[${valid}]`,
      (valid) => `{"sample":${valid}}`,
      (valid) => (valid.includes(String.raw`\"`) ? valid : valid.replaceAll('"', "'")),
      (valid) => valid.replaceAll(/(?<=[{,[:])"|"(?=[,:}\]])/g, '“'),
      (valid) => valid.replaceAll(String.raw`\"`, '"'),
      (valid) => valid.replaceAll('"', String.raw`\"`),
      (valid) => valid.replaceAll('"', '&quot;'),
      (valid) => valid.replaceAll(/"(\w+)":/g, '$1:'),
    ];
    let same = 0;
    fc.assert(
      fc.property(samples, fc.constantFrom(...ways), (valid, way) => {
        const plain = JSON.stringify(valid);
        const [one, other] = [parseReply(plain, context), parseReply(way(plain), context)];
        if (!other.ok) return;
        same++;
        expect(other.fields).toEqual(one.ok ? one.fields : null);
      }),
      { numRuns: 4000 },
    );
    expect(same).toBeGreaterThan(1000);
  });
});

const file = join(import.meta.dirname, '..', '..', '..', 'shared', 'cases', 'replies.jsonl');
it.skipIf(!existsSync(file))('reads the collected replies as their field says', () => {
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; reply: string; usable: boolean });
  const wrong = rows.filter(({ reply, usable }) => parseReply(reply, context).ok !== usable);
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
