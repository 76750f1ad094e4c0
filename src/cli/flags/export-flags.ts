/** `medgr2 export`. */
import { Option } from 'commander';
import type { ExportFlags } from '../dataset-commands/export-command.js';
import { example, type Declare } from './declare-command.js';

export const declareExport: Declare = (program, io) => {
  program
    .command('export')
    .description('a run’s D_gen, or dataset folders, as a Hugging Face folder that datasets.load_dataset opens')
    .argument('<folder>', 'a run, a dataset folder, or a folder of parts that `split` made')
    .requiredOption('--out <folder>', 'the new folder')
    .addOption(
      new Option('--images <how>', 'in the Parquet rows, or as files beside them')
        .choices(['embed', 'path'])
        .default('embed'),
    )
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example('export runs/demo-0 --out hub/demo', 'export data/split --out hub/mine --images path'),
    )
    .action(async (folder: string, flags: ExportFlags) => {
      const { exportCommand } = await import('../dataset-commands/export-command.js');
      await exportCommand(folder, flags, io);
    });
};
