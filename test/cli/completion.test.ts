/** What a shell completes: the script for bash is given to bash, the others are read. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { completionScript } from '../../src/cli/completion/completion-script.js';
import { settingNames } from '../../src/cli/completion/setting-names.js';
import { buildProgram } from '../../src/cli/program.js';

const program = buildProgram({ out: () => {}, error: () => {}, env: {}, signal: new AbortController().signal });
const hasBash = spawnSync('bash', ['-c', 'type compgen complete']).status === 0;

/** What bash offers after these words, the last of which is begun. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash', program, settingNames())}
COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _medgr2; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-s', '--', ...words], { input: script, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe.skipIf(!hasBash)(`bash${hasBash ? '' : ' (skipped: there is none)'}`, () => {
  test('commands, options, settings and choices', () => {
    expect(offered('medgr2', 'st')).toEqual(['status', 'stop']);
    expect(offered('medgr2', 'run', 'my.yaml', '--re')).toEqual(['--redo']);
    expect(offered('medgr2', 'run', 'my.yaml', '--set', 'grpo.rewards.a')).toEqual(['grpo.rewards.alpha=']);
    expect(offered('medgr2', 'init', 'my.yaml', '--generator', 'o')).toEqual(['openai']);
    expect(offered('medgr2', 'import', 'bo')).toEqual(['boxes']);
    expect(offered('medgr2', 'help', 'wat')).toEqual(['watch']);
  });

  test('names of files are left to the shell', () => {
    expect(offered('medgr2', 'run', '')).toEqual([]);
    expect(offered('medgr2', 'run', 'my.yaml', '--run-dir', '')).toEqual([]);
    expect(completionScript('bash', program, [])).toContain('complete -o default ');
  });
});

test('zsh emulates bash; fish has a line for each command and option, with its words quoted', () => {
  expect(completionScript('zsh', program, [])).toMatch(/^autoload [^\n]*bashcompinit\n# medgr2/);
  const fish = completionScript('fish', program, ['seed']).split('\n');
  for (const command of program.commands.map((one) => one.name()))
    expect(
      fish.some((line) => line.includes(`-n '__fish_use_subcommand' -f -a ${command} -d '`)),
      command,
    ).toBe(true);
  expect(fish.some((line) => line.includes("from run' -l set -x -a 'seed='"))).toBe(true);
  // Nothing ends a quotation early.
  for (const line of fish.slice(1)) expect(line.replaceAll(/\\[\\']/g, '').split("'").length % 2, line).toBe(1);
});

test('settings are offered down to their last name', () => {
  const names = settingNames();
  expect(names).toEqual(expect.arrayContaining(['seed', 'grpo.rewards.alpha', 'generation.gemini.model']));
  // It is a number, or a precision to be reached.
  expect(names).toEqual(expect.arrayContaining(['filter.threshold', 'filter.threshold.precision']));
  expect(names.some((name) => /\.trl(?:\.|$)/.test(name) || name === 'grpo')).toBe(false);
});
