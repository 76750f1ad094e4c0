/** Tables as people have them: each row is right, or rejected with a reason and the physical line. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDataset } from '../../src/dataset/folder.js';
import type { QuestionFormat } from '../../src/dataset/import/formats.js';
import { importQuestions } from '../../src/dataset/import/import.js';
import { Medgr2Error } from '../../src/errors.js';
import { writePicture } from '../helpers/pictures.js';

let dir = '';
let made = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-odd-'));
  for (const [number, name] of ['a', 'b', 'c', 'sub/D', 'both/x', 'both/X'].entries()) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    await writePicture(join(dir, `${name}.png`), number);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Rows as `answer` by the line they begin on, rejections as `line code`. */
async function read(name: string, content: string): Promise<string[]> {
  const path = join(dir, `${++made}.${name}`);
  writeFileSync(path, content);
  const format: QuestionFormat = name === 'csv' ? 'csv' : 'jsonl';
  try {
    const out = join(dir, `out-${made}`);
    const { rejected } = await importQuestions(format, { path, out });
    const { samples } = await readDataset(out);
    const lines = samples.map(({ id, answer }) => `${id.split('-').at(-1)} ${answer}`);
    return [...lines, ...rejected.map(({ line, code }) => `${line} ${code}`)];
  } catch (error) {
    if (!(error instanceof Medgr2Error)) throw error;
    return [...error.message.matchAll(/(\S+) \d+, for example \S+:(\d+)/g)].map(([, code, line]) => `${line} ${code}`);
  }
}

const head = 'image,question,options,answer';
const rows = `${head}\na.png,"Which\nkind?",CT|MRI,CT\nb.png,Which?,CT|MRI,XR\n`;
const base64 = Buffer.alloc(300, 7).toString('base64');

test.each([
  ['lines end as on old Macs', 'csv', rows.replaceAll('\n', '\r'), ['2 CT', '4 answer-not-among-options']],
  ['lines end as on Windows', 'csv', rows.replaceAll('\n', '\r\n'), ['2 CT', '4 answer-not-among-options']],
  ['the separator is named in quotes', 'csv', `"sep=;"\n${head.replaceAll(',', ';')}\na.png;W?;CT|MRI;CT\n`, ['3 CT']],
  ['cells are texts in Excel’s way', 'csv', `${head}\n"=""a.png""",W?,CT|MRI,CT\n`, ['2 CT']],
  [
    'a column stands twice',
    'csv',
    `${head},answer\na.png,W?,CT|MRI,CT,CT\nb.png,W?,CT|MRI,CT,MRI\n`,
    ['2 CT', '3 column-twice'],
  ],
  ['answers stand three times', 'csv', 'image,question,answer,answer,answer\na.png,W?,CT,CT,CT\n', ['2 CT']],
  [
    'images are numbered',
    'csv',
    'image1,image2,question,answer\na.png,,W?,CT\na.png,b.png,W?,CT\n',
    ['2 CT', '3 images-several'],
  ],
  [
    'images share a cell',
    'csv',
    'image,question,answer\n"a.png; b.png",W?,CT\nc.png,W?,CT\n',
    ['3 CT', '2 image-missing'],
  ],
  [
    'names differ in case',
    'csv',
    'image,question,answer\nA.PNG,W?,CT\nSUB/d.png,W?,MRI\nboth/x.PNG,W?,XR\n',
    ['2 CT', '3 MRI', '4 image-missing'],
  ],
  [
    'the last line is wrong, not cut',
    'jsonl',
    '{"image":"a.png","question":"q","answer":"b"}\n{"image":"P-17","answer":NaN}\n',
    ['1 b', '2 line-unreadable'],
  ],
  ['an object over several lines', 'jsonl', '{\n"image":"a.png",\n"question":"q",\n"answer":"b"\n}', ['1 b']],
  [
    'a list for each column',
    'json',
    '{"image":["a.png","b.png"],"question":["q","r"],"answer":["x","y"]}',
    ['1 x', '2 y'],
  ],
  ['a column for each key', 'json', '{"image":{"0":"a.png"},"question":{"0":"q"},"answer":{"0":"x"}}', ['1 x']],
  [
    'a row for each key',
    'json',
    '{"7":{"image":"a.png","question":"q","answer":"x"},"8":{"image":"b.png","question":"q","answer":"y"}}',
    ['7 x', '8 y'],
  ],
])('%s', async (_, name, content, expected) => {
  expect(await read(name, content)).toEqual(expected);
});

test('a name that is no path says so, without the bytes in it; a wrong line is not repeated', async () => {
  const names = [`data:image/png;base64,${base64}`, base64, 'https://a.org/a.png', 's3://a/a.png', 'a.jpg', 'a.png'];
  const lines = names.map((image) => JSON.stringify({ image, question: 'What?', answer: 'CT' }));
  writeFileSync(join(dir, 'names.jsonl'), [...lines, '{"image":"a.png","patient":"QX4711" 1}', ''].join('\n'));
  const { rejected } = await importQuestions('jsonl', { path: join(dir, 'names.jsonl'), out: join(dir, 'names') });
  const reasons = rejected.map(({ reason }) => reason.replace(/^image \S+ (?:\(\d+ letters\) )?/, ''));
  const bytes = 'holds the bytes of its image (base64), not its name: write images to files first';
  expect(reasons.slice(0, 5)).toEqual([
    bytes,
    bytes,
    'is an address (https://): download images first, and name their files',
    'is an address (s3://): download images first, and name their files',
    'is not there, and a.png is',
  ]);
  expect(readFileSync(join(dir, 'names/rejected.jsonl'), 'utf8')).not.toMatch(
    /4711|BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc/,
  );
});
