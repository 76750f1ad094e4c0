/** Several questions about an image in one request: each its own sample, with its own provenance and its own reason to be dropped. */
import { afterEach, describe, expect, it } from 'vitest';
import { generateCandidates, type CandidateOptions } from '../helpers/generate-candidates.js';
import type { GenerationTask } from '../../src/generation/asking/generation-request.js';
import { openReplyCache } from '../../src/generation/replies/reply-cache.js';
import { cycleTasks } from '../../src/loop/generator/cycle-tasks.js';
import { aroundImage, buildGeneratorPrompt, questionTypesOfPrompt, strategyOfPrompt } from '../../src/prompts/index.js';
import { parseReplies, replySchemaOf } from '../../src/prompts/parse.js';
import { geminiProvider } from '../../src/providers/gemini.js';
import { openAiProvider } from '../../src/providers/openai.js';
import { jsonForm, strictJsonSchema } from '../../src/providers/reply-form.js';
import { geminiResponseSchema } from '../../src/providers/response-schema.js';
import { startTeacherServer } from '../../src/providers/simulated/simulated-server.js';
import { questionTypes, strategies } from '../../src/sample.js';
import { makeSample } from '../helpers/sample.js';
import { book, Folder, quickRetry } from './support.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
function newFolder(): Folder {
  const folder = new Folder();
  closers.push(() => folder[Symbol.dispose]());
  return folder;
}
const several = (tasks: readonly GenerationTask[], count: number): GenerationTask[] =>
  tasks.map((task) => ({ ...task, questionType: questionTypes[0], questionTypes: questionTypes.slice(0, count) }));
const [first, second, third] = questionTypes;
const said = (questionType: string | undefined, question: string, answer = 'a cyst') => ({
  ...(questionType === undefined ? {} : { questionType }),
  question,
  options: ['a mass', 'a cyst'],
  rationale: 'Seen.',
  answer,
});
const parse = (samples: readonly object[], asked = [first, second, third]) =>
  parseReplies(JSON.stringify({ samples }), asked, { finish: 'stop' });
const shown = (parsed: ReturnType<typeof parse>): string[] =>
  parsed.map((one) => (one.ok ? `${one.fields.questionType}: ${one.fields.question}` : one.reason));

describe('a reply with several samples', () => {
  it('gives each its place by its type, else by its order', () => {
    const samples = [said(third, 'C?'), said(undefined, 'A?'), said(second, 'B?')];
    expect(shown(parse(samples))).toEqual([`${first}: A?`, `${second}: B?`, `${third}: C?`]);
    for (const one of parse(samples)) expect(one).not.toHaveProperty('repairs');
  });

  it('loses only what is wrong with each', () => {
    const samples = [
      said(first, 'A?', 'a fracture'),
      said(second, 'B?'),
      { ...said(third, 'C?'), options: ['a mass'] },
    ];
    expect(shown(parse(samples))).toEqual(['answer-not-in-options', `${second}: B?`, 'one-option']);
    expect(shown(parse([said(first, 'A?')]))).toEqual([`${first}: A?`, 'sample-missing', 'sample-missing']);
    const four = [said(first, 'A?'), said(second, 'B?'), said(third, 'C?'), said(first, 'D?')];
    expect(shown(parse(four))).toEqual([`${first}: A?`, `${second}: B?`, `${third}: C?`, 'sample-not-asked-for']);
    expect(shown(parse([said(first, 'A?'), said(first, 'B?'), said(third, 'C?')]))).toEqual([
      `${first}: A?`,
      'wrong-question-type',
      `${third}: C?`,
    ]);
  });

  it('gives no type to one that names none, where another of the list is lost', () => {
    const samples = [said(undefined, 'A?'), { error: 'too dark' }, said(undefined, 'C?')];
    expect(shown(parse(samples))).toEqual(['wrong-question-type', 'wrong-question-type', 'sample-missing']);
    expect(shown(parse([said(undefined, 'A?'), {}, said(third, 'C?')]))).toEqual([
      'wrong-question-type',
      'sample-missing',
      `${third}: C?`,
    ]);
    expect(shown(parse(samples, [first, first, first]))).toEqual([`${first}: A?`, `${first}: C?`, 'sample-missing']);
  });

  it('asks nothing twice, and trusts neither of two that contradict each other', () => {
    expect(shown(parse([said(first, 'A?'), said(second, 'A?'), said(third, 'C?')]))).toEqual([
      `${first}: A?`,
      'same-question',
      `${third}: C?`,
    ]);
    expect(shown(parse([said(first, 'A?'), said(second, 'a', 'a mass'), said(third, 'C?')]))).toEqual([
      'same-question',
      'same-question',
      `${third}: C?`,
    ]);
  });

  it('is read as a list, in a fence, or one object after another; and is lost as a whole where it is cut or withheld', () => {
    const samples = [said(first, 'A?'), said(second, 'B?'), said(third, 'C?')];
    const asked = [first, second, third];
    const whole = [`${first}: A?`, `${second}: B?`, `${third}: C?`];
    const read = (text: string, finish: 'stop' | 'max-tokens' | 'blocked' = 'stop') =>
      shown(parseReplies(text, asked, { finish }));
    expect(read(JSON.stringify(samples))).toEqual(whole);
    expect(read(`Here:\n\`\`\`json\n${JSON.stringify({ samples })}\n\`\`\``)).toEqual(whole);
    expect(read(samples.map((sample) => JSON.stringify(sample)).join('\n'))).toEqual(whole);
    expect(read(JSON.stringify({ samples }).slice(0, -20))).toEqual(Array(3).fill('malformed-json'));
    expect(read('{"samples":[', 'max-tokens')).toEqual(Array(3).fill('truncated'));
    expect(read('', 'blocked')).toEqual(Array(3).fill('blocked'));
    expect(read('{"samples":[]}')).toEqual(Array(3).fill('schema'));
  });
});

