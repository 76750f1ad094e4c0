import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CommanderError } from 'commander';
import { packageRoot } from '../../src/bridge/environment/package-paths.js';
import { medgr2 } from '../../src/called-as.js';
import { buildProgram, exitCodeOf } from '../../src/cli/program.js';
import { describeError } from '../../src/cli/print-error.js';
import { ConfigError, JobError } from '../../src/errors.js';

async function invoke(...values: string[]): Promise<{ out: string; error: string; code: number }> {
  let [out, errors] = ['', ''];
  const io = {
    out: (text: string) => void (out += `${text}\n`),
    error: (text: string) => void (errors += `${text}\n`),
    env: {},
    signal: new AbortController().signal,
  };
  try {
    await buildProgram(io).parseAsync(['node', 'medgr2', ...values]);
    return { out, error: errors, code: 0 };
  } catch (error) {
    const code = error instanceof CommanderError ? exitCodeOf(error) : (error as { exitCode?: number }).exitCode;
    return { out, error: errors + String(error), code: code ?? 1 };
  }
}

test('the entry loads what all commands need only after its first word: that takes seconds', () => {
  const entry = readFileSync(path.join(packageRoot, 'src', 'cli', 'main.ts'), 'utf8');
  expect(entry).not.toMatch(/^import (?!type).*\/program\.js'/m);
  expect(entry.indexOf("io.error('starting …')")).toBeLessThan(entry.indexOf("import('./program.js')"));
});

describe('help', () => {
  const commands = buildProgram({ out: () => {}, error: () => {}, env: {}, signal: AbortSignal.abort() }).commands;
  test.each([[], ...commands.map((command) => [command.name()])])('%s shows an example', async (...command) => {
    const { out, code } = await invoke(...command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Examples:\n  ${medgr2} ${command.join(' ')}`);
  });
});

test('the help of import names the fields that --map takes, and no help shows an empty list as a default', async () => {
  const { out } = await invoke('import', '--help');
  expect(out.replace(/\s+/g, ' ')).toContain('fields: id, answer, question, options, image, ');
  expect(out).toContain('default: "copy")');
  for (const command of ['import', 'run', 'decontaminate', 'split'])
    expect((await invoke(command, '--help')).out).not.toContain('[])');
});

describe('wrong usage ends with exit code 2', () => {
  test('an unknown command, with the nearest', async () => {
    expect(await invoke('rnu')).toMatchObject({ code: 2, error: expect.stringContaining('Did you mean run?') });
  });

  test('an unknown option, with the nearest', async () => {
    expect(await invoke('demo', '--run-dri', 'x')).toMatchObject({
      code: 2,
      error: expect.stringContaining('--run-dir'),
    });
  });

  test('a wrong configuration, before anything starts', async () => {
    const { code, error } = await invoke('run', 'configs/demo.yaml', '--set', 'grpo.maxStep=1', '--set', 'seed=x');
    expect(code).toBe(2);
    expect(error).toContain('2 problems');
    expect(error).toContain('did you mean maxSteps?');
  });
});

describe('--seeds', () => {
  test.each(['1', '1,1', 'a,b', '1,-2'])('%s is no list of seeds', async (list) => {
    const { code, error } = await invoke('run', 'configs/transfer.yaml', '--seeds', list);
    expect(code).toBe(2);
    expect(error).toContain('at least two different whole numbers');
  });

  test('of a loop are refused before anything starts, in the background, too', async () => {
    const { code, error } = await invoke('run', 'configs/demo.yaml', '--seeds', '0,1', '--detach');
    expect(code).toBe(2);
    expect(error).toContain('for recipes that compare models');
  });
});

describe('errors', () => {
  test('say what failed, where, why and what to do', () => {
    const error = new ConfigError('bad-url', 'it is wrong', {
      where: 'a.yaml:1',
      remedy: 'Mend it.',
      cause: new Error('disk full'),
    });
    expect(describeError(error, { verbose: false })).toBe(
      'error (bad-url): it is wrong\n  where: a.yaml:1\n  because: disk full\n  what to do: Mend it.',
    );
  });

  test('of jobs show the last line of the traceback, and all of it when asked', () => {
    const error = new JobError('job-failed', 'sft failed', {
      jobId: 'sft-1',
      traceback: 'Traceback\n  File x\nValueError: no rows',
    });
    expect(describeError(error, { verbose: false })).toMatch(/Python: ValueError: no rows$/);
    expect(describeError(error, { verbose: true })).toContain('File x');
  });

  test('that nobody foresaw ask to be reported', () => {
    expect(describeError(new TypeError('x is undefined'), { verbose: false })).toContain('defect of medgr2');
  });
});
