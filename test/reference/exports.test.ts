/** What the package exports: each name explained, its types nameable, its page current, its examples right. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { examplesModule } from './examples-module.js';
import { compiled, stated } from './examples.generated.js';
import { exportsPage } from './exports-page.js';
import { unexplainedNumbers } from './tsdoc/explained-numbers.js';
import { firstSentence, publicExports } from './public-exports.js';
import { unnamedTypes } from './signature-types.js';
import { untoldErrors } from './tsdoc/thrown-codes.js';

const all = publicExports();

/** What a newcomer meets first. */
const mainNames =
  'openEngine runLoop runRecipe runSeeds loadConfig parseConfig diagnose Medgr2Error defineReward ' +
  'answerMatch compositeRewards ruleRewards evaluateRewards extract isCorrect answersMatch readLabel gradeCompletion ' +
  'gradeSamples toSamples phantomSamples readAnswers readSampleFile importQuestions splitDataset exportDataset generateAlone ' +
  'answerReport auroc mcnemar bootstrapIntervals transitions passAtK spreadOf writeReport mergeModel ';

describe('every export', () => {
  test('has a sentence of TSDoc', () => {
    expect(all.filter(({ doc }) => firstSentence(doc) === '').map(({ file, name }) => `${file} ${name}`)).toEqual([]);
  });

  test('has one entry point', () => {
    const twice = [...Map.groupBy(all, ({ file, declared }) => `${file} ${declared}`).values()];
    expect(
      twice.filter(({ length }) => length > 1).map((same) => same.map(({ entry, name }) => `${entry} ${name}`)),
    ).toEqual([]);
  });

  test('names in its signature only types that can be imported', () => {
    expect(unnamedTypes(all)).toEqual([]);
  });

  test('says which errors it makes, by code, and what its numbers are', () => {
    expect(untoldErrors(all)).toEqual([]);
    expect(unexplainedNumbers(all)).toEqual([]);
  });

  test('is in the page: else run `npm run codegen:config`', async () => {
    expect(await readFile(path.join(packageRoot, 'src', 'public', 'README.md'), 'utf8')).toBe(exportsPage());
  });
});

test('the first entry point is small, and holds no internals', () => {
  const values = all.filter(({ entry, kind }) => entry === 'medgr2' && kind !== 'type');
  expect(values.filter(({ kind }) => kind !== 'class').length).toBeLessThanOrEqual(15);
  const gone = /^(ensurePython|rowColumns|writeParquet|answerRewards|rewardSpec|messageOf|normalize)$/;
  expect(all.filter(({ name }) => gone.test(name))).toEqual([]);
});

describe('examples', () => {
  let folder: string;
  const home = process.cwd();
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'medgr2-examples-'));
    const scan = sharp({ create: { width: 8, height: 8, channels: 3, background: 'gray' } });
    await scan.toFile(path.join(folder, 'scan.png'));
    process.chdir(folder);
  });
  afterAll(async () => {
    process.chdir(home);
    await rm(folder, { recursive: true });
  });

  test('are there for what a newcomer meets first, and current: else run `npm run codegen:config`', async () => {
    expect(await readFile(path.join(import.meta.dirname, 'examples.generated.ts'), 'utf8')).toBe(examplesModule());
    expect(
      mainNames
        .trim()
        .split(' ')
        .filter((name) => !(name in stated) && !(name in compiled)),
    ).toEqual([]);
  });

  test.each(Object.entries(stated))('of %s gives what it says', (_, run) => expect(run()).resolves.toBeUndefined());
});
