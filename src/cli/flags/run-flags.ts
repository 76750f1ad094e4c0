/** `medgr2 run` and `medgr2 demo`. */
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import { collect, example, redoWords, versionWords, type Declare } from './declare-command.js';

interface RunFlags {
  runDir?: string;
  set: string[];
  json?: boolean;
  plain?: boolean;
  detach?: boolean;
  seeds?: readonly number[];
  redo?: boolean;
  withVerdicts?: boolean;
  allowVersionChange?: boolean;
}

export const declareRun: Declare = (program, io) => {
  withRunOptions(program.command('run <config>'))
    .option('--seeds <list>', 'a recipe with each of these seeds (0,1,2), and mean and spread over them', readSeeds)
    .description('run the loop as a configuration says; the same command again continues a run that was stopped')
    .addHelpText(
      'after',
      example(
        'run configs/demo.yaml',
        'run my.yaml --run-dir runs/first --set seed=3 --set grpo.maxSteps=100',
        'run configs/data-scale.yaml --seeds 0,1,2 --detach',
      ),
    )
    .action(async (config: string, flags: RunFlags) => {
      const { runCommand } = await import('../commands/run-command.js');
      await runCommand(settings(config, flags), io);
    });
};

export const declareDemo: Declare = (program, io) => {
  withRunOptions(program.command('demo'))
    .description('watch a tiny model improve itself over three cycles on drawn images: no weights, key or data needed')
    .addHelpText('after', example('demo', 'demo --run-dir runs/other --set seed=3', 'demo --json | jq .type'))
    .action(async (flags: RunFlags) => {
      const { runCommand } = await import('../commands/run-command.js');
      await runCommand(settings(join(packageRoot, 'configs', 'demo.yaml'), flags), io);
    });
};

/** @throws InvalidArgumentError: fewer than two have no spread, and one seed twice is no repetition. */
function readSeeds(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length < 2 || new Set(parts).size < parts.length || parts.some((part) => !/^\d{1,9}$/.test(part)))
    throw new InvalidArgumentError('Give at least two different whole numbers with commas, for example 0,1,2.');
  return parts.map(Number);
}

function withRunOptions(command: Command): Command {
  return command
    .option('--run-dir <folder>', 'folder of the run (default: runs/<configuration>-<seed>)')
    .option('--set <key=value>', 'change a setting; can be given several times', collect, [])
    .option('--redo', redoWords)
    .option(
      '--with-verdicts',
      'the next cycle that begins learns from the verdicts of `review`; --set cycles=N adds cycles to a finished run',
    )
    .option('--allow-version-change', versionWords)
    .option('--plain', 'lines instead of the screen')
    .option('--detach', 'run in the background; `watch` shows it, `stop` stops it')
    .option('--json', 'print events as JSON lines on stdout, and nothing else');
}

const settings = (
  config: string,
  { json, plain, detach, redo, withVerdicts, allowVersionChange, ...flags }: RunFlags,
) => ({
  config,
  ...flags,
  json: json === true,
  plain: plain === true,
  detach: detach === true,
  redo: redo === true,
  withVerdicts: withVerdicts === true,
  allowVersionChange: allowVersionChange === true,
});
