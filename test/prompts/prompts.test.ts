import { describe, expect, it } from 'vitest';
import { buildGeneratorPrompt, questionTypeOfPrompt, strategyOfPrompt } from '../../src/prompts/generator-prompt.js';
import { dropReasons, parseReply } from '../../src/prompts/parse.js';
import { renderPolicyPrompt, renderQuery, renderResponse } from '../../src/prompts/policy-prompt.js';
import { extract } from '../../src/reward/reading/extract.js';
import { questionTypes, strategies } from '../../src/sample.js';
import { makeSample } from '../helpers/sample.js';

describe('policy text', () => {
  it('shows options by letter and responses by blocks', () => {
    const sample = makeSample({ options: ['CT', 'MRI'], rationale: 'Bright fat.' });
    expect(renderQuery(sample)).toBe('Which imaging method was used?\nA) CT\nB) MRI');
    expect(renderResponse(sample)).toBe('<think>Bright fat.</think><answer>MRI</answer>');
    expect(renderResponse({ rationale: ' ', answer: 'MRI' })).toBe('<answer>MRI</answer>');
    expect(extract(renderResponse(sample), sample.options)).toEqual({ answer: 'MRI', wellFormed: true });
    expect(renderPolicyPrompt(sample, 'none')).toBe(renderQuery(sample));
    expect(renderPolicyPrompt(sample, 'think')).toContain('<think>');
    expect(renderPolicyPrompt(sample, 'answer')).not.toContain('<think>');
  });
});

describe('generator prompts', () => {
  it('can be read back: strategy from the system text, question type from the prompt', () => {
    for (const strategy of strategies) {
      for (const questionType of questionTypes) {
        const built = buildGeneratorPrompt({ strategy, questionType, exemplars: [makeSample()] });
        expect(strategyOfPrompt(built.system)).toBe(strategy);
        expect(questionTypeOfPrompt(built.prompt)).toBe(questionType);
      }
    }
    expect(strategyOfPrompt('something else')).toBeNull();
    expect(questionTypeOfPrompt('something else')).toBeNull();
  });

  it('tells the modality and shows exemplars', () => {
    const request = { strategy: 'direct', questionType: 'lesion grading', exemplars: [] } as const;
    const plain = buildGeneratorPrompt(request);
    expect(buildGeneratorPrompt(request)).toEqual(plain);
    expect(buildGeneratorPrompt({ ...request, modality: 'unknown' })).toEqual(plain);
    const full = buildGeneratorPrompt({ ...request, modality: 'CT', exemplars: [makeSample()] });
    expect(full.prompt).not.toBe(plain.prompt);
    expect(full.prompt).toContain('Imaging modality: CT');
    expect(full.prompt).toContain('"answer":"MRI"');
  });
});

describe('parseReply', () => {
  const context = { questionType: 'modality recognition' } as const;
  const reply = { question: ' Which  method? ', options: ['CT', 'MRI'], rationale: 'Dark bone.', answer: 'MRI' };
  const parse = (change: object = {}) => parseReply(JSON.stringify({ ...reply, ...change }), context);

  it('takes an answer as text or letter and stores the option', () => {
    const fields = {
      question: 'Which method?',
      options: ['CT', 'MRI'],
      rationale: 'Dark bone.',
      answer: 'MRI',
      questionType: 'modality recognition',
    };
    for (const answer of ['MRI', 'mri.', 'B', '(b)', 'B) MRI']) expect(parse({ answer })).toEqual({ ok: true, fields });
    expect(parse({ options: ['A) CT', 'B) MRI'], answer: 'B) MRI' })).toEqual({ ok: true, fields });
    expect(parseReply(`\`\`\`json\n${JSON.stringify(reply)}\n\`\`\``, context)).toEqual({ ok: true, fields });
  });

  it('takes an open question', () => {
    expect(parse({ options: [], answer: ' left  lung ' })).toMatchObject({
      ok: true,
      fields: { options: [], answer: 'left lung' },
    });
  });

  it.each([
    ['malformed-json', 'Here you are: {"question": 1}'],
    ['malformed-json', JSON.stringify(reply).slice(0, -5)],
    ['empty', '  '],
    ['schema', '[]'],
    ['schema', JSON.stringify({ ...reply, rationale: '<answer>CT</answer>' })],
    ['schema', JSON.stringify({ ...reply, options: Array.from({ length: 11 }, (_, i) => `size ${i}`) })],
    ['one-option', JSON.stringify({ ...reply, options: ['MRI'] })],
    ['duplicate-options', JSON.stringify({ ...reply, options: ['MRI', 'mri.'] })],
    ['answer-not-in-options', JSON.stringify({ ...reply, answer: 'PET' })],
    ['answer-not-in-options', JSON.stringify({ ...reply, answer: 'MRI or CT' })],
    ['answer-not-in-options', JSON.stringify({ ...reply, answer: 'A) MRI' })],
    ['special-token', JSON.stringify({ ...reply, rationale: 'Seen.<|im_end|>' })],
    ['wrong-question-type', JSON.stringify({ ...reply, questionType: 'lesion grading' })],
  ])('drops with reason %s: %s', (reason, text) => {
    expect(dropReasons).toContain(reason);
    expect(parseReply(text, context)).toMatchObject({ ok: false, reason });
  });

  it('believes the provider about how a reply ended', () => {
    expect(parseReply('', { ...context, finish: 'blocked' })).toMatchObject({ reason: 'blocked' });
    expect(parseReply('{', { ...context, finish: 'max-tokens' })).toMatchObject({ reason: 'truncated' });
    expect(parseReply('', { ...context, finish: 'empty' })).toMatchObject({ reason: 'empty' });
  });
});
