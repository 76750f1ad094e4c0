/** `medgr2 setup`: the environment with the extras that were asked for; a Python of the person's own is left alone. */
import { extraFile, pipLine, type Extra } from '../../bridge/environment/python-extras.js';
import { ConfigError } from '../../errors.js';
import type { CommandIo } from '../command-io.js';
import { setUpPython } from './run-command.js';

export interface SetupCommand {
  dev: boolean;
  extras: readonly Extra[];
}

export async function setupCommand({ dev, extras }: SetupCommand, io: CommandIo): Promise<void> {
  const own = io.env['MEDGR2_PYTHON'];
  if (own !== undefined && own !== '' && extras.length > 0)
    throw new ConfigError('own-python', `MEDGR2_PYTHON is ${own}, and setup installs nothing into a Python of yours.`, {
      remedy: `Install the extras yourself: ${pipLine(extras).replaceAll('python -m', `${own} -m`)}; or unset MEDGR2_PYTHON.`,
    });
  const files = ['requirements.txt', ...(dev ? ['requirements-dev.txt'] : []), ...extras.map(extraFile)];
  io.out(`Python: ${await setUpPython(io, files)}`);
}
