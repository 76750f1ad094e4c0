/** `medgr2 split`. */
import { InvalidArgumentError } from 'commander';
import { likeDistance } from '../../dataset/near-duplicates/bits.js';
import type { SplitFlags } from '../dataset-commands/split-command.js';
import { collect, example, type Declare } from './declare-command.js';

export const declareSplit: Declare = (program, io) => {
  program
    .command('split')
    .description('part a dataset folder by patient and image, alike in modality and question type')
    .argument('<folder>', 'a dataset folder')
    .requiredOption('--out <folder>', 'the parts become folders below it')
    .option('--test <share>', 'short for --part train=REST --part test=SHARE', share)
    .option('--part <name=share>', 'a part and its share; several times, together 1', collect, [])
    .option('--seed <number>', 'another seed gives other parts', wholeNumber, 0)
    .option(
      '--distance <bits>',
      'images of which so few bits of 64 differ stay together, or none',
      distance,
      likeDistance,
    )
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'split data/mine --out data/mine-split --test 0.2',
        'split data/mine --out data/mine-split --part seed=0.3 --part test=0.2 --part pool=0.5',
      ),
    )
    .action(async (folder: string, flags: SplitFlags) => {
      const { splitCommand } = await import('../dataset-commands/split-command.js');
      await splitCommand(folder, flags, io);
    });
};

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('Give a number between 0 and 1.');
  return value;
}

function distance(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 12) return value;
  throw new InvalidArgumentError('Give a number from 0 to 12, or none.');
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
