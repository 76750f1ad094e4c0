/** `medgr2 setup`. */
import { Option } from 'commander';
import { example, type Declare } from './command.js';

export const declareSetup: Declare = (program, io) => {
  program
    .command('setup')
    .description('make the Python environment with its pinned packages, or bring it up to date')
    .addOption(new Option('--dev', 'also the packages for tests and checks'))
    .addHelpText('after', example('medgr2 setup'))
    .action(async ({ dev }: { dev?: boolean }) => {
      const { setUpPython } = await import('../run-command.js');
      const files = dev === true ? ['requirements.txt', 'requirements-dev.txt'] : undefined;
      io.out(`Python: ${await setUpPython(io, files)}`);
    });
};
