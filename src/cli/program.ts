/** The commands and their help. Wrong usage ends with exit code 2. */
import { join } from 'node:path';
import { Command, Help, type CommanderError, type Option } from 'commander';
import { medgr2 } from '../called-as.js';
import { packageRoot } from '../bridge/environment/package-paths.js';
import { readJson } from '../loop/folder/run-folder.js';
import { example, type Declare } from './flags/declare-command.js';
import { declareCompletion } from './completion/declare-completion.js';
import { declareDecontaminate } from './flags/decontaminate-flags.js';
import { declareDoctor } from './flags/doctor-flags.js';
import { declareEvaluate } from './flags/evaluate-flags.js';
import { declareExport } from './flags/export-flags.js';
import { declareImport } from './flags/import-flags.js';
import { declareInit } from './flags/init-flags.js';
import { declareMerge } from './flags/merge-flags.js';
import { declarePlan } from './flags/plan-flags.js';
import { declareReport, declareReview } from './flags/report-flags.js';
import { declareDemo, declareRun } from './flags/run-flags.js';
import { declareSetup } from './flags/setup-flags.js';
import { declareSplit } from './flags/split-flags.js';
import { declareRuns, declareStatus, declareStop, declareWatch } from './flags/watch-flags.js';
import { declareGenerate, declareGrpo, declareScore, declareSft, declareTrainReward } from './flags/stage-flags.js';
import type { CommandIo } from './command-io.js';
import { checkNamedPaths } from './named-paths.js';

/** In the order of the help. */
const commands: readonly Declare[] = [
  declareInit,
  declarePlan,
  declareRun,
  declareDemo,
  declareRuns,
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
  declareReview,
  declareReport,
  declareSetup,
  declareDoctor,
  declareCompletion,
];

export function buildProgram(io: CommandIo): Command {
  const { version = '0' } = readJson(join(packageRoot, 'package.json')) as { version?: string };
  const program = new Command(medgr2)
    .description(
      'A vision-language model that improves itself on medical images: the MedGR² loop over PyTorch and TRL.',
    )
    .version(version)
    .option('--verbose', 'show stacks of errors')
    .exitOverride()
    .configureHelp({ optionDescription: describeOption })
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.error(text.trimEnd()) })
    .showHelpAfterError(`(${medgr2} --help shows the commands)`)
    .addHelpText('after', example('demo', 'run configs/vqa-rad.yaml --set data=FOLDER', 'setup'));
  program.hook('preAction', (_, command) => checkNamedPaths(command));
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
