/** The commands and their help. Wrong usage ends with exit code 2. */
import { join } from 'node:path';
import { Command, Option, type CommanderError } from 'commander';
import { packageRoot } from '../bridge/paths.js';
import { readJson } from '../loop/run-folder.js';
import type { CommandIo } from './io.js';

interface EvaluateFlags {
  predictions: string;
  questions?: string;
  map: string[];
  skipBad?: boolean;
  json?: boolean;
}

interface RunFlags {
  runDir?: string;
  set: string[];
  json?: boolean;
}

export function buildProgram(io: CommandIo): Command {
  // Commands load what they need when they run, so that help and wrong usage are answered at once.
  const commands = () => import('./run-command.js');
  const { version = '0' } = readJson(join(packageRoot, 'package.json')) as { version?: string };
  const program = new Command('medgr2')
    .description(
      'A vision-language model that improves itself on medical images: the MedGR² loop over PyTorch and TRL.',
    )
    .version(version)
    .option('--verbose', 'show stacks of errors')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.error(text.trimEnd()) })
    .showHelpAfterError('(medgr2 --help shows the commands)')
    .addHelpText('after', example('medgr2 demo', 'medgr2 run configs/vqa-rad.yaml --set data=FOLDER', 'medgr2 setup'));

  withRunOptions(program.command('run <config>'))
    .description('run the loop as a configuration says; the same command again continues a run that was stopped')
    .addHelpText(
      'after',
      example(
        'medgr2 run configs/demo.yaml',
        'medgr2 run my.yaml --run-dir runs/first --set seed=3 --set grpo.maxSteps=100',
      ),
    )
    .action(async (config: string, flags: RunFlags) => (await commands()).runCommand(settings(config, flags), io));

  withRunOptions(program.command('demo'))
    .description('watch a tiny model improve itself over three cycles on drawn images: no weights, key or data needed')
    .addHelpText(
      'after',
      example('medgr2 demo', 'medgr2 demo --run-dir runs/other --set seed=3', 'medgr2 demo --json | jq .type'),
    )
    .action(async (flags: RunFlags) =>
      (await commands()).runCommand(settings(join(packageRoot, 'configs', 'demo.yaml'), flags), io),
    );

  program
    .command('evaluate')
    .description('figures of a file of answers: accuracy, F1, intervals, per modality, question type and data set')
    .requiredOption('--predictions <file>', 'answers, as JSONL, a JSON list, CSV or TSV')
    .option('--questions <file>', 'their questions: modality, question type and options, joined by id or image path')
    .option('--map <key=column>', 'the column of a field, such as prediction=text; several times', collect, [])
    .option('--skip-bad', 'leave out lines that cannot be used, and count them')
    .option('--json', 'print one JSON object on stdout, and nothing else')
    .addHelpText(
      'after',
      example(
        'medgr2 evaluate --predictions predictions.jsonl --questions questions.jsonl',
        'medgr2 evaluate --predictions answers.csv --map prediction=output --map answer=truth --json',
      ),
    )
    .action(async ({ skipBad, json, ...flags }: EvaluateFlags) => {
      const { evaluateCommand } = await import('./evaluate-command.js');
      await evaluateCommand({ ...flags, skipBad: skipBad === true, json: json === true }, io);
    });

  program
    .command('setup')
    .description('make the Python environment with its pinned packages, or bring it up to date')
    .addOption(new Option('--dev', 'also the packages for tests and checks'))
    .addHelpText('after', example('medgr2 setup'))
    .action(async ({ dev }: { dev?: boolean }) => {
      const files = dev === true ? ['requirements.txt', 'requirements-dev.txt'] : undefined;
      io.out(`Python: ${await (await commands()).setUpPython(io, files)}`);
    });
  return program;
}

/** Commander's own endings: help and version are no errors. */
export function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function withRunOptions(command: Command): Command {
  return command
    .option('--run-dir <folder>', 'folder of the run (default: runs/<configuration>-<seed>)')
    .option('--set <key=value>', 'change a setting; can be given several times', collect, [])
    .option('--json', 'print events as JSON lines on stdout, and nothing else');
}

const collect = (value: string, all: string[]): string[] => all.concat(value);

const settings = (config: string, { runDir, set, json }: RunFlags) => ({ config, runDir, set, json: json === true });

const example = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
