/** Tables as people have them: each form of header, options, answer and encoding gives the same sample, or a reason. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { parseColumnMap } from '../../src/dataset/predictions/answered-row.js';
import { exportDataset } from '../../src/dataset/export/export-dataset.js';
import { readDataset } from '../../src/dataset/folders/dataset-folder.js';
import type { QuestionFormat } from '../../src/dataset/import/import-formats.js';
import { importQuestions } from '../../src/dataset/import/import-questions.js';
import { labelledOption } from '../../src/dataset/import-rows/expert-label.js';
import type { ImportOptions } from '../../src/dataset/import/import-report.js';
import { writePictures } from '../helpers/pictures.js';
import { makeSample } from '../helpers/sample.js';

let dir = '';
let made = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-tables-'));
  await writePictures(dir, 6);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type More = Partial<ImportOptions> & { pairs?: string[] };

async function run(name: string, content: string | Buffer, { pairs = [], ...options }: More = {}) {
  const path = join(dir, `${++made}-${name}`);
  writeFileSync(path, content);
  const out = join(dir, `out-${made}`);
  const format = name.split('.').at(-1) as QuestionFormat;
  const report = await importQuestions(format, { path, out, map: parseColumnMap(pairs), ...options });
  const { samples, images } = await readDataset(out);
  return { ...report, samples, images, out };
}
const asked = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
const read = (samples: readonly { question: string; options: string[]; answer: string }[]) =>
  samples.map(({ question, options, answer }) => [question, options, answer]);
const expected = [['Which organ?', ['lung', 'heart', 'liver'], 'heart']];

describe('the same row in every form', () => {
  test.each<[string, string, string[]?]>([
    ['headers.csv', 'Image,QUESTION,Options,Answer\n0.png,Which organ?,lung|heart|liver,heart'],
    [
      'blanks.csv',
      'Image Path,Question,Option A,Option B,Option C,Correct Answer\n0.png,Which organ?,lung,heart,liver,B',
    ],
    ['numbers.csv', 'image,question,option1,option2,option3,answer\n0.png,Which organ?,lung,heart,liver,heart'],
    ['zero.csv', 'image,question,choice_0,choice_1,choice_2,answer\n0.png,Which organ?,lung,heart,liver,heart'],
    ['small.csv', 'image,question,option_a,option_b,option_c,answer\n0.png,Which organ?,lung,heart,liver,b'],
    ['letters.csv', 'image,question,A,B,C,answer\n0.png,Which organ?,lung,heart,liver,(B)'],
    ['med.csv', 'image,question,opa,opb,opc,answer\n0.png,Which organ?,lung,heart,liver,B.'],
    [
      'mapped.csv',
      'image,question,eins,zwei,drei,answer\n0.png,Which organ?,lung,heart,liver,heart',
      ['options=eins,zwei,drei'],
    ],
    ['semicolons.csv', 'image;question;options;answer\n0.png;Which organ?;"lung; heart; liver";heart'],
    ['lines.csv', 'image,question,options,answer\n0.png,Which organ?,"lung\nheart\nliver",heart'],
    ['lettered.csv', 'image,question,options,answer\n0.png,Which organ?,"A) lung B) heart C) liver",B) heart'],
    [
      'prefixed.csv',
      'image,question,option_A,option_B,option_C,answer\n0.png,Which organ?,A. lung,B. heart,C. liver,B. heart',
    ],
    ['numbered.csv', 'image,question,options,answer\n0.png,Which organ?,"1. lung\n2. heart\n3. liver",2'],
    ['named.csv', 'IMAGE_PATH,Q,A,B,C,Answer Letter\n0.png,Which organ?,lung,heart,liver,b'],
    ['python.csv', `image,question,options,answer\n0.png,Which organ?,"['lung', 'heart', 'liver']",heart`],
    ['json.csv', 'image,question,options,answer\n0.png,Which organ?,"[""lung"", ""heart"", ""liver""]",heart'],
    ['tab.tsv', 'image\tquestion\toptions\tanswer\n0.png\tWhich organ?\tlung|heart|liver\theart'],
    [
      'list.jsonl',
      asked([{ image: ['0.png'], question: 'Which organ?', options: ['lung', 'heart', 'liver'], answer: ['heart'] }]),
    ],
    [
      'object.jsonl',
      asked([
        { image: '0.png', question: 'Which organ?', options: { A: 'lung', B: 'heart', C: 'liver' }, answer: 'B' },
      ]),
    ],
    [
      'keyed.jsonl',
      asked([
        {
          image: '0.png',
          question: 'Which organ?',
          options: [
            { key: 'A', value: 'lung' },
            { key: 'B', value: 'heart' },
            { key: 'C', value: 'liver' },
          ],
          answer: 'B',
        },
      ]),
    ],
    [
      'wrapped.json',
      JSON.stringify({
        version: 1,
        data: [{ image: '0.png', question: 'Which organ?', choices: ['lung', 'heart', 'liver'], answer: 'heart' }],
      }),
    ],
    [
      'nested.jsonl',
      asked([
        { file: { name: '0.png' }, qa: [{ q: 'Which organ?', a: 'heart' }], options: ['lung', 'heart', 'liver'] },
      ]),
      ['image=file.name', 'question=qa.0.q', 'answer=qa.0.a'],
    ],
    [
      'llava.jsonl',
      asked([
        {
          id: '7',
          image: '0.png',
          conversations: [
            { from: 'human', value: '<image>\nWhich organ?\nA) lung\nB) heart\nC) liver' },
            { from: 'gpt', value: 'B' },
          ],
        },
      ]),
    ],
    [
      'chat.jsonl',
      asked([
        {
          messages: [
            { role: 'system', content: 'Be brief.' },
            {
              role: 'user',
              content: [
                { type: 'image', image: '0.png' },
                { type: 'text', text: 'Which organ?\nA) lung\nB) heart\nC) liver' },
              ],
            },
            { role: 'assistant', content: [{ type: 'text', text: 'B' }] },
          ],
        },
      ]),
    ],
    [
      'sharegpt.json',
      JSON.stringify([
        {
          images: ['0.png'],
          messages: [
            { role: 'user', content: '<image>Which organ?\nA) lung\nB) heart\nC) liver' },
            { role: 'assistant', content: 'heart' },
          ],
        },
      ]),
    ],
  ])('%s', async (name, text, pairs = []) => {
    const { samples, rejected } = await run(name, text, { pairs });
    expect(rejected).toEqual([]);
    expect(read(samples)).toEqual(expected);
  });

  test.each([
    [
      'windows-1252',
      Buffer.from('image,question,options,answer\n0.png,Où?,côté droit|côté gauche,côté droit', 'latin1'),
      'windows-1252',
    ],
    [
      'UTF-16 with its mark',
      Buffer.from('\ufeffimage,question,options,answer\n0.png,Où?,côté droit|côté gauche,côté droit', 'utf16le'),
      undefined,
    ],
    [
      'UTF-8 with its mark',
      Buffer.from('\ufeffimage,question,options,answer\n0.png,Où?,côté droit|côté gauche,côté droit'),
      undefined,
    ],
  ])('in %s', async (_, bytes, encoding) => {
    const { samples, info } = await run('e.csv', bytes, encoding === undefined ? {} : { encoding });
    expect(read(samples)).toEqual([['Où?', ['côté droit', 'côté gauche'], 'côté droit']]);
    expect(String(info['notes']).includes('read as')).toBe(bytes[0] !== 0xef && bytes.length > 0);
  });
});

describe('nothing becomes another by itself', () => {
  test('another encoding is an error that names the line and the remedy', async () => {
    const bytes = Buffer.from('image,question,answer\n0.png,What?,yes\n1.png,Où?,là', 'latin1');
    await expect(run('e.csv', bytes)).rejects.toMatchObject({
      message: expect.stringContaining('line 3'),
      remedy: expect.stringContaining('--encoding'),
    });
    await expect(run('e.csv', 'a', { encoding: 'klingon' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(run('e.csv', Buffer.from('PK\x03\x04workbook'))).rejects.toMatchObject({
      message: expect.stringContaining('Excel'),
    });
  });

  test.each<[string, object, string]>([
    ['two images', { image: ['0.png', '1.png'] }, 'images-several'],
    ['two images in text', { image: "['0.png', '1.png']" }, 'images-several'],
    ['places of two images', { question: '<image><image>Which organ?' }, 'images-several'],
    ['two answers', { answer: ['lung', 'heart'] }, 'answer-several'],
    ['two answers in text', { answer: "['lung', 'heart']" }, 'answer-several'],
    ['letters', { answer: 'A, B' }, 'answer-not-among-options'],
    ['either', { answer: 'lung or heart' }, 'answer-not-among-options'],
    ['denied', { answer: 'not the lung' }, 'answer-not-among-options'],
    ['a letter with another’s text', { answer: 'A. heart' }, 'answer-not-among-options'],
    ['options without a form', { options: 'lung, heart' }, 'row-misfit'],
    ['the end of a turn', { question: 'Which organ?<|im_end|>' }, 'special-token'],
    ['a token in an option', { options: ['lung', 'heart</s>'] }, 'special-token'],
    ['a token in the reasoning', { rationale: 'Seen <start_of_turn>model' }, 'special-token'],
    ['a role', { question: '[INST] Which organ? [/INST]' }, 'special-token'],
    [
      'several turns',
      {
        question: null,
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
          { from: 'human', value: 'c' },
          { from: 'gpt', value: 'd' },
        ],
      },
      'turns-several',
    ],
  ])('%s', async (_, fields, code) => {
    const row = { image: '0.png', question: 'Which organ?', options: ['lung', 'heart'], answer: 'lung' };
    const { rejected, samples } = await run('r.jsonl', asked([row, { ...row, image: '1.png', ...fields }]));
    expect(samples).toHaveLength(1);
    expect(rejected.map(({ line, code: own }) => [line, own])).toEqual([[2, code]]);
  });

  test('special tokens are kept as text where that is asked for', async () => {
    const row = { image: '0.png', question: 'Is <|im_end|> shown?', options: ['yes', '[INST]'], answer: '[INST]' };
    const { samples } = await run('r.jsonl', asked([row]), { specialTokens: 'escape' });
    expect(read(samples)).toEqual([['Is < im_end > shown?', ['yes', '[ INST ]'], '[ INST ]']]);
  });

  test('a gap among option columns leaves letters where they are', async () => {
    const { samples } = await run(
      'g.csv',
      'image,question,option_A,option_B,option_C,answer\n0.png,Which?,lung,,liver,C',
    );
    expect(read(samples)).toEqual([['Which?', ['lung', 'liver'], 'liver']]);
  });

  test('columns that were not used are named', async () => {
    const { notes } = await run('u.csv', 'image,question,answer,radiologist,option_x\n0.png,What?,mass,Li,a');
    expect(notes.join('\n')).toContain('columns that were not used: radiologist, option_x');
  });

  test('a reason names the physical line, also after quoted line breaks', async () => {
    const text = 'image,question,options,answer\n0.png,"What\nis\nit?",a|b,a\n1.png,What?,a|b,c\n';
    expect((await run('l.csv', text)).rejected).toMatchObject([{ line: 5, code: 'answer-not-among-options' }]);
    const json = JSON.stringify(
      [
        { image: '0.png', question: 'What?', options: ['a', 'b'], answer: 'a' },
        { image: '1.png', question: 'What?', options: ['a', 'b'], answer: 'c' },
      ],
      null,
      2,
    );
    const line = json.split('\n').findIndex((one) => one.includes('1.png'));
    expect((await run('l.json', json)).rejected).toMatchObject([{ line, code: 'answer-not-among-options' }]);
  });
});

describe('answers that are numbers', () => {
  const table = (rows: readonly [options: string, answer: string][]): string =>
    [
      'image,question,options,answer',
      ...rows.map(([options, answer], at) => `${at}.png,What?,${options},${answer}`),
    ].join('\n');
  const answers = async (rows: readonly [string, string][], more: More = {}) => {
    const { samples, rejected } = await run('n.csv', table(rows), more).catch(() => ({
      samples: [],
      rejected: ['all'],
    }));
    return rejected.length === 0 ? samples.map(({ answer }) => answer) : 'rejected';
  };

  test('count from 0 or 1 as the file shows, else as is said, else not at all', async () => {
    expect(
      await answers([
        ['a|b|c', '0'],
        ['a|b|c', '2'],
      ]),
    ).toEqual(['a', 'c']);
    expect(
      await answers([
        ['a|b|c', '1'],
        ['a|b|c', '3'],
      ]),
    ).toEqual(['a', 'c']);
    expect(
      await answers([
        ['a|b|c', '1'],
        ['a|b|c', '2'],
      ]),
    ).toBe('rejected');
    expect(
      await answers(
        [
          ['a|b|c', '1'],
          ['a|b|c', '2'],
        ],
        { answersFrom: 0 },
      ),
    ).toEqual(['b', 'c']);
    expect(
      await answers(
        [
          ['a|b|c', '1'],
          ['a|b|c', '2'],
        ],
        { answersFrom: 1 },
      ),
    ).toEqual(['a', 'b']);
    expect(await answers([['1|2|3', '2']])).toEqual(['2']);
    expect(
      await answers([
        ['a|b|c', '0'],
        ['a|b|c', 'b'],
      ]),
    ).toBe('rejected');
  });

  test('and truth values are Yes and No', async () => {
    expect(
      await answers([
        ['Yes|No', '1'],
        ['No|Yes', '0'],
        ['Yes|No', 'true'],
        ['yes|no', 'FALSE'],
      ]),
    ).toEqual(['Yes', 'No', 'Yes', 'no']);
    expect(
      await answers([
        ['Yes|No', '1'],
        ['No|Yes', '0'],
      ]),
    ).toEqual(['Yes', 'No']);
    const { samples } = await run(
      'b.jsonl',
      asked([
        { image: '0.png', question: 'Is a fracture seen?', answer: true },
        { image: '1.png', question: 'Is a fracture seen?', answer: 0 },
        { image: '2.png', question: 'How many lesions?', answer: 1 },
      ]),
    );
    expect(read(samples)).toEqual([
      ['Is a fracture seen?', ['Yes', 'No'], 'Yes'],
      ['Is a fracture seen?', ['Yes', 'No'], 'No'],
      ['How many lesions?', [], '1'],
    ]);
  });
});

describe('labels', () => {
  test.each<[string, string[], string | null]>([
    ['1,5 cm', ['1.5 cm', '5 cm', '2 cm'], '1.5 cm'],
    ['10,000', ['10', '10000', '100'], '10000'],
    ['12,500', ['12500', '13000'], '12500'],
    ['1.234,5', ['1234.5', '1.2345'], '1234.5'],
    ['less than 2 cm', ['1 cm', '2 cm'], null],
    ['2 cm', ['1 cm', '2 cm'], '2 cm'],
    ['2 mm', ['1 cm', '2 cm'], null],
    ['A', ['B', 'A'], 'A'],
    ['Option B', ['lung', 'heart'], 'heart'],
    ['c', ['lung', 'heart'], null],
    ['A', ['B) CT', 'A) MRI'], null],
    ['B', ['B. burgdorferi', 'A. fumigatus'], null],
    ['B', ['A) CT', 'B) MRI'], 'B) MRI'],
    ['Heart.', ['lung', 'heart'], 'heart'],
    ['T', ['True', 'False'], 'True'],
    ['positive', ['Positive', 'Negative'], 'Positive'],
    ['', ['a', 'b'], null],
  ])('%j of %j', (label, options, answer) => expect(labelledOption(label, options)).toBe(answer));
});

test('a table that was said to be CSV is read as one, whatever the name of its file ends in', async () => {
  for (const name of ['export.txt', 'export', 'export.TAB']) {
    const path = join(dir, name);
    writeFileSync(path, 'image\tquestion\tanswer\n0.png\tIs there a fracture?\tyes\n');
    const { info } = await importQuestions('csv', { path, out: join(dir, `${name}-set`) });
    expect(info.counts.samples).toBe(1);
    await expect(importQuestions('jsonl', { path, out: join(dir, `${name}-json`) })).rejects.toThrow('no row of');
  }
});

test('where the images of a table are not found, the folders that were looked in and --image-root are named', async () => {
  const path = join(dir, 'elsewhere.csv');
  writeFileSync(path, 'image,question,answer\nnot-here.png,Is there a fracture?,yes\n');
  await expect(importQuestions('csv', { path, out: join(dir, 'elsewhere') })).rejects.toMatchObject({
    remedy: expect.stringMatching(/--image-root FOLDER .*looked for in /),
  });
  const imageRoot = join(dir, 'nothing');
  await expect(importQuestions('csv', { path, out: join(dir, 'elsewhere'), imageRoot })).rejects.toMatchObject({
    remedy: expect.stringContaining(`looked for in ${imageRoot})`),
  });
});

test('a map that is proposed can be copied into a shell, whatever the columns are called', async () => {
  const path = join(dir, 'blanks.csv');
  writeFileSync(path, "Path to Image,Patient's Question,Ground Truth\n0.png,Ist eine Fraktur zu sehen?,Ja\n");
  await expect(importQuestions('csv', { path, out: join(dir, 'blanks') })).rejects.toMatchObject({
    remedy: expect.stringContaining(String.raw`--map 'image=Path to Image' --map 'question=Patient'\''s Question'`),
  });
});

test.each([
  ['Antwort A;Antwort B;Antwort C', 'Richtige Antwort'],
  ['Réponse 1;Réponse 2;Réponse 3', 'Réponse correcte'],
  ['opción a;opción b;opción c', 'respuesta correcta'],
])('a column for each option is found in other languages: %s', async (columns, right) => {
  const path = join(dir, 'columns.csv');
  writeFileSync(path, `Bild;Frage;${columns};${right}\n0.png;Was ist zu sehen?;MRT;CT;Sono;CT\n`);
  const out = join(dir, `columns-${++made}`);
  // The map proposed is that of the right answer, not of the first option.
  await expect(importQuestions('csv', { path, out })).rejects.toMatchObject({
    remedy: expect.stringContaining(`'answer=${right}'`),
  });
  const map = parseColumnMap(['image=Bild', 'question=Frage', `answer=${right}`]);
  await importQuestions('csv', { path, out, map });
  const { samples } = await readDataset(out);
  expect(samples.map(({ options, answer }) => [options, answer])).toEqual([[['MRT', 'CT', 'Sono'], 'CT']]);
});

test('a letter without options is no answer, unless a letter is asked for', async () => {
  const path = join(dir, 'letters.csv');
  writeFileSync(
    path,
    'image,question,answer,Wahl 1,Wahl 2\n0.png,What is shown?,B,MRI,CT\n0.png,What is seen?,"A, B",MRI,CT\n0.png,Which arrow points at the liver?,B,,\n',
  );
  const { rejected } = await importQuestions('csv', { path, out: join(dir, 'letters') });
  expect(rejected.map(({ line, code }) => [line, code])).toEqual([
    [2, 'options-missing'],
    [3, 'options-missing'],
  ]);
});

test('of a table of which nothing can be used nothing is left, and the columns and the map are named', async () => {
  const path = join(dir, 'de.csv');
  writeFileSync(path, 'Bild,Frage,Antwort\n0.png,Ist eine Fraktur zu sehen?,Ja\n');
  const out = join(dir, 'de');
  const failed = importQuestions('csv', { path, out });
  await expect(failed).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('Bild, Frage, Antwort'),
    remedy: expect.stringContaining('--map image=Bild --map question=Frage --map answer=Antwort'),
  });
  expect(existsSync(out)).toBe(false);
  const map = parseColumnMap(['image=Bild', 'question=Frage', 'answer=Antwort']);
  expect((await importQuestions('csv', { path, out, map })).info.counts.samples).toBe(1);
  await expect(importQuestions('csv', { path, out, map })).rejects.toMatchObject({
    remedy: expect.stringContaining('--force'),
  });
  expect((await importQuestions('csv', { path, out, map, force: true })).info.counts.samples).toBe(1);
  expect(readdirSync(out).toSorted()).toEqual([
    'images',
    'images.parquet',
    'import.json',
    'rejected.jsonl',
    'samples.parquet',
  ]);
});

test('a table that is not filled in yet says so', async () => {
  const path = join(dir, 'blank.csv');
  writeFileSync(path, 'image,question,option_A,answer,rationale\n0.png,,,,\n1.png,,,,\n');
  await expect(importQuestions('csv', { path, out: join(dir, 'blank') })).rejects.toMatchObject({
    remedy: expect.stringContaining('Fill in question, answer'),
  });
});

test('an import or export that fails leaves none of the folders above its own that it made, and those of others', async () => {
  const path = join(dir, 'lost-images.csv');
  writeFileSync(path, 'image,question,answer\nnone.png,What?,mass\n');
  const lost = { code: 'import-empty' };
  await expect(importQuestions('csv', { path, out: join(dir, 'made', 'for', 'this') })).rejects.toMatchObject(lost);
  const split = { name: 'train', samples: [makeSample({ image: join(dir, 'none.png') })] };
  const source = { title: '', about: '', splits: [split], tables: [], licence: '', leftOut: 0 };
  const out = join(dir, 'made', 'too', 'for', 'this');
  await expect(exportDataset(source, { out, images: 'path' })).rejects.toThrow('none.png');
  expect(existsSync(join(dir, 'made'))).toBe(false);
  mkdirSync(join(dir, 'made', 'before'), { recursive: true });
  await expect(importQuestions('csv', { path, out: join(dir, 'made', 'for', 'this') })).rejects.toMatchObject(lost);
  expect(readdirSync(join(dir, 'made'))).toEqual(['before']);
});

test('--force never empties a folder of a person’s own', async () => {
  const own = join(dir, 'own');
  mkdirSync(join(own, 'images'), { recursive: true });
  writeFileSync(join(own, 'images', 'mine.png'), 'mine');
  const path = join(dir, 'f.csv');
  writeFileSync(path, 'image,question,answer\n0.png,What?,mass\n');
  await expect(importQuestions('csv', { path, out: own, force: true })).rejects.toMatchObject({
    code: 'folder-not-empty',
  });
  expect(readFileSync(join(own, 'images', 'mine.png'), 'utf8')).toBe('mine');
});

const cases = join(packageRoot, '../shared/cases');
describe.skipIf(!existsSync(cases))('the collected cases (skipped where ../shared/cases is not)', () => {
  const from = async (name: string, format: QuestionFormat, file: string) => {
    const report = await importQuestions(format, { path: join(cases, name, file), out: join(dir, `case-${name}`) });
    return { ...report, ...(await readDataset(join(dir, `case-${name}`))) };
  };

  test('labels are read as written or rejected', async () => {
    const { samples, rejected } = await from('labels', 'jsonl', 'q.jsonl');
    expect(rejected.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 8]);
    expect(samples.map(({ answer }) => answer)).toEqual(['10000', '1.5 cm']);
  });

  test('places of images are taken out, other tokens are found', async () => {
    const { samples, rejected } = await from('tokens', 'jsonl', 'q.jsonl');
    expect(rejected.map(({ line, code }) => [line, code])).toEqual([
      [3, 'special-token'],
      [5, 'special-token'],
    ]);
    expect(new Set(samples.map(({ question }) => question))).toEqual(new Set(['What modality is shown?']));
  });

  test('headers and options are found', async () => {
    expect((await from('header-case', 'csv', 'q.csv')).samples).toHaveLength(1);
    expect((await from('options-silently-dropped', 'csv', 'q.csv')).samples[0]?.options).toEqual(['Yes', 'No']);
  });
});