describe('a prompt', () => {
  it('for several can be read back, and for one is what it always was', () => {
    for (const strategy of strategies) {
      const asked = [...questionTypes];
      const prompt = buildGeneratorPrompt({ strategy, questionType: first, questionTypes: asked, exemplars: [] });
      expect(strategyOfPrompt(prompt.system)).toBe(strategy);
      expect(questionTypesOfPrompt(prompt.prompt)).toEqual(asked);
      expect(prompt.system).not.toContain('exactly one question');
      const one = buildGeneratorPrompt({ strategy, questionType: first, exemplars: [] });
      expect(buildGeneratorPrompt({ strategy, questionType: first, questionTypes: [first], exemplars: [] })).toEqual(
        one,
      );
      expect(one.imageAt).toBe(0);
    }
  });

  it('begins alike for all images of a kind: what differs stands behind the image', () => {
    const exemplars = [makeSample()];
    const heads = (['CT', 'MRI', 'unknown'] as const).map((modality) => {
      const { prompt, imageAt } = buildGeneratorPrompt({
        strategy: 'direct',
        questionType: first,
        modality,
        exemplars,
      });
      const [before, behind] = aroundImage(prompt, imageAt);
      expect(behind).toContain('Write one sample');
      expect(behind).not.toContain('"answer"');
      return before;
    });
    expect(new Set(heads).size).toBe(1);
    expect(heads[0]).toContain('"answer":"MRI"');
  });

  it('tells the form of several in words and as a schema', () => {
    const schema = replySchemaOf(3);
    expect(replySchemaOf(3)).toBe(schema);
    expect(jsonForm(schema)).toMatch(/one field "samples", a list of objects[\s\S]*- "rationale"[\s\S]*- "answer"/);
    expect(JSON.stringify(strictJsonSchema(schema))).toContain('"required":["samples"]');
    expect(JSON.stringify(geminiResponseSchema(schema))).toContain('"maxItems":3');
  });
});

describe.each(['gemini', 'openai'] as const)('several questions in one request, as %s', (protocol) => {
  async function setUp(faults = {}) {
    const folder = newFolder();
    const server = await startTeacherServer({ book, faults });
    closers.push(() => server.close());
    const model = 'simulated-teacher';
    const provider =
      protocol === 'gemini'
        ? geminiProvider({ model, apiKey: 'key', baseUrl: server.url })
        : openAiProvider({ model, baseUrl: `${server.url}/v1` });
    const generate = async (tasks: readonly GenerationTask[], options: Partial<CandidateOptions> = {}) => {
      using cache = openReplyCache(folder.file('replies.jsonl'));
      return await generateCandidates({ tasks, provider, cache, cycle: 1, retry: quickRetry, ...options });
    };
    return { folder, server, generate };
  }

  // The book asks the same of one image whatever the type, but for the type: that is told apart here by the first only.
  it('cost a fraction, are counted one by one, and are never asked again', async () => {
    const { folder, server, generate } = await setUp();
    const tasks = folder.tasks(6);
    const one = await generate(tasks);
    const many = await generate(several(tasks, 5));
    expect(server.counts().requests).toBe(12);
    expect(many.progress).toMatchObject({ total: 30, done: 30, answered: 6 });
    expect(many.samples.length + many.dropped.length).toBe(30);
    expect(many.dropped.every(({ reason }) => reason === 'same-question')).toBe(true);
    const ids = [...many.samples.map(({ id }) => id), ...many.dropped.map(({ taskId }) => taskId)];
    expect(new Set([...ids, ...one.samples.map(({ id }) => id)]).size).toBe(36);
    for (const { provenance } of many.samples)
      expect(provenance).toMatchObject({ model: 'simulated-teacher', cycle: 1 });
    // The image is paid once for five questions.
    expect(many.progress.inputTokens / 30).toBeLessThan(one.progress.inputTokens / 6 / 2.5);
    expect(await generate(several(tasks, 5))).toMatchObject({ samples: many.samples, dropped: many.dropped });
    expect(server.counts().requests).toBe(12);
  });

  it('are dropped together where the reply is blocked', async () => {
    const { folder, generate } = await setUp({ blocked: 1 });
    const { dropped, progress } = await generate(several(folder.tasks(2), 3));
    expect(dropped.map(({ reason }) => reason)).toEqual(Array(6).fill('blocked'));
    expect(progress).toMatchObject({ total: 6, done: 6, answered: 2, dropped: { blocked: 6 } });
  });
});

it('a cycle asks each image as many types as it allows, and others in its next turn', () => {
  const pool = [{ image: 'a.png', imageHash: 'a', modality: 'CT' as const }];
  const asked = { pool, strategies: ['direct' as const], questionTypes, images: 1, seed: 1 };
  const types = (cycle: number, questionsPerImage: number) =>
    cycleTasks({ ...asked, cycle, questionsPerImage }).map((task) => task.questionTypes ?? [task.questionType]);
  expect(new Set(types(1, 5)[0]).size).toBe(5);
  expect([...(types(1, 2)[0] ?? []), ...(types(2, 2)[0] ?? [])]).toHaveLength(4);
  expect(new Set([types(1, 2), types(2, 2)].flat(2)).size).toBe(4);
  expect(cycleTasks({ ...asked, cycle: 1 })[0]).not.toHaveProperty('questionTypes');
});
