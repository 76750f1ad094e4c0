/** What `plan` prints of a comparison; the loop's plan is in init-command.test.ts and loop/estimate. */
import { expect, test } from 'vitest';
import { planCommand } from '../../src/cli/plan-command.js';

async function plan(config: string): Promise<string> {
  const lines: string[] = [];
  const io = {
    out: (text: string) => void lines.push(text),
    error: () => {},
    env: {},
    signal: new AbortController().signal,
  };
  await planCommand({ config, set: [], gpu: 'L40', gpus: 1, accepted: 0.5, json: false }, io);
  return lines.join('\n');
}

test('a recipe: its arms with their stages, and what they come to', async () => {
  const text = await plan('configs/sft-baseline.yaml');
  expect(text.slice(0, text.indexOf('\n\nImages'))).toMatchInlineSnapshot(`
    "Arms
      arm     stage                 items      steps
      shared  prepare-data  1,080 samples
      base    evaluate      480 questions
      sft     sft             600 samples  100 steps
              evaluate      480 questions
      2 arms, 4 stages; trained: 1 by SFT, 0 by GRPO, reward models: 0; 2 tests of 480 questions
      what several arms need is made once; one domain's samples are counted as an equal share of all

    Generator
      nothing is asked of a generator"
  `);
});
