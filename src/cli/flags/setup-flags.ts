/** `medgr2 setup`. */
import { InvalidArgumentError, Option } from 'commander';
import { medgr2 } from '../../called-as.js';
import { extraNames, extras, isExtra, type Extra } from '../../bridge/environment/python-extras.js';
import { example, type Declare } from './declare-command.js';

export const declareSetup: Declare = (program, io) => {
  const list = extraNames.map((name) => `${name}: ${extras[name]}`).join('; ');
  program
    .command('setup')
    .description('make the Python environment with its pinned packages, or bring it up to date')
    .addOption(new Option('--with <names>', `also these extras, with commas between (${list})`).argParser(readExtras))
    .addOption(new Option('--dev', 'also the packages for tests and checks'))
    .addHelpText('after', example('setup --with ray,torchvision'))
    .action(async ({ dev, with: wanted }: { dev?: boolean; with?: Extra[] }) => {
      const { setupCommand } = await import('../commands/setup-command.js');
      await setupCommand({ dev: dev ?? false, extras: wanted ?? [] }, io);
    });
};

/** Where one would look for them. */
const clinicalMetrics =
  `BERTScore needs no extra: ${medgr2} evaluate --bertscore-model FOLDER. RadGraph F1 is not there: its package, radgraph 0.1.18, ` +
  'calls tokenizers as transformers 4 had them and fails beside the transformers that medgr2 runs on';

/** Given twice, the lists add up. */
function readExtras(text: string, before: Extra[] = []): Extra[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('clinical')) throw new InvalidArgumentError(clinicalMetrics);
  const unknown = names.filter((name) => !isExtra(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`unknown: ${unknown.join(', ') || "''"}; there are ${extraNames.join(', ')}`);
  return [...new Set([...before, ...names.filter(isExtra)])];
}
