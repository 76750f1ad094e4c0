/** The commands and their help. Wrong usage ends with exit code 2. */
import { join } from 'node:path';
import { Command, Help, type CommanderError, type Option } from 'commander';
import { packageRoot } from '../bridge/paths.js';
import { readJson } from '../loop/run-folder.js';
import { example, type Declare } from './commands/command.js';
import { declareDecontaminate } from './commands/decontaminate.js';
import { declareDoctor } from './commands/doctor.js';
import { declareEvaluate } from './commands/evaluate.js';
import { declareExport } from './commands/export.js';
import { declareImport } from './commands/import.js';
import { declareInit } from './commands/init.js';
import { declareMerge } from './commands/merge.js';
import { declarePlan } from './commands/plan.js';
import { declareReport } from './commands/report.js';
import { declareDemo, declareRun } from './commands/run.js';
import { declareSetup } from './commands/setup.js';
import { declareSplit } from './commands/split.js';
import { declareStatus, declareStop, declareWatch } from './commands/watch.js';
import { declareGenerate, declareGrpo, declareScore, declareSft, declareTrainReward } from './commands/stages.js';
import type { CommandIo } from './io.js';

/** In the order of the help. */
const commands: readonly Declare[] = [
  declareInit,
  declarePlan,
  declareRun,
  declareDemo,
  declareWatch,
  declareStatus,
  declareStop,
  declareImport,
  declareSplit,
  declareDecontaminate,
  declareExport,
  declareGenerate,
  declareTrainReward,
  declareScore,
  declareSft,
  declareGrpo,
  declareEvaluate,
  declareMerge,
  declareReport,
  declareSetup,
  declareDoctor,
];

export function buildProgram(io: CommandIo): Command {
  const { version = '0' } = readJson(join(packageRoot, 'package.json')) as { version?: string };
  const program = new Command('medgr2')
    .description(
      'A vision-language model that improves itself on medical images: the MedGR² loop over PyTorch and TRL.',
    )
    .version(version)
    .option('--verbose', 'show stacks of errors')
    .exitOverride()
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.error(text.trimEnd()) })
    .showHelpAfterError('(medgr2 --help shows the commands)')
    .addHelpText('after', example('medgr2 demo', 'medgr2 run configs/vqa-rad.yaml --set data=FOLDER', 'medgr2 setup'));
  for (const declare of commands) declare(program, io);
  return program;
}

/** As commander's own, without `(default: [])` behind what may be given several times. */
function describeOption(option: Option): string {
  return new Help().optionDescription(option).replace(/ \(default: \[\]\)$/, '');
}

/** Commander's own endings: help and version are no errors. */
export function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}
