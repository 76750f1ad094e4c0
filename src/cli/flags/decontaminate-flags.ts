/** `medgr2 decontaminate`. */
import { InvalidArgumentError } from 'commander';
import { contaminationKinds } from '../../dataset/folders/decontaminate.js';
import type { DecontaminateFlags } from '../dataset-commands/decontaminate-command.js';
import { collect, example, type Declare } from './declare-command.js';

export const declareDecontaminate: Declare = (program, io) => {
  program
    .command('decontaminate')
    .description('copy a dataset folder without what evaluation sets hold, and list each removal with why')
    .argument('<folder>', 'a dataset folder')
    .requiredOption('--against <folder>', 'a dataset folder to keep out; several times', collect, [])
    .requiredOption('--out <folder>', 'the clean dataset folder')
    .option(
      '--by <kinds>',
      `of ${contaminationKinds.join(', ')}, with commas; questions repeat wherever sets share templates`,
      'image,perceptual,patient',
    )
    .option('--distance <bits>', 'perceptual: bits of 64 that may differ', number(0, 12), 8)
    .option('--similarity <share>', 'question: share of 4-grams from which two are one', number(0.7, 1), 0.9)
    .option('--json', 'print each removal as a JSON line on stdout, and nothing else')
    .addHelpText('after', example('decontaminate data/train --against data/omnimedvqa-test --out data/clean'))
    .action(async (folder: string, flags: DecontaminateFlags) => {
      const { decontaminateCommand } = await import('../dataset-commands/decontaminate-command.js');
      await decontaminateCommand(folder, flags, io);
    });
};

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`);
  };
}
