/** `medgr2 import`. */
import { Argument, Option } from 'commander';
import { importFormats } from '../../dataset/import/formats.js';
import { modalities } from '../../sample.js';
import type { ImportFlags } from '../import-command.js';
import { collect, example, type Declare } from './command.js';

export const declareImport: Declare = (program, io) => {
  program
    .command('import')
    .description(
      'make a dataset folder of questions or images that exist; rows that cannot be used are listed with why',
    )
    .addArgument(new Argument('<format>', 'what is read').choices(importFormats))
    .argument('<path>', 'a file or a folder')
    .requiredOption('--out <folder>', 'the new dataset folder')
    .option('--strict', 'end with an error when a row cannot be used, and write nothing')
    .option('--map <key=column>', 'the column of a field, such as answer=label; several times', collect, [])
    .addOption(new Option('--modality <name>', 'of rows and images that do not say').choices(modalities))
    .addOption(
      new Option('--images <how>', 'copy images, leave them where they are, or import the questions alone')
        .choices(['copy', 'reference', 'none'])
        .default('copy'),
    )
    .option('--image-root <folder>', 'where relative image names start (default: around the questions)')
    .addOption(
      new Option('--patient-from <what>', 'images: the folder of an image stands for its patient')
        .choices(['none', 'folder'])
        .default('none'),
    )
    .option('--licence <text>', 'the licence, kept with the data')
    .option('--json', 'print import.json on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'medgr2 import vqa-rad VQA-RAD --out data/vqa-rad',
        'medgr2 import csv questions.csv --out data/mine --map answer=label --map image=file --modality CT',
        'medgr2 import images scans/ --out data/pool --modality MRI --patient-from folder',
      ),
    )
    .action(async (format: string, path: string, flags: ImportFlags) => {
      const { importCommand } = await import('../import-command.js');
      await importCommand(format, path, flags, io);
    });
};
