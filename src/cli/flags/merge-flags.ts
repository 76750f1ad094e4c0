/** `medgr2 merge`. */
import { Option } from 'commander';
import type { MergeFlags } from '../commands/merge-command.js';
import { example, type Declare } from './declare-command.js';

export const declareMerge: Declare = (program, io) => {
  program
    .command('merge')
    .description('adapters, whatever they stand on, as one folder that plain transformers opens; with a model card')
    .argument('<model-folder>', 'folder of a policy or reward model, as a run or a stage names it')
    .requiredOption('--out <folder>', 'the new folder; it appears when it is whole')
    .addOption(
      new Option('--dtype <format>', 'of the merged weights; auto is that of the base on disk')
        .choices(['auto', 'float32', 'bfloat16', 'float16'])
        .default('auto'),
    )
    .addHelpText('after', example('merge runs/mine-0/cycle-3/grpo/model --out policy'))
    .action(async (model: string, flags: MergeFlags) => {
      const { mergeCommand } = await import('../commands/merge-command.js');
      await mergeCommand(model, flags, io);
    });
};
