/** BERTScore of open answers: which texts go to the job, what is told of them, and what is refused before anything starts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { evaluationText } from '../../src/cli/print/evaluation-text.js';
import { readParquet } from '../../src/dataset/tables/table.js';
import { answerReport, openTexts, type AnswerRow } from '../../src/evaluation/answer-report.js';
import { bertScore } from '../../src/evaluation/clinical-scores.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-bertscore-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const row = (completion: string, answer: string, options: string[] = []): AnswerRow => ({
  completion,
  answer,
  options,
  modality: 'CT',
  questionType: 'other',
  dataset: 'own',
});
const rows = [
  row('<answer>a small mass</answer>', 'mass'),
  row('<answer>A</answer>', 'yes', ['yes', 'no']),
  row('I see two things.\nOne is a cyst.', 'cyst'),
];

test('open answers go to the job as they were read, and its means are printed with the layer', async () => {
  let asked: [string, Record<string, unknown>] | undefined;
  const runJob = (module: string, spec: Record<string, unknown>): Promise<unknown> => {
    asked = [module, spec];
    const scores = join(dir, 'scores.jsonl');
    const line = (f1: number): string => JSON.stringify({ precision: f1 - 0.1, recall: f1 + 0.1, f1 });
    writeFileSync(scores, `${line(0.5)}\n${line(0.75)}\n`);
    return Promise.resolve({ scores, count: 2, layer: 17, layers: 24, cut: 1, seconds: 1 });
  };
  const found = await bertScore(openTexts(rows), { model: 'encoder', layer: 17, dir, runJob });
  expect(found).toMatchObject({ n: 2, f1: 0.625, layer: 17, layers: 24 });
  expect(asked).toMatchObject(['medgr2.texts.bertscore', { model: join(process.cwd(), 'encoder'), layer: 17 }]);
  expect(await readParquet(join(dir, 'open-answers.parquet'))).toEqual([
    { text: 'a small mass', key: 'mass' },
    { text: 'I see two things.\nOne is a cyst.', key: 'cyst' },
  ]);
  const text = evaluationText(answerReport(rows), null, undefined, found);
  expect(text).toMatch(/BERTScore F1 +62\.50 +over 2 open questions, layer 17 of 24 of encoder \(1 texts were cut/);
  expect(evaluationText(answerReport(rows), null)).not.toContain('BERTScore');
});

const io = { out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal };
const run = (...words: string[]): Promise<unknown> => buildProgram(io).parseAsync(['node', 'medgr2', ...words]);

test('a folder that is not there, or holds no model, is refused before any file is read', async () => {
  mkdirSync(join(dir, 'empty'));
  for (const [folder, why] of [
    ['roberta-large', 'is not there'],
    [join(dir, 'empty'), 'has no config.json'],
  ] as const) {
    const words = ['evaluate', '--predictions', dir, '--bertscore-model', folder];
    await expect(run(...words)).rejects.toMatchObject({
      code: 'metric-model-missing',
      exitCode: 2,
      message: expect.stringContaining(why),
      remedy: expect.stringContaining('downloads none'),
    });
  }
  await expect(run('evaluate', '--predictions', dir, '--bertscore-layer', '9')).rejects.toMatchObject({
    code: 'metric-model-missing',
  });
});

test('setup says where the clinical metrics are', async () => {
  await expect(run('setup', '--with', 'clinical')).rejects.toThrow(
    /--bertscore-model FOLDER.*RadGraph F1 is not there/,
  );
});
