/** `setup --with`: only extras that there are, and never into a Python of the person's own. */
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { setupCommand } from '../../src/cli/commands/setup-command.js';

const io = {
  out: () => {},
  error: () => {},
  env: { MEDGR2_PYTHON: '/opt/own/python' },
  signal: new AbortController().signal,
};

test.each(['nothing', 'ray,vlm', ''])('--with %j is wrong usage that lists the extras', async (names) => {
  const running = buildProgram(io).parseAsync(['node', 'medgr2', 'setup', '--with', names]);
  await expect(running).rejects.toThrow(/there are ray, vllm, deepspeed, bitsandbytes, trackers, torchvision, deid/);
  await expect(running).rejects.toBeInstanceOf(CommanderError);
});

test('a Python of the person’s own gets the pip line and nothing else', async () => {
  const running = buildProgram(io).parseAsync(['node', 'medgr2', 'setup', '--with', 'ray, vllm']);
  await expect(running).rejects.toMatchObject({
    code: 'own-python',
    exitCode: 2,
    remedy: expect.stringMatching(
      /\/opt\/own\/python -m pip install -r \S+requirements-ray\.txt -r \S+requirements-vllm\.txt/,
    ),
  });
  await expect(setupCommand({ dev: false, extras: ['trackers'] }, io)).rejects.toMatchObject({
    remedy: expect.stringMatching(/-r \S+-trackers\.txt && \S+ -m pip install --no-deps -r \S+-trackio\.txt/),
  });
});
