/** What `plan` prints of a comparison; the loop's plan is in init-command.test.ts and loop/estimate. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planCommand } from '../../src/cli/commands/plan-command.js';

async function plan(config: string, set: readonly string[] = []): Promise<string> {
  const lines: string[] = [];
  const io = {
    out: (text: string) => void lines.push(text),
    error: () => {},
    env: {},
    signal: new AbortController().signal,
  };
  await planCommand({ config, set, gpu: 'L40', gpus: 1, accepted: 0.5, json: false }, io);
  return lines.join('\n');
}

test('a recipe: its arms with their stages, and what they come to', async () => {
  const text = await plan('configs/sft-baseline.yaml');
  expect(text.slice(0, text.indexOf('\n\nImages'))).toMatchInlineSnapshot(`
    "Arms
      arm     stage          items      steps
      shared  data   1,080 samples
      base    test   480 questions
      sft     SFT      600 samples  100 steps
              test   480 questions
      2 arms, 4 stages; trained: 1 by SFT, 0 by GRPO, reward models: 0; 2 tests of 480 questions
      what several arms need is made once; one domain's samples are counted as an equal share of all

    Generator
      nothing is asked of a generator"
  `);
});

test('what a generator costs, in the currency of the price file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'medgr2-plan-'));
  const prices = join(folder, 'prices.yaml');
  writeFileSync(
    prices,
    'asOf: 2026-01-01\nsource: a test\ncurrency: CHF\nmodels: { gemini/gemini-2.0-flash: { input: 1, output: 10 } }\n',
  );
  const text = await plan('configs/paper.yaml', [`generation.prices=${prices}`]);
  rmSync(folder, { recursive: true });
  expect(text).toMatch(/about [\d,]+\.\d\d CHF, at most [\d,]+\.\d\d CHF if every reply/);
  expect(text).not.toContain('$');
});

test('of a loop whose data grows the first and the last cycle are shown, and the others are not said to be like the first', async () => {
  const text = await plan('configs/demo.yaml');
  expect(text).toMatch(/cycle 3 {2}SFT/);
  expect(text).toContain('cycles in between lie in between');
  expect(await plan('configs/demo.yaml', ['cycles=2'])).not.toContain('in between');
});
