/** Every path that any command reads, and is not there: exit code 2, its name, the nearest that is there, and nothing made. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { ConfigError } from '../../src/errors.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-paths-'));
  mkdirSync(join(dir, 'runs', 'demo-0'), { recursive: true });
  writeFileSync(join(dir, 'there.jsonl'), '');
});
afterAll(() => rmSync(dir, { recursive: true }));

/** LOST is not there, and THERE is; OUT must not be after. */
const lines: readonly (readonly [string, string])[] = [
  ['plan LOST', '<config>'],
  ['run LOST --run-dir OUT', '<config>'],
  ['doctor LOST', '[config]'],
  ['watch LOST', '<run>'],
  ['runs LOST', '[folder]'],
  ['status LOST', '<run>'],
  ['stop LOST', '<run>'],
  ['review LOST', '<run>'],
  ['init OUT --images LOST', '--images <folder>'],
  ['import dicom LOST --out OUT', '<path>'],
  ['import csv THERE --image-root LOST --out OUT', '--image-root <folder>'],
  ['import csv THERE --images-of LOST --out OUT', '--images-of <folder>'],
  ['split LOST --test 0.5 --out OUT', '<folder>'],
  ['decontaminate THERE --against THERE --against LOST --out OUT', '--against <folder>'],
  ['export LOST --out OUT', '<folder>'],
  ['generate LOST --run-dir OUT', '[images]'],
  ['generate THERE --config LOST --run-dir OUT', '--config <file>'],
  ['train-reward LOST --run-dir OUT', '<samples>'],
  ['train-reward THERE --model LOST --run-dir OUT', '--model <model>'],
  ['score LOST --reward-model THERE --run-dir OUT', '<samples>'],
  ['score THERE --reward-model LOST --run-dir OUT', '--reward-model <folder>'],
  ['sft LOST --run-dir OUT', '<samples>'],
  ['sft THERE --model LOST --run-dir OUT', '--model <model>'],
  ['grpo THERE --reward-model THERE --learned LOST --run-dir OUT', '--learned <samples>'],
  ['grpo THERE --reward-model THERE --held-out LOST --run-dir OUT', '--held-out <samples>'],
  ['evaluate --model LOST --data THERE --out OUT', '--model <model>'],
  ['evaluate --model phantom --data LOST --out OUT', '--data <path>'],
  ['evaluate --model phantom --data THERE --against LOST --out OUT', '--against <file or model>'],
  ['evaluate --model phantom --data THERE --samples 2 --reward-model LOST', '--reward-model <folder>'],
  ['evaluate --predictions LOST', '--predictions <file>'],
  ['evaluate --predictions THERE --questions LOST', '--questions <file>'],
  ['evaluate --predictions THERE --against nothing-of-this-name', '--against <file or model>'],
  ['merge LOST --out OUT', '<model-folder>'],
  ['report LOST --out OUT', '<run>'],
];

async function failureOf(line: string, lost: string): Promise<unknown> {
  const places = { LOST: lost, THERE: join(dir, 'there.jsonl'), OUT: join(dir, 'new', 'deep', 'out') };
  const values = line.split(' ').map((word) => (Object.hasOwn(places, word) ? places[word as 'LOST'] : word));
  const io = { out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal };
  return buildProgram(io)
    .parseAsync(['node', 'medgr2', ...values])
    .then(
      () => null,
      (error: unknown) => error,
    );
}

describe('a path that is not there', () => {
  test.each(lines)('%s', async (line, name) => {
    const error = await failureOf(line, join(dir, 'runs', 'demo-9'));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'path-missing', exitCode: 2, message: expect.stringContaining(`(${name})`) });
    if (line.includes('LOST'))
      expect(error).toMatchObject({
        where: join(dir, 'runs', 'demo-9'),
        remedy: `${join(dir, 'runs')} is there, and holds no demo-9; did you mean ${join(dir, 'runs', 'demo-0')}?`,
      });
    expect(readdirSync(dir).toSorted()).toEqual(['runs', 'there.jsonl']);
  });

  test('of every command that reads one', () => {
    const program = buildProgram({ out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal });
    const without = ['demo', 'setup', 'completion'];
    const tried = new Set(lines.map(([line]) => line.split(' ')[0]));
    expect(program.commands.map((command) => command.name()).filter((name) => !tried.has(name))).toEqual(without);
  });

  test('is told by the nearest folder that is there, however far above, and all of them at once', async () => {
    const error = await failureOf('decontaminate LOST --against LOST --out OUT', join(dir, 'scans', 'ct', 'a.csv'));
    expect(error).toMatchObject({
      message: expect.stringMatching(/<folder>.*; .*--against <folder>/),
      remedy: expect.stringContaining(`${dir} is there, and holds no scans.`),
    });
  });

  test.each(['watch LOST', 'status LOST', 'stop LOST', 'review LOST', 'report LOST', 'runs LOST'])(
    '%s: a file is no run, and nobody is told to move it away',
    async (line) => {
      const error = await failureOf(line, join(dir, 'there.jsonl'));
      expect(error).toMatchObject({
        code: 'path-kind',
        exitCode: 2,
        message: expect.stringContaining('is a file, and'),
        remedy: expect.stringMatching(/^Give the folder/),
      });
    },
  );

  test('may be a model of another kind: a name of the hub, one that ships, one segment deep', async () => {
    for (const line of ['sft LOST --model Qwen/Qwen2.5-VL-3B-Instruct', 'sft LOST --model phantom'])
      expect(await failureOf(line, join(dir, 'none'))).toMatchObject({
        message: expect.not.stringContaining('--model'),
      });
  });
});
