/** `medgr2 run` and `medgr2 demo`. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '../../bridge/paths.js';
import { collect, example, type Declare } from './command.js';

interface RunFlags {
  runDir?: string;
  set: string[];
  json?: boolean;
  plain?: boolean;
  detach?: boolean;
}

export const declareRun: Declare = (program, io) => {
  withRunOptions(program.command('run <config>'))
    .description('run the loop as a configuration says; the same command again continues a run that was stopped')
    .addHelpText(
      'after',
      example(
        'medgr2 run configs/demo.yaml',
        'medgr2 run my.yaml --run-dir runs/first --set seed=3 --set grpo.maxSteps=100',
      ),
    )
    .action(async (config: string, flags: RunFlags) => {
      const { runCommand } = await import('../run-command.js');
      await runCommand(settings(config, flags), io);
    });
};

export const declareDemo: Declare = (program, io) => {
  withRunOptions(program.command('demo'))
    .description('watch a tiny model improve itself over three cycles on drawn images: no weights, key or data needed')
    .addHelpText(
      'after',
      example('medgr2 demo', 'medgr2 demo --run-dir runs/other --set seed=3', 'medgr2 demo --json | jq .type'),
    )
    .action(async (flags: RunFlags) => {
      const { runCommand } = await import('../run-command.js');
      await runCommand(settings(join(packageRoot, 'configs', 'demo.yaml'), flags), io);
    });
};

function withRunOptions(command: Command): Command {
  return command
    .option('--run-dir <folder>', 'folder of the run (default: runs/<configuration>-<seed>)')
    .option('--set <key=value>', 'change a setting; can be given several times', collect, [])
    .option('--plain', 'lines instead of the screen')
    .option('--detach', 'run in the background; `medgr2 watch` shows it, `medgr2 stop` stops it')
    .option('--json', 'print events as JSON lines on stdout, and nothing else');
}

const settings = (config: string, { runDir, set, json, plain, detach }: RunFlags) => ({
  config,
  runDir,
  set,
  json: json === true,
  plain: plain === true,
  detach: detach === true,
});
