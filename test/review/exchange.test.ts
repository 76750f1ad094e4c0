/** A queue to Label Studio and Argilla and back: the same verdicts, once, and what is wrong with the others in words. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/commands/run-command.js';
import { reviewCommand } from '../../src/cli/commands/review-command.js';
import type { VerdictKind } from '../../src/evaluation/verdicts/reader-verdict.js';
import { reviewQueue, type ReviewQueue } from '../../src/loop/review/review-queue.js';
import { readStanding } from '../../src/loop/review/verdict-file.js';
import { exchangeFormats, exportReview, importReview } from '../../src/review/exchange/exchange-review.js';
import { openDesk } from '../../src/review/review-desk.js';
import { reviewedRun, type ReviewedRun } from './reviewed-run.js';

let run: ReviewedRun;
let queue: ReviewQueue;
beforeAll(async () => {
  run = await reviewedRun();
  queue = await reviewQueue(run.runDir, { size: 8 });
});
beforeEach(() => rmSync(join(run.runDir, 'verdicts.jsonl'), { force: true }));
afterAll(() => run[Symbol.dispose]());

const place = (name: string): string => join(run.runDir, '..', name);
const said = () =>
  readStanding(run.runDir)
    .map(({ item, reader, verdict, correctedAnswer, comment, strategy, probability }) => ({
      item,
      reader,
      verdict,
      correctedAnswer,
      comment,
      strategy,
      probability,
    }))
    .toSorted((a, b) => (a.item + a.reader < b.item + b.reader ? -1 : 1));

async function judge(): Promise<void> {
  using desk = await openDesk(run.runDir);
  const kinds: VerdictKind[] = ['accept', 'wrong-answer', 'bad-question', 'bad-rationale', 'unusable-image', 'skip'];
  for (const [at, verdict] of kinds.entries()) {
    const { options, answer, id: item } = await desk.item(queue.items[at]!.id, 'A');
    const other = options.find((option) => option !== answer)!;
    const more = verdict === 'wrong-answer' ? { correctedAnswer: other, comment: 'see the rim' } : {};
    for (const reader of at < 2 ? ['A', 'Bé'] : ['A'])
      desk.record({ id: crypto.randomUUID(), item, reader, verdict, seconds: 2.5, scoreSeen: false, ...more });
  }
}

describe.each(exchangeFormats)('%s', (format) => {
  test('goes there and back, and once only', async () => {
    const file = place(`${format}.json`);
    await judge();
    const before = said();
    const written = await exportReview(run.runDir, { format, file });
    expect(written).toMatchObject({ samples: 8, leftOut: 0 });
    const text = readFileSync(file, 'utf8');
    const names = [...text.matchAll(new RegExp(`${format}-images/[0-9a-f]+\\.png`, 'g'))].map(([name]) => place(name));
    expect(names).toHaveLength(8);
    expect(names.every((name) => existsSync(name))).toBe(true);
    // Nothing of this machine, and no score that would lean the reader.
    expect(text).not.toContain(run.runDir);
    expect(text).not.toMatch(/"(?:score|rewardScore)":\s*-?\d/);

    rmSync(join(run.runDir, 'verdicts.jsonl'));
    expect(await importReview(run.runDir, { format, file })).toEqual({ taken: 8, known: 0, refused: [] });
    expect(said()).toEqual(before);
    expect(await importReview(run.runDir, { format, file })).toEqual({ taken: 0, known: 8, refused: [] });
    await expect(exportReview(run.runDir, { format, file })).rejects.toMatchObject({
      code: 'file-exists',
      exitCode: 2,
    });
  });

  test('is refused as a whole where it is something else', async () => {
    const file = place(`other-${format}.json`);
    for (const content of ['{"a":1}', '[{"x":1}]', 'no json', '']) {
      writeFileSync(file, content);
      await expect(importReview(run.runDir, { format, file }), content).rejects.toMatchObject({
        code: 'exchange-unreadable',
      });
    }
    await expect(importReview(run.runDir, { format, file: place('lost.json') })).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(join(run.runDir, 'verdicts.jsonl'))).toBe(false);
  });
});

describe('what a tool gives', () => {
  const [choices, textarea] = ['choices', 'textarea'].map((type) => (name: string, value: object) => ({
    id: 'x',
    from_name: name,
    to_name: 'image',
    type,
    origin: 'manual',
    value,
  })) as [(name: string, value: object) => object, (name: string, value: object) => object];
  const task = (sample: string, annotations: object[]) => ({ id: 7, data: { sample }, annotations, project: 3 });

  test('is read as Label Studio writes it: users by id or address, cancelled ones, an annotation that was changed', async () => {
    const [first, second, third] = queue.items.map(({ id }) => id) as [string, string, string];
    const file = place('studio.json');
    const accept = choices('verdict', { choices: ['accept'] });
    const of = (more: object) => ({ id: 1, lead_time: 4.2, was_cancelled: false, ground_truth: false, ...more });
    const tasks = (verdict: object, updated: string) => [
      task(first, [of({ result: [verdict], completed_by: 10, updated_at: updated })]),
      task(second, [
        of({ result: [accept], completed_by: { id: 2, email: 'r@h.example' } }),
        of({ result: [], was_cancelled: true, completed_by: 10 }),
      ]),
      task(third, [of({ result: [accept, textarea('reader', { text: 'MK' })], completed_by: 10 })]),
      task('nowhere', [of({ result: [accept], completed_by: 10 })]),
      task(third, [of({ result: [choices('verdict', { choices: ['maybe'] })], completed_by: 11 })]),
    ];
    writeFileSync(file, JSON.stringify(tasks(accept, 'a')));
    const found = await importReview(run.runDir, { format: 'label-studio', file });
    expect(found).toMatchObject({ taken: 4, known: 0 });
    expect(found.refused.map(({ item }) => item)).toEqual(['nowhere', third]);
    const who = () => readStanding(run.runDir).map(({ reader, verdict }) => `${reader}: ${verdict}`);
    expect(who()).toEqual(['user 10: accept', 'r@h.example: accept', 'user 10: skip', 'MK: accept']);
    const bad = choices('verdict', { choices: ['bad-question'] });
    writeFileSync(file, JSON.stringify(tasks(bad, 'b')));
    await importReview(run.runDir, { format: 'label-studio', file });
    expect(who()).toContain('user 10: bad-question');
    writeFileSync(file, JSON.stringify(tasks(accept, 'c')));
    await importReview(run.runDir, { format: 'label-studio', file });
    expect(who()).toContain('user 10: accept');
  });

  test('is taken by the command, which says what it left', async () => {
    const file = place('by-command.json');
    const [out, error]: [string[], string[]] = [[], []];
    const io = {
      out: (text: string) => out.push(text),
      error: (text: string) => error.push(text),
      env: {},
      signal: AbortSignal.any([]),
    };
    await reviewCommand(run.runDir, { export: 'label-studio', exchanged: file }, io);
    expect(out[0]).toContain(`8 samples in ${file}`);
    expect(readFileSync(place('by-command-interface.xml'), 'utf8')).toContain('<Choice value="bad-rationale"/>');
    writeFileSync(file, JSON.stringify([task('nowhere', [{ result: [choices('verdict', { choices: ['accept'] })] }])]));
    await reviewCommand(run.runDir, { import: 'label-studio', exchanged: file, json: true }, io);
    expect(JSON.parse(out[1]!)).toMatchObject({ type: 'imported', taken: 0, refused: [{ item: 'nowhere' }] });
    expect(error.at(-1)).toContain('sample nowhere: its queues have no such sample');
    await expect(reviewCommand(run.runDir, { export: 'argilla' }, io)).rejects.toMatchObject({ exitCode: 2 });
    const recipe = { config: 'configs/zero-shot.yaml', set: [], json: true, withVerdicts: true };
    await expect(runCommand(recipe, io)).rejects.toMatchObject({ code: 'verdicts-of-recipe', exitCode: 2 });
  });
});

test('a project with controls of its own gives its verdicts all the same, and one that is not ours is told so', async () => {
  const file = place('foreign.json');
  const answer = (verdict: string, ...more: object[]) => ({
    result: [{ from_name: 'verdict', type: 'choices', value: { choices: [verdict] } }, ...more],
    completed_by: { id: 7, email: null },
  });
  const task = (sample: string | number, ...annotations: object[]) => ({ data: { sample }, annotations });
  const [first, second] = queue.items.map(({ id }) => id) as [string, string];
  const relation = { from_id: 'a', to_id: 'b', type: 'relation' };
  const rated = { from_name: 'stars', type: 'number', value: { number: 4, text: 4 } };
  const foreign = { data: { image: 'x.png' }, annotations: null };
  const all = [task(first, answer('accept', relation, rated)), task(second, answer('Yes')), task(12, answer('accept'))];
  writeFileSync(file, JSON.stringify([...all, foreign]));
  const { taken, refused } = await importReview(run.runDir, { format: 'label-studio', file });
  expect(taken).toBe(1);
  expect(said()).toMatchObject([{ item: first, reader: 'user 7', verdict: 'accept' }]);
  expect(refused).toEqual([
    { item: second, reason: expect.stringMatching(/^"Yes" is no verdict: set the project up .* accept, wrong-answer/) },
    { item: '', reason: expect.stringMatching(/no such sample; was it exported from this run/) },
  ]);
});

test('what was skipped, discarded or only begun there is no verdict here, and two at once are none', async () => {
  const [first, second, third, fourth] = queue.items.map(({ id }) => id) as [string, string, string, string];
  const verdict = (...choices: string[]) => ({ from_name: 'verdict', type: 'choices', value: { choices } });
  const task = (sample: string, annotation: object) => ({ data: { sample }, annotations: [annotation] });
  const studio = place('odd-studio.json');
  const tasks = [
    task(first, { result: [verdict('wrong-answer')], was_cancelled: true, completed_by: 1 }),
    task(second, { result: [verdict('accept', 'bad-question')], completed_by: 1 }),
    task(third, { result: [], completed_by: 1 }),
    task(fourth, { result: [{ ...verdict(), value: { choices: 'accept' } }], completed_by: 1 }),
  ];
  writeFileSync(studio, JSON.stringify(tasks));
  const studied = await importReview(run.runDir, { format: 'label-studio', file: studio });
  expect(studied.refused.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('"accept and bad-question" is no verdict'),
    expect.stringContaining('it has no answer by the name verdict'),
  ]);
  const records = [
    { id: first, responses: { verdict: [{ value: 'accept', user_id: 'u', status: 'discarded' }] } },
    { id: second, responses: { verdict: [{ value: 'accept', user_id: 'u', status: 'draft' }] } },
    { id: third, responses: { verdict: [{ value: ['bad-question'], user_id: 'u', status: 'submitted' }] } },
    { id: fourth, responses: null },
  ];
  const argilla = place('odd-argilla.json');
  writeFileSync(argilla, JSON.stringify(records));
  const { refused } = await importReview(run.runDir, { format: 'argilla', file: argilla });
  expect(refused).toEqual([{ item: second, reason: expect.stringContaining('"a draft" is no verdict') }]);
  expect(readStanding(run.runDir).map(({ item, reader, verdict: kind }) => [item, reader, kind])).toEqual([
    [first, 'user 1', 'skip'],
    [fourth, 'user 1', 'accept'],
    [first, 'u', 'skip'],
    [third, 'u', 'bad-question'],
  ]);
});

test.each(exchangeFormats)('a verdict by %s on a sample that was made anew since is not taken in', async (format) => {
  const file = place(`anew-${format}.json`);
  await judge();
  await exportReview(run.runDir, { format, file });
  rmSync(join(run.runDir, 'verdicts.jsonl'));
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"seen":\s*"[0-9a-f]{16}"/, '"seen": "0123456789abcdef"'));
  const { refused } = await importReview(run.runDir, { format, file });
  expect(new Set(refused.map(({ item }) => item)).size).toBe(1);
  expect(refused[0]?.reason).toContain('was made anew after it was judged');
});
