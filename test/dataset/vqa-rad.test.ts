import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readVqaRad } from '../../src/dataset/sources/vqa-rad-rows.js';
import { loadVqaRad } from '../../src/dataset/sources/vqa-rad-source.js';
import { strategies } from '../../src/sample.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medgr2-vqa-'));
  mkdirSync(join(folder, 'images'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const row = (qid: number, fields: object = {}) => ({
  qid,
  image_name: `image${qid}.jpg`,
  image_organ: 'CHEST',
  answer: 'Yes',
  answer_type: 'CLOSED ',
  question_type: 'PRES',
  question: 'Is there a mass?',
  phrase_type: 'freeform',
  ...fields,
});

function write(rows: object[], images = rows.length): void {
  writeFileSync(join(folder, 'trainset.json'), JSON.stringify(rows));
  for (let qid = 1; qid <= images; qid++) writeFileSync(join(folder, 'images', `image${qid}.jpg`), `image ${qid}`);
}

describe('rows', () => {
  test('are cleaned of blanks, numbers and cases, and told open from closed', async () => {
    write([
      row(1, { answer: ' yes ' }),
      row(2, { answer: 2, question_type: 'COUNT' }),
      row(3, { answer: 'right  lower lobe ', question_type: 'POS, PRES' }),
    ]);
    const { rows } = await readVqaRad(folder);
    expect(rows.map(({ answer, options, questionType }) => [answer, options, questionType])).toEqual([
      ['Yes', ['Yes', 'No'], 'disease diagnosis'],
      ['2', [], 'other biological attributes'],
      ['right lower lobe', [], 'anatomy identification'],
    ]);
  });

  test('without an image, or with contradictory answers, are left out and counted', async () => {
    write([row(1), row(2), row(2, { qid: 9, answer: 'no', question: 'is there a mass' }), row(3)], 2);
    expect(await readVqaRad(folder)).toMatchObject({ rows: [{ qid: '1' }], withoutImage: 1, contradictory: 2 });
  });

  test('tell the modality of an image where an open question gives it', async () => {
    const about = { question_type: 'MODALITY', question: 'What is the modality?' };
    write([
      row(1, { ...about, answer: 'MR - FLAIR' }),
      row(2, { ...about, answer: 'ultrasound', question: 'What does this not represent?' }),
      row(3, { ...about, answer: 'Chest X-ray' }),
    ]);
    const { rows } = await readVqaRad(folder);
    expect(rows.map((found) => found.modality)).toEqual(['MRI', 'unknown', 'X-ray']);
  });

  test('that are no rows are refused with their number', async () => {
    write([row(1), { qid: 2 }], 1);
    await expect(readVqaRad(folder)).rejects.toMatchObject({
      code: 'vqa-rad-rows',
      message: expect.stringContaining('row 1.'),
    });
  });

  test('a folder without the file is refused with what to do', async () => {
    await expect(readVqaRad(folder)).rejects.toMatchObject({
      code: 'vqa-rad-not-read',
      remedy: expect.stringContaining('MEDGR2_DATA'),
    });
  });
});

describe('the data source', () => {
  const errorRates = { direct: 0.5, 'step-by-step': 0.3, 'meta-cognitive': 0 };
  const load = () => loadVqaRad({ path: folder, seed: 0, seedShare: 0.3, testShare: 0.3, errorRates });
  beforeEach(() =>
    write(
      Array.from({ length: 200 }, (_, index) =>
        row(index + 1, index % 2 === 0 ? {} : { answer: `finding ${index % 7}`, question: 'What is seen?' }),
      ),
    ),
  );

  test('splits by image and is the same each time', async () => {
    const data = await load();
    const parts = [data.seed, data.test, data.pool].map((part) => new Set(part.map(({ imageHash }) => imageHash)));
    expect(parts.map((part) => part.size)).toEqual([60, 60, 80]);
    expect(new Set(parts.flatMap((part) => [...part])).size).toBe(200);
    expect((await load()).test).toEqual(data.test);
  });

  test('knows the truth, and its teacher errs at the stated rates', async () => {
    const data = await load();
    for (const strategy of strategies) {
      const replies = data.pool.flatMap(({ imageHash, questionTypes = [] }) =>
        questionTypes.map((questionType) => ({
          imageHash,
          reply: data.book?.reply({ imageHash, strategy, questionType }),
        })),
      );
      const wrong = replies.filter(({ imageHash, reply }) => {
        const truth = data.truth({
          ...(data.seed[0] as (typeof data.seed)[number]),
          imageHash,
          question: reply?.question ?? '',
        });
        expect(truth).not.toBeNull();
        return truth !== reply?.answer;
      });
      expect(Math.abs(wrong.length / replies.length - errorRates[strategy])).toBeLessThan(0.15);
    }
  });

  test('has nothing to say about what it does not know', async () => {
    const data = await load();
    expect(data.book?.reply({ imageHash: 'other', strategy: 'direct', questionType: 'lesion grading' })).toBeNull();
  });
});
