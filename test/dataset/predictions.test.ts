import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { parseColumnMap } from '../../src/dataset/answered-row.js';
import { datasetOfId, modalityNamed, modalityOfDataset, optionsInText } from '../../src/dataset/omnimedvqa.js';
import { readPredictions } from '../../src/dataset/predictions.js';

const folder = mkdtempSync(join(tmpdir(), 'medgr2-predictions-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | readonly object[]): string {
  const path = join(folder, name);
  const text = typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(path, text);
  return path;
}

const row = { question_id: 'Set_0001', model_answer: 'a', gt_answer: 'a' };

describe('names', () => {
  test.each([
    ['CT(Computed Tomography)', 'CT'],
    ['MR (Mag-netic Resonance Imaging)', 'MRI'],
    ['X-Ray', 'X-ray'],
    ['OCT (Optical Coherence Tomography', 'OCT'],
    ['Microscopy Images', 'microscopy'],
    ['Fundus Photography', 'fundus photography'],
    ['Endoscopy', 'Endoscopy'],
    ['', null],
  ])('modality %s', (text, modality) => expect(modalityNamed(text)).toBe(modality));

  test('data sets', () => {
    expect(datasetOfId('ALL Challenge_0000')).toBe('ALL Challenge');
    expect(datasetOfId('NLM- Malaria Data_12')).toBe('NLM- Malaria Data');
    expect([datasetOfId('17'), datasetOfId('_3')]).toEqual([null, null]);
    expect(modalityOfDataset('ALL Challenge')).toBe('microscopy');
    expect(modalityOfDataset('RadImageNet')).toBeNull();
  });
});

describe('options in the text', () => {
  const ask = (list: string): string =>
    `What is it? Please choose one of the following: ${list}. You must pick only one answer.`;

  test.each([
    [ask('Microscopy or X-ray or CT'), 'CT', ['Microscopy', 'X-ray', 'CT']],
    [ask('Bil dil. or Mon ulol.'), 'Bil dil.', ['Bil dil.', 'Mon ulol.']],
    [ask('No or Benign or malignant'), 'Benign or malignant', ['No', 'Benign or malignant']],
    ['Choose one of the following: left or right', 'left', ['left', 'right']],
    ['What is it?\nA) Hemorrhage\nB) Acute infarct', 'B', ['Hemorrhage', 'Acute infarct']],
    ['Is it left or right?', 'left', []],
    [ask('alone'), 'alone', []],
  ])('%s', (question, answer, options) => expect(optionsInText(question, answer)).toEqual(options));
});

describe('files', () => {
  it('reads JSONL, a JSON list and CSV alike', async () => {
    const rows = [
      { ...row, options: ['a', 'b, "c"'], likelihoods: [0.5, 0.5], modality: 'CT', question_type: 'Lesion Grading' },
      { ...row, question_id: 'Set_0002', model_answer: '', gt_answer: 'b' },
    ];
    const csv = [
      'question_id,model_answer,gt_answer,options,likelihoods,modality,question_type',
      'Set_0001,a,a,"[""a"", ""b, \\""c\\""""]","[0.5, 0.5]",CT,Lesion Grading',
      'Set_0002,,b,,,,',
    ].join('\n');
    const sets = await Promise.all(
      [file('a.jsonl', rows), file('a.json', JSON.stringify(rows)), file('a.csv', csv)].map((predictions) =>
        readPredictions({ predictions, skipBad: false }),
      ),
    );
    for (const { rows: read, unjoined } of sets) {
      expect(read.map(({ where: _, ...rest }) => rest)).toEqual([
        {
          id: 'Set_0001',
          completion: 'a',
          answer: 'a',
          question: '',
          options: ['a', 'b, "c"'],
          modality: 'CT',
          questionType: 'lesion grading',
          dataset: 'Set',
          likelihoods: [0.5, 0.5],
        },
        expect.objectContaining({ completion: '', options: [], modality: 'unknown', questionType: 'unknown' }),
      ]);
      expect(unjoined).toBe(1);
    }
  });

  it('reads columns option_A and so on, and other names by a map', async () => {
    const predictions = file('m.csv', 'out,truth,option_A,option_B\nB,yes,no,yes\n');
    const map = parseColumnMap(['prediction=out', 'answer=truth']);
    const { rows } = await readPredictions({ predictions, map, skipBad: false });
    expect(rows).toMatchObject([{ completion: 'B', answer: 'yes', options: ['no', 'yes'] }]);
    const wrong = readPredictions({ predictions, map: parseColumnMap(['prediction=nothing']), skipBad: false });
    await expect(wrong).rejects.toMatchObject({ code: 'column-missing', exitCode: 2 });
    expect(() => parseColumnMap(['predicton=x'])).toThrow('known key');
  });

  it('leaves out a last line that is cut short, and says so', async () => {
    const predictions = file('cut.jsonl', `${JSON.stringify(row)}\n{"question_id": "Set_0002", "mod`);
    const { rows, bad } = await readPredictions({ predictions, skipBad: false });
    expect(rows).toHaveLength(1);
    expect(bad).toMatchObject([{ where: `${predictions}:2`, reason: 'is the last line and cut short' }]);
  });

  it('refuses any other bad line by its place, or counts it', async () => {
    const lines = ['{"question_id": ', JSON.stringify(row), '[1]', '{"gt_answer":"a"}', '{"model_answer":"a"}'];
    const bent = JSON.stringify({ ...row, likelihoods: 'high' });
    const predictions = file('bad.jsonl', [...lines, bent, JSON.stringify(row)].join('\n'));
    await expect(readPredictions({ predictions, skipBad: false })).rejects.toMatchObject({ where: `${predictions}:1` });
    const { rows, bad } = await readPredictions({ predictions, skipBad: true });
    expect(rows).toHaveLength(2);
    expect(bad.map(({ where }) => where.split(':').at(-1)).sort()).toEqual(['1', '3', '4', '5', '6']);
    const lacking = file('lacking.jsonl', [row, { question_id: 'x', gt_answer: 'a' }]);
    const refused = readPredictions({ predictions: lacking, skipBad: false });
    await expect(refused).rejects.toMatchObject({ code: 'field-missing', where: `${lacking}:2` });
    await expect(readPredictions({ predictions: join(folder, 'none.jsonl'), skipBad: true })).rejects.toThrow(
      'none.jsonl',
    );
  });
});

describe('joining questions', () => {
  it('by id, else by the end of the image path; two modalities for one path are none', async () => {
    const questions = file('q.jsonl', [
      {
        question_id: 'Q_1',
        modality_type: 'X-Ray',
        question_type: 'Disease Diagnosis',
        options: ['a', 'b'],
        gt_answer: 'b',
      },
      { question_id: 'Q_2', image_path: 'Images/set/x.png', modality_type: 'CT(Computed Tomography)' },
      { question_id: 'Q_3', image_path: 'one/same.png', modality_type: 'OCT' },
      { question_id: 'Q_4', image_path: 'one/same.png', modality_type: 'MRI' },
    ]);
    const predictions = file('p.jsonl', [
      { question_id: 'Q_1', model_answer: 'B' },
      { id: 'other', model_answer: 'a', gt_answer: 'a', image_path: '/home/me/Images/set/x.png' },
      { id: 'third', model_answer: 'a', gt_answer: 'a', image_path: 'one/same.png' },
      { id: 'ALL Challenge_7', model_answer: 'a', gt_answer: 'a', image_path: 'elsewhere/x.png' },
      { id: 'ALL Challenge_7', model_answer: 'a', gt_answer: 'a' },
    ]);
    const set = await readPredictions({ predictions, questions, skipBad: false });
    expect(set.rows.map(({ modality }) => modality)).toEqual(['X-ray', 'CT', 'unknown', 'microscopy', 'microscopy']);
    expect(set.rows[0]).toMatchObject({ answer: 'b', options: ['a', 'b'], questionType: 'disease diagnosis' });
    expect(set).toMatchObject({ unjoined: 1, notInQuestions: 3, unanswered: 0, repeatedIds: 1 });
    const fewer = file('fewer.jsonl', [{ question_id: 'Q_1', model_answer: 'B' }]);
    const few = await readPredictions({ predictions: fewer, questions, skipBad: false });
    expect(few).toMatchObject({ rows: { length: 1 }, unanswered: 3 });
  });
});
