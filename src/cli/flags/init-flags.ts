/** `medgr2 init`. */
import { Option } from 'commander';
import type { InitCommand } from '../commands/init-command.js';
import { labelsKnown } from '../init-labels.js';
import { example, type Declare } from './declare-command.js';

export const declareInit: Declare = (program, io) => {
  program
    .command('init [file]')
    .description('write a commented configuration; asks what no option says, at a terminal')
    .option('--images <folder>', 'your own images; without it, images are drawn')
    .option('--modality <name>', 'what the images are: CT, MRI, X-ray, ultrasound, …')
    .addOption(
      new Option(
        '--have <what>',
        'what an expert said of them: questions are still to be written, or there are labels',
      ).choices(labelsKnown),
    )
    .option('--labels <path>', 'a table of classes or a file of boxes that is not with the images')
    .option('--reports <file>', 'a table of reports or captions of the images, which the generator alone is shown')
    .option('--text-reason <text>', 'why the reports, with names masked, may be sent to the generator')
    .addOption(
      new Option('--generator <name>', 'who writes the questions').choices(['simulated', 'gemini', 'openai', 'local']),
    )
    .option('--generator-model <name>', 'its model (default: gemini-2.5-flash-lite or Qwen/Qwen2.5-VL-7B-Instruct)')
    .option('--generator-url <url>', 'openai: address of the server (default: http://127.0.0.1:8000/v1)')
    .option('--generator-key <variable>', 'openai: environment variable that holds its key, where it takes one')
    .option('--model <name>', 'model to train: phantom, a folder, or a Hugging Face id')
    .option('--egress-reason <text>', 'why your images may be sent to the generator')
    .option('--force', 'write over a file that exists')
    .addHelpText(
      'after',
      example(
        'init',
        'init mine.yaml --images scans --modality MRI --generator gemini --egress-reason "public data set, CC0"',
        'init mine.yaml --images scans --modality MRI --generator local',
        'init mine.yaml --images skin --modality dermoscopy --have classes --generator simulated --model phantom',
      ),
    )
    .action(
      async (file: string | undefined, { force, ...flags }: Omit<InitCommand, 'file' | 'force'> & { force?: true }) => {
        const { initCommand } = await import('../commands/init-command.js');
        await initCommand({ file: file ?? 'medgr2.yaml', ...flags, force: force === true }, io);
      },
    );
};
