/** What a finished run ends with: its result in a line, the report's path, and commands that work as they are copied. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { medgr2 } from '../../src/called-as.js';
import { buildProgram } from '../../src/cli/program.js';
import { closingCard, loopCommands, recipeCommands } from '../../src/cli/print/closing-card.js';
import { headlineFrom, headlineText, trainedPolicy } from '../../src/loop/result/headline.js';

const comparison = {
  first: 'base',
  second: 'cycle 2 SFT',
  n: 480,
  clusters: 240,
  difference: 0.35,
  interval: { low: 0.3, high: 0.41 },
  pValue: 0.0001,
  test: 'mcnemar',
} as const;

const policies = [trainedPolicy(1, 'SFT', 0.8), trainedPolicy(2, 'SFT', 0.881), trainedPolicy(2, 'GRPO', 0.87)];

test('the headline is of the policy that goes on, with what SFT and GRPO did of it', () => {
  const text = (promoted: string | null): string =>
    headlineText(headlineFrom({ base: 0.531, questions: 480, policies, promoted, comparisons: [comparison] }));
  expect(text('cycle-2/sft')).toBe(
    '53.1 → 88.1 %, +35.0 points (+30.0 to +41.0) on 480 questions; SFT +35.0 (cycle 2 SFT)',
  );
  expect(text(null)).toBe('53.1 → 87.0 %, +33.9 points on 480 questions; SFT +35.0, GRPO −1.1 (cycle 2 GRPO)');
  expect(text('base')).toBe('53.1 → 53.1 %, +0.0 points on 480 questions (base)');
});

test('the card names the report, and commands that this program knows, quoted where a shell would trip', () => {
  const runDir = join(process.cwd(), 'runs', 'my run');
  const commands = loopCommands(runDir, 'cycle-2/sft/model');
  const card = closingCard({
    headline: '0.5 → 0.9',
    report: { file: join(runDir, 'report.html'), images: 16 },
    commands,
  });
  expect(card).toContain("runs/my run/report.html (with 16 images of the run's data)");
  expect(card).toContain(`${medgr2} evaluate --model 'runs/my run/cycle-2/sft/model' --data 'runs/my run'`);
  const known = buildProgram({ out: () => {}, error: () => {} } as never).commands;
  for (const [, line] of [...commands, ...recipeCommands(runDir)]) {
    const [name, ...words] = line.split(' ');
    const command = known.find((found) => found.name() === name);
    expect(command, line).toBeDefined();
    const flags = words.filter((word) => word.startsWith('--'));
    for (const flag of flags) expect(command?.options.map(({ long }) => long)).toContain(flag);
  }
  expect(loopCommands(runDir, null, false).map(([name]) => name)).toEqual(['play it back']);
  expect(closingCard({ headline: null, report: null, commands: [] })).toBe('');
});
